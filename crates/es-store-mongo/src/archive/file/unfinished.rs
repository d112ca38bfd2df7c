//! What a crash of the machine leaves of documents that were not synced: the file may have its new
//! length already, and zeros where bytes did not reach the disk.
//!
//! No original is replaced before its copy was synced, so nothing is lost by writing it again.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use mongodb::bson::{Document, RawDocument};

/// How many bytes are looked at at once.
const BLOCK: u64 = 64 * 1024;

/// From where on, within a part of the file, there are only zeros.
pub(super) fn zeros_from(mut file: &File, part: Range<u64>) -> io::Result<u64> {
    let mut end = part.end;
    let mut block = Vec::new();
    while end > part.start {
        let start = part.start.max(end.saturating_sub(BLOCK));
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        file.take(end - start).read_to_end(&mut block)?;
        if let Some(last) = block.iter().rposition(|byte| *byte != 0) {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(part.start)
}

/// Whether a document is one to its end. Zeros in a text or in the content of an event do not show.
pub(super) fn is_well_formed(document: &[u8]) -> bool {
    RawDocument::from_bytes(document).is_ok_and(|document| Document::try_from(document).is_ok())
}

/// Whether this is the original, but for zeros in the place of some bytes.
pub(super) fn is_copy_of(copy: &[u8], original: &[u8]) -> bool {
    let same_or_zero = |(copy, original): (&u8, &u8)| copy == original || *copy == 0;
    copy != original && copy.len() == original.len() && copy.iter().zip(original).all(same_or_zero)
}
