//! Which positions a stored document covers.

use es_core::{Position, ReadError, Timestamp};
use mongodb::bson::RawDocument;

/// The place of a document in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The position of its first event.
    pub(crate) first: Position,
    /// How many events it holds, at least one.
    pub(crate) count: u64,
    pub(crate) recorded_at: Timestamp,
}

/// A document that says no place.
#[derive(Debug, thiserror::Error)]
#[error("field {field} of a stored document is missing or no number in its range")]
pub(crate) struct NoExtent {
    field: &'static str,
}

impl Extent {
    /// Reads `_id`, `n` and `at`.
    pub(crate) fn of(document: &RawDocument) -> Result<Self, NoExtent> {
        let number = |field| document.get_i64(field).map_err(|_| NoExtent { field });
        let first = u64::try_from(number("_id")?).map_err(|_| NoExtent { field: "_id" })?;
        let count = document.get_i32("n").ok();
        let count = count.and_then(|count| u64::try_from(count).ok());
        Ok(Self {
            first: Position::new(first),
            count: count
                .filter(|count| *count > 0)
                .ok_or(NoExtent { field: "n" })?,
            recorded_at: Timestamp::from_micros(number("at")?),
        })
    }

    /// Reads them from the bytes of a document.
    pub(crate) fn of_bytes(document: &[u8]) -> Result<Self, NoExtent> {
        let document = RawDocument::from_bytes(document);
        Self::of(document.map_err(|_| NoExtent { field: "_id" })?)
    }

    /// As [`of_bytes`](Self::of_bytes), of a document of the log: that it says no place is damage.
    pub(crate) fn stored(document: &[u8]) -> Result<Self, ReadError> {
        Self::of_bytes(document).map_err(|error| ReadError::Corrupt {
            position: Position::MAX,
            source: error.into(),
        })
    }

    /// The position of its last event.
    pub(crate) fn last(&self) -> Position {
        self.first.plus(self.count - 1)
    }
}

#[cfg(test)]
mod tests {
    use mongodb::bson::{RawDocumentBuf, rawdoc};

    use super::*;

    fn place(document: &RawDocumentBuf) -> Option<(u64, u64)> {
        let extent = Extent::of(document).ok()?;
        Some((extent.first.get(), extent.last().get()))
    }

    #[test]
    fn a_document_covers_its_events() {
        let document = rawdoc! { "_id": 7_i64, "at": 1_i64, "n": 3 };
        assert_eq!(place(&document), Some((7, 9)));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        let at = 1_i64;
        for document in [
            rawdoc! {},
            rawdoc! { "_id": -1_i64, "at": at, "n": 1 },
            rawdoc! { "_id": 1_i64, "at": at, "n": 0 },
            rawdoc! { "_id": 1_i64, "at": at, "n": -1 },
            rawdoc! { "_id": 1_i64, "at": at },
            rawdoc! { "_id": 1_i64, "n": 1 },
            rawdoc! { "_id": "1", "at": at, "n": 1 },
        ] {
            assert_eq!(place(&document), None, "{document:?}");
        }
        assert!(Extent::of_bytes(b"junk").is_err());
    }
}
