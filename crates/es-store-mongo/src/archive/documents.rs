//! Whole documents on their way into the archive and out of it.

use std::iter;

use bytes::Bytes;
use es_core::{Position, ReadError};

use crate::extent::Extent;

/// How many bytes of documents go into one command. The server takes 16 MiB and 16 KiB with all that
/// stands around them.
const COMMAND_BYTES: usize = 8 * 1024 * 1024;

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

/// Divides documents into those of one command each: about 8 MiB, or one document.
pub(super) fn in_commands(documents: &[Stored]) -> impl Iterator<Item = &[Stored]> {
    let mut left = documents;
    iter::from_fn(move || {
        let mut bytes = 0;
        let fitting = left.iter().take_while(|stored| {
            bytes += stored.bytes.len();
            bytes <= COMMAND_BYTES
        });
        let count = fitting.count().max(1).min(left.len());
        let (command, rest) = left.split_at(count);
        left = rest;
        (!command.is_empty()).then_some(command)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(megabytes: &[usize]) -> Vec<usize> {
        let stored = |megabytes: &usize| Stored {
            extent: Extent {
                first: Position::new(1),
                count: 1,
                recorded_at: es_core::Timestamp::UNIX_EPOCH,
            },
            bytes: Bytes::from(vec![0; megabytes * 1024 * 1024]),
        };
        let documents: Vec<_> = megabytes.iter().map(stored).collect();
        in_commands(&documents).map(<[Stored]>::len).collect()
    }

    #[test]
    fn a_command_holds_what_fits_it_and_at_least_one_document() {
        assert_eq!(commands(&[]), [0; 0]);
        assert_eq!(commands(&[8, 1]), [1, 1]);
        assert_eq!(commands(&[3, 4, 1, 7, 2, 16, 16, 1]), [3, 1, 1, 1, 1, 1]);
    }
}
