//! The content of an event on its way through rules: decoded only when a rule asks for it.

mod faithful;

use bytes::Bytes;
use es_core::codec::{DecodeVisitor, erased};
use es_core::{Codec, CodecError, CodecExt, CodecId, CodecSet, Payload, PayloadFlags, TypeTag};
use serde::Deserialize;
use serde_json::Value;

use self::faithful::Faithful;
use crate::Misfit;
use crate::catalog::{Part, Rule};
use crate::step::Step;

/// The id of es-serde's JSON codec, whose payloads are read without it.
const JSON: &str = "json";

/// How the contents of one stored event are read and written.
pub(crate) struct Format<'c> {
    codec: &'c dyn Codec,
    is_json: bool,
}

impl<'c> Format<'c> {
    /// That of a stored payload.
    pub(crate) fn of(payload: &Payload, codecs: &'c CodecSet) -> Result<Self, Misfit> {
        if payload.flags != PayloadFlags::PLAIN {
            let flags = payload.flags;
            return Err(Misfit::Flags { flags });
        }
        let unknown = || Misfit::UnknownCodec {
            codec: payload.codec.clone(),
        };
        let codec = codecs.reader(&payload.codec).ok_or_else(unknown)?;
        let is_json = payload.codec.as_str() == JSON;
        Ok(Self { codec, is_json })
    }

    /// JSON, for contents that come from no store.
    pub(crate) fn json() -> Format<'static> {
        Format {
            codec: &PlainJson,
            is_json: true,
        }
    }

    fn decode(&self, tag: &TypeTag, data: &[u8]) -> Result<Value, Misfit> {
        if self.is_json {
            return read_json(data);
        }
        self.codec
            .decode_value(tag, data)
            .map(|Faithful(value)| value)
            .map_err(|error| Misfit::NotSelfDescribing {
                codec: self.codec.id(),
                source: error.into(),
            })
    }

    fn encode(&self, tag: &TypeTag, value: &Value) -> Result<Bytes, Misfit> {
        if self.is_json {
            return serde_json::to_vec(value)
                .map(Bytes::from)
                .map_err(|error| unwritable(error.into()));
        }
        self.codec
            .encode(tag, value)
            .map_err(|error| unwritable(error.into()))
    }
}

fn unwritable(source: es_core::BoxError) -> Misfit {
    Misfit::Unwritable { source }
}

#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// As it was encoded under a tag.
    Encoded(TypeTag, Bytes),
    Value(Value),
}

impl Content {
    /// What one part of a rule makes of it.
    pub(crate) fn apply(
        self,
        rule: &Rule,
        part: &Part,
        format: &Format<'_>,
    ) -> Result<Self, Misfit> {
        match &part.step {
            Step::Fields(transform) if transform.is_unchanged() => Ok(self),
            Step::Fields(transform) => {
                let value = self.into_value(format)?;
                transform.apply(value).map(Self::Value)
            }
            Step::Typed(step) => {
                let (from, data) = self.into_encoded(&rule.from, format)?;
                let data = step
                    .apply(format.codec, &from, &part.to, &data)
                    .map_err(by_type)?;
                Ok(Self::Encoded(part.to.clone(), data))
            }
            Step::NotHere => Err(Misfit::NotHere),
        }
    }

    pub(crate) fn into_value(self, format: &Format<'_>) -> Result<Value, Misfit> {
        match self {
            Self::Value(value) => Ok(value),
            Self::Encoded(tag, data) => format.decode(&tag, &data),
        }
    }

    /// As bytes, with the tag that they were encoded under.
    fn into_encoded(self, tag: &TypeTag, format: &Format<'_>) -> Result<(TypeTag, Bytes), Misfit> {
        match self {
            Self::Encoded(tag, data) => Ok((tag, data)),
            Self::Value(value) => Ok((tag.clone(), format.encode(tag, &value)?)),
        }
    }

    /// As bytes that are read under `tag`.
    pub(crate) fn into_bytes(self, tag: &TypeTag, format: &Format<'_>) -> Result<Bytes, Misfit> {
        match self {
            Self::Value(value) => format.encode(tag, &value),
            Self::Encoded(under, data) if under == *tag || format.is_json => Ok(data),
            // The format may look at the tag. One that does not describe itself has nothing to
            // look at; what reads the bytes checks them.
            Self::Encoded(under, data) => match format.decode(&under, &data) {
                Ok(value) => format.encode(tag, &value),
                Err(_) => Ok(data),
            },
        }
    }
}

