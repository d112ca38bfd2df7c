//! Whole documents on their way into the archive and out of it.

use bytes::Bytes;
use es_core::{Position, ReadError};

use crate::extent::Extent;

/// A document and its place.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) extent: Extent,
    pub(super) bytes: Bytes,
}

impl Stored {
    /// Takes a document that was read somewhere behind `position`.
    pub(super) fn new(bytes: Bytes, position: Position) -> Result<Self, ReadError> {
        let extent = Extent::of_bytes(&bytes).map_err(|error| ReadError::Corrupt {
            position: position.next(),
            source: error.into(),
        })?;
        Ok(Self { extent, bytes })
    }

    /// What `_id` is.
    pub(super) fn id(&self) -> i64 {
        self.extent.first.get().cast_signed()
    }
}

/// Payloads stay out of messages (I11).
impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stored")
            .field("extent", &self.extent)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}
