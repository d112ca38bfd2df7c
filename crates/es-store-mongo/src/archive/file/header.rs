//! How a document of events begins in the file.

use std::io::{self, Read};
use std::ops::Range;

/// The bytes before the value of `_id`: length, type int64, name.
const BEFORE_ID: usize = 4 + 1 + 4;
const INT64_ID: &[u8; 5] = b"\x12_id\0";
const BYTES: usize = BEFORE_ID + 8;
/// The shortest document with an `_id`, and longer than any that the server takes.
pub(super) const LENGTHS: Range<u64> = BYTES as u64 + 1..64 * 1024 * 1024;

/// The first bytes of a document: its length, and its position as `_id`.
#[derive(Debug)]
pub(super) struct Header([u8; BYTES]);

impl Header {
    /// Reads it; nothing at the end of the file, or where so few bytes are left that it is not
    /// whole.
    pub(super) fn read(reader: &mut impl Read, left: u64) -> io::Result<Option<Self>> {
        let mut header = [0; BYTES];
        if left < header.len() as u64 {
            return Ok(None);
        }
        reader.read_exact(&mut header)?;
        Ok(Some(Self(header)))
    }

    /// The length of the document.
    pub(super) fn size(&self) -> u64 {
        let mut length = [0; 4];
        length.copy_from_slice(&self.0[..4]);
        u32::from_le_bytes(length).into()
    }

    /// How many bytes of the document follow the header.
    pub(super) fn rest(&self) -> i64 {
        self.size().cast_signed() - BYTES as i64
    }

    /// The position; nothing if this is no document of events.
    pub(super) fn position(&self) -> Option<u64> {
        let mut position = [0; 8];
        position.copy_from_slice(&self.0[BEFORE_ID..]);
        let position = u64::try_from(i64::from_le_bytes(position)).ok();
        let fits = &self.0[4..BEFORE_ID] == INT64_ID && LENGTHS.contains(&self.size());
        position.filter(|_| fits)
    }

    /// Whether a document of events could begin like this, if there are zeros in the place of all
    /// but the first `written` bytes.
    pub(super) fn is_unfinished(&self, written: u64) -> bool {
        let written = usize::try_from(written).unwrap_or(usize::MAX);
        let name = self.0.get(4..written).unwrap_or_default();
        written < BEFORE_ID && INT64_ID.starts_with(name)
    }
}
