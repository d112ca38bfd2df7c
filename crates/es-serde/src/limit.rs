//! How long a payload of the binary codecs may be, and that all of it is read.

use bytes::Bytes;
use es_core::{CodecError, TypeTag};

/// The most bytes of a payload, on writing and on reading.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 16 * 1024 * 1024;

/// A payload that this codec does not take. Split the event, or store what is large elsewhere.
#[derive(Debug, thiserror::Error)]
#[error("{bytes} bytes are more than the {MAX_PAYLOAD_BYTES} that a payload may have")]
struct TooLong {
    bytes: usize,
}

/// A payload that goes on after the value: it was written with another shape, or is damaged.
#[derive(Debug, thiserror::Error)]
#[error("{bytes} bytes are left over after the value")]
struct LeftOver {
    bytes: usize,
}

pub(crate) fn check(tag: &TypeTag, data: &[u8]) -> Result<(), CodecError> {
    within(data.len()).map_err(|error| CodecError::decode(tag, error))
}

pub(crate) fn check_encoded(tag: &TypeTag, data: Vec<u8>) -> Result<Bytes, CodecError> {
    within(data.len()).map_err(|error| CodecError::encode(tag, error))?;
    Ok(data.into())
}

pub(crate) fn check_used(tag: &TypeTag, used: usize, length: usize) -> Result<(), CodecError> {
    match length.saturating_sub(used) {
        0 => Ok(()),
        bytes => Err(CodecError::decode(tag, LeftOver { bytes })),
    }
}

fn within(bytes: usize) -> Result<(), TooLong> {
    if bytes > MAX_PAYLOAD_BYTES {
        Err(TooLong { bytes })
    } else {
        Ok(())
    }
}
