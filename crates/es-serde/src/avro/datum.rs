//! A value in the shape of a schema, and its bytes.

use std::borrow::Cow;
use std::sync::Arc;

use super::shape::{Enum, Record};

#[derive(Debug, Clone)]
pub(super) enum Datum<'a> {
    Null,
    Boolean(bool),
    /// An `int` or a `long`: their bytes are the same.
    Long(i64),
    Float(f32),
    Double(f64),
    Bytes(Cow<'a, [u8]>),
    Fixed(Cow<'a, [u8]>),
    Text(Cow<'a, str>),
    Enum(Arc<Enum>, usize),
    Array(Vec<Datum<'a>>),
    Map(Vec<(Cow<'a, str>, Datum<'a>)>),
    Record(Arc<Record>, Vec<Datum<'a>>),
    Union(usize, Box<Datum<'a>>),
}

impl Datum<'_> {
    /// Appends the bytes of this value
    /// ([binary encoding](https://avro.apache.org/docs/1.12.0/specification/#binary-encoding)).
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => (),
            Self::Boolean(value) => out.push(u8::from(*value)),
            Self::Long(value) => write_long(*value, out),
            Self::Float(value) => out.extend(value.to_le_bytes()),
            Self::Double(value) => out.extend(value.to_le_bytes()),
            Self::Bytes(bytes) => write_bytes(bytes, out),
            Self::Fixed(bytes) => out.extend_from_slice(bytes),
            Self::Text(text) => write_bytes(text.as_bytes(), out),
            Self::Enum(_, index) => write_length(*index, out),
            Self::Array(items) => write_block(items, out, |item, out| item.write(out)),
            Self::Map(entries) => write_block(entries, out, |(key, value), out| {
                write_bytes(key.as_bytes(), out);
                value.write(out);
            }),
            Self::Record(_, fields) => fields.iter().for_each(|field| field.write(out)),
            Self::Union(index, value) => {
                write_length(*index, out);
                value.write(out);
            }
        }
    }
}

/// One block with everything, and an empty one as the end.
fn write_block<T>(items: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    if !items.is_empty() {
        write_length(items.len(), out);
        items.iter().for_each(|item| write(item, out));
    }
    out.push(0);
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

fn write_length(length: usize, out: &mut Vec<u8>) {
    write_long(i64::try_from(length).unwrap_or(i64::MAX), out);
}

/// Zigzag, then seven bits a byte, the lowest first.
#[expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "the bits are what is wanted"
)]
fn write_long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)) as u64;
    while rest > 0x7F {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
