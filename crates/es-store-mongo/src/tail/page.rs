//! Pages out of the buffer, made as a reader makes them out of the collection.

use bytes::Bytes;
use es_core::{AllPage, AllRange, Place, ReadError};

use crate::layout::decode::Stored;
use crate::reader::page::Page;

/// A page of these documents, the first of which holds the first event of the range. Nothing if
/// that one was archived meanwhile.
///
/// The page does not end the log: whether that goes on is not known here.
pub(super) fn build(range: &AllRange, documents: &[Bytes]) -> Option<Result<AllPage, ReadError>> {
    let mut page = Page::new(range);
    for document in documents {
        match take(&mut page, range, document) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Some(Err(error)),
        }
    }
    (page.scanned_to() > range.after).then(|| Ok(page.finish()))
}

/// Takes a document if there is room; whether to go on.
fn take(page: &mut Page<'_>, range: &AllRange, document: &Bytes) -> Result<bool, ReadError> {
    let next = page.scanned_to().next();
    let stored = Stored::read(document).map_err(|error| ReadError::Corrupt {
        position: next,
        source: error.into(),
    })?;
    let begins_page = page.scanned_to() == range.after;
    if !begins_page || stored.first_position > next {
        page.check_next(&stored)?;
    } else if stored.last_position() < next {
        return Err(ReadError::Hole {
            expected: Place::Position(next),
            found: Place::Position(stored.first_position),
        });
    }
    if page.is_too_small_for(stored.count) || stored.is_archived() {
        return Ok(false);
    }
    if page.may_want(&stored) {
        page.take(&stored, document)?;
    } else {
        page.skip(&stored);
    }
    Ok(!page.is_full() && page.scanned_to() < range.until)
}
