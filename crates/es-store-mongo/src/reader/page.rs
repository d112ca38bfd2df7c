//! A page of all events in the making.

use bytes::Bytes;
use es_core::{
    AllPage, AllRange, MAX_PAGE_BYTES, MAX_PAGE_EVENTS, Place, Position, ReadError, RecordedEvent,
};

use super::corrupt;
use crate::layout::decode::{Interned, Stored};

/// How many events one page looks at, when the filter takes few.
const MAX_LOOKED_AT: u64 = 4 * MAX_PAGE_EVENTS as u64;

/// Takes documents in order, until it is full.
#[derive(Debug)]
pub(crate) struct Page<'r> {
    range: &'r AllRange,
    takes_all: bool,
    events: Vec<RecordedEvent>,
    bytes: usize,
    looked_at: u64,
    /// Every event up to here was looked at.
    scanned_to: Position,
    interned: Interned,
}

impl<'r> Page<'r> {
    pub(crate) fn new(range: &'r AllRange) -> Self {
        Self {
            range,
            takes_all: range.filter.is_all(),
            events: Vec::new(),
            bytes: 0,
            looked_at: 0,
            scanned_to: range.after,
            interned: Interned::default(),
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.events.len() >= self.range.page_limit()
            || self.bytes >= MAX_PAGE_BYTES
            || self.looked_at >= MAX_LOOKED_AT
    }

    /// Whether these many further events would have to be left out in part. A page ends between
    /// documents where it can.
    pub(crate) fn is_too_small_for(&self, events: u64) -> bool {
        let room = self.range.page_limit() - self.events.len();
        !self.events.is_empty() && self.takes_all && events > room as u64
    }

    pub(crate) fn scanned_to(&self) -> Position {
        self.scanned_to
    }

    /// The filter takes nothing up to here.
    pub(crate) fn skip_to(&mut self, position: Position) {
        let position = position.min(self.range.until);
        if position > self.scanned_to {
            self.scanned_to = position;
        }
    }

    /// The filter takes nothing of this document.
    pub(crate) fn skip(&mut self, document: &Stored<'_>) {
        let before = self.scanned_to;
        self.skip_to(document.last_position());
        self.looked_at += self.scanned_to.get() - before.get();
    }

    /// The document must begin at the next position to look at.
    ///
    /// # Errors
    /// [`ReadError::Hole`] if it does not.
    pub(crate) fn check_next(&self, document: &Stored<'_>) -> Result<(), ReadError> {
        let next = self.scanned_to.next();
        if document.first_position == next {
            return Ok(());
        }
        Err(ReadError::Hole {
            expected: Place::Position(next),
            found: Place::Position(document.first_position),
        })
    }

    /// Whether the filter may take an event of this document, as far as shows from outside.
    pub(crate) fn may_want(&self, document: &Stored<'_>) -> bool {
        let filter = &self.range.filter;
        let at = document.recorded_at;
        let category = |category: &String| document.is_in(category);
        self.takes_all
            || (filter.recorded_from.is_none_or(|from| at >= from)
                && filter.recorded_before.is_none_or(|before| at < before)
                && (filter.categories.is_empty() || filter.categories.iter().any(category)))
    }

    /// Takes what the range wants of a document that lies in `buffer`.
    ///
    /// # Errors
    /// [`ReadError::Corrupt`] if it is damaged.
    pub(crate) fn take(&mut self, document: &Stored<'_>, buffer: &Bytes) -> Result<(), ReadError> {
        let first = document.first_position.get();
        let from = self.scanned_to.get().saturating_sub(first - 1);
        let last = document.last_position().min(self.range.until).get();
        let mut to = (last + 1).saturating_sub(first);
        if self.takes_all {
            let room = self.range.page_limit() - self.events.len();
            to = to.min(from.saturating_add(room as u64));
        }
        let Self {
            range,
            takes_all,
            events,
            bytes,
            scanned_to,
            interned,
            ..
        } = self;
        let before = *scanned_to;
        let taken = document.events(interned, buffer, (from, to), |taken| {
            if events.len() >= range.page_limit() {
                return;
            }
            *scanned_to = taken.event.position;
            if *takes_all || range.filter.matches(&taken.event) {
                *bytes += taken.bytes;
                events.push(taken.event);
            }
        });
        taken.map_err(corrupt(document.first_position))?;
        self.looked_at += self.scanned_to.get() - before.get();
        Ok(())
    }

    /// The page. Whether the log ends behind it is left open.
    pub(crate) fn finish(self) -> AllPage {
        let at_end = self.scanned_to >= self.range.until;
        AllPage::new(self.events, self.scanned_to, at_end)
    }
}
