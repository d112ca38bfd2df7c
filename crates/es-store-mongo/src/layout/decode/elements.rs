//! The elements of a BSON document, one after the other.

use super::Malformed;

/// The BSON types that are read.
pub(super) mod kind {
    pub(in super::super) const STRING: u8 = 0x02;
    pub(in super::super) const DOCUMENT: u8 = 0x03;
    pub(in super::super) const ARRAY: u8 = 0x04;
    pub(in super::super) const BINARY: u8 = 0x05;
    pub(in super::super) const BOOL: u8 = 0x08;
    pub(in super::super) const INT32: u8 = 0x10;
    pub(in super::super) const INT64: u8 = 0x12;
}

/// A field: its name, its type and the bytes of its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element<'d> {
    pub(super) name: &'d [u8],
    kind: u8,
    value: &'d [u8],
}

/// Walks over the fields of a document or array.
#[derive(Debug, Clone)]
pub(super) struct Elements<'d> {
    rest: &'d [u8],
}

impl<'d> Elements<'d> {
    /// The fields of a document that takes up all of these bytes.
    pub(super) fn of(document: &'d [u8]) -> Result<Self, Malformed> {
        let length = document
            .first_chunk()
            .map(|length| u32::from_le_bytes(*length));
        let fits = length.is_some_and(|length| length as usize == document.len());
        match document.get(4..) {
            Some([rest @ .., 0]) if fits => Ok(Self { rest }),
            _ => Err(Malformed::Length),
        }
    }

    /// The next field, none at the end.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Element<'d>>, Malformed> {
        let Some((&kind, rest)) = self.rest.split_first() else {
            return Ok(None);
        };
        let (name, rest) = text_to_zero(rest)?;
        let length = length_of(kind, rest)?;
        if length > rest.len() {
            return Err(Malformed::Length);
        }
        let (value, rest) = rest.split_at(length);
        self.rest = rest;
        Ok(Some(Element { name, kind, value }))
    }
}

impl<'d> Element<'d> {
    pub(super) fn i64(&self, field: &'static str) -> Result<i64, Malformed> {
        let value = self.of_kind(kind::INT64, field)?.first_chunk();
        value
            .map(|bytes| i64::from_le_bytes(*bytes))
            .ok_or(Malformed::Length)
    }

    pub(super) fn i32(&self, field: &'static str) -> Result<i32, Malformed> {
        let value = self.of_kind(kind::INT32, field)?.first_chunk();
        value
            .map(|bytes| i32::from_le_bytes(*bytes))
            .ok_or(Malformed::Length)
    }

    /// A number that counts from 0 or 1.
    pub(super) fn counter(&self, field: &'static str) -> Result<u64, Malformed> {
        u64::try_from(self.i64(field)?).map_err(|_| Malformed::Value(field))
    }

    pub(super) fn bool(&self, field: &'static str) -> Result<bool, Malformed> {
        Ok(self.of_kind(kind::BOOL, field)? == [1])
    }

    /// The bytes of a text, which are not known to be UTF-8.
    pub(super) fn text_bytes(&self, field: &'static str) -> Result<&'d [u8], Malformed> {
        match self.of_kind(kind::STRING, field)?.get(4..) {
            Some([text @ .., 0]) => Ok(text),
            _ => Err(Malformed::Length),
        }
    }

    pub(super) fn text(&self, field: &'static str) -> Result<&'d str, Malformed> {
        std::str::from_utf8(self.text_bytes(field)?).map_err(|_| Malformed::Value(field))
    }

    pub(super) fn binary(&self, field: &'static str) -> Result<&'d [u8], Malformed> {
        let value = self.of_kind(kind::BINARY, field)?;
        value.get(5..).ok_or(Malformed::Length)
    }

    pub(super) fn uuid(&self, field: &'static str) -> Result<uuid::Uuid, Malformed> {
        uuid::Uuid::from_slice(self.binary(field)?).map_err(|_| Malformed::Value(field))
    }

    pub(super) fn document(&self, field: &'static str) -> Result<Elements<'d>, Malformed> {
        Elements::of(self.of_kind(kind::DOCUMENT, field)?)
    }

    pub(super) fn array(&self, field: &'static str) -> Result<Elements<'d>, Malformed> {
        Elements::of(self.of_kind(kind::ARRAY, field)?)
    }

    fn of_kind(&self, kind: u8, field: &'static str) -> Result<&'d [u8], Malformed> {
        if self.kind == kind {
            Ok(self.value)
        } else {
            Err(Malformed::Value(field))
        }
    }
}

/// The bytes before the next zero, and those behind it.
#[inline]
fn text_to_zero(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let end = bytes.iter().position(|byte| *byte == 0);
    let end = end.ok_or(Malformed::Length)?;
    Ok((&bytes[..end], &bytes[end + 1..]))
}

/// How many bytes a value takes.
#[inline]
fn length_of(kind: u8, bytes: &[u8]) -> Result<usize, Malformed> {
    let prefix = || {
        let prefix = bytes
            .first_chunk()
            .map(|length| u32::from_le_bytes(*length));
        prefix
            .and_then(|length| usize::try_from(length).ok())
            .ok_or(Malformed::Length)
    };
    let plus = |length: usize, more: usize| length.checked_add(more).ok_or(Malformed::Length);
    match kind {
        kind::INT64 | 0x01 | 0x09 | 0x11 => Ok(8),
        kind::STRING | 0x0D | 0x0E => plus(prefix()?, 4),
        kind::DOCUMENT | kind::ARRAY | 0x0F => prefix(),
        kind::BINARY => plus(prefix()?, 5),
        kind::BOOL => Ok(1),
        kind::INT32 => Ok(4),
        0x06 | 0x0A | 0x7F | 0xFF => Ok(0),
        0x07 => Ok(12),
        0x0B => {
            let (pattern, rest) = text_to_zero(bytes)?;
            let (options, _) = text_to_zero(rest)?;
            plus(pattern.len(), options.len() + 2)
        }
        0x0C => plus(prefix()?, 16),
        0x13 => Ok(16),
        unknown => Err(Malformed::Type(unknown)),
    }
}