fn by_type(error: CodecError) -> Misfit {
    let is_of_writing = matches!(error, CodecError::Encode { .. });
    let source = error.into();
    if is_of_writing {
        Misfit::Unwritable { source }
    } else {
        Misfit::Unreadable { source }
    }
}

/// serde_json reads integers of more than 64 bits as floats, which would change them.
fn read_json(data: &[u8]) -> Result<Value, Misfit> {
    if has_wide_integer(data) {
        return Err(Misfit::WideNumber);
    }
    let mut json = serde_json::Deserializer::from_slice(data);
    // The only messages that can come here are of syntax, and quote nothing.
    Faithful::deserialize(&mut json)
        .and_then(|Faithful(value)| json.end().map(|()| value))
        .map_err(|error| Misfit::Unreadable {
            source: error.into(),
        })
}

/// Whether an integer literal stands in the text that does not fit in 64 bits.
fn has_wide_integer(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some((byte, after)) = rest.split_first() {
        rest = match byte {
            b'"' => after_string(after),
            b'-' | b'0'..=b'9' => {
                let end = rest.iter().position(|byte| !is_of_number(*byte));
                let (literal, after) = rest.split_at(end.unwrap_or(rest.len()));
                if is_wide_integer(literal) {
                    return true;
                }
                after
            }
            _ => after,
        };
    }
    false
}

fn after_string(text: &[u8]) -> &[u8] {
    let mut escaped = false;
    let end = text.iter().position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => *byte == b'"',
    });
    end.map_or(&[], |end| &text[end + 1..])
}

fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')
}

fn is_wide_integer(literal: &[u8]) -> bool {
    let is_integer = literal
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'-');
    let text = std::str::from_utf8(literal).unwrap_or_default();
    is_integer && literal.len() > 18 && text.parse::<i64>().is_err() && text.parse::<u64>().is_err()
}

/// JSON as es-serde writes it, for the contents that [`Upcasts::translate`](crate::Upcasts) takes.
#[derive(Debug)]
struct PlainJson;

impl Codec for PlainJson {
    fn id(&self) -> CodecId {
        CodecId::from_static(JSON)
    }

    fn encode(&self, tag: &TypeTag, value: &dyn erased::Serialize) -> Result<Bytes, CodecError> {
        serde_json::to_vec(value)
            .map(Bytes::from)
            .map_err(|error| CodecError::encode(tag, error))
    }

    fn decode(
        &self,
        tag: &TypeTag,
        data: &[u8],
        visit: &mut DecodeVisitor<'_>,
    ) -> Result<(), CodecError> {
        let mut json = serde_json::Deserializer::from_slice(data);
        // serde's messages quote what they did not expect.
        visit(&mut <dyn erased::Deserializer<'_>>::erase(&mut json))
            .map_err(|_| CodecError::decode(tag, "the content is not of the type of the rule"))?;
        json.end().map_err(|error| CodecError::decode(tag, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_integers_of_more_than_64_bits_are_wide() {
        for narrow in [
            "{}",
            "18446744073709551615",
            "-9223372036854775808",
            "1e300",
            "123456789012345678901.5",
            r#""123456789012345678901234567890""#,
            r#""a\"123456789012345678901234567890""#,
            r#"{"a\\":1}"#,
        ] {
            assert!(!has_wide_integer(narrow.as_bytes()), "{narrow}");
        }
        for wide in [
            "18446744073709551616",
            "-9223372036854775809",
            r#"{"a\\":[1,340282366920938463463374607431768211455]}"#,
        ] {
            assert!(has_wide_integer(wide.as_bytes()), "{wide}");
        }
    }

    #[test]
    fn broken_json_is_scanned_to_its_end() {
        for broken in [&b"\""[..], b"\"\\", b"-", b"{\"a\":1", b"\xff\xff12"] {
            assert!(!has_wide_integer(broken));
            assert!(read_json(broken).is_err());
        }
    }
}
