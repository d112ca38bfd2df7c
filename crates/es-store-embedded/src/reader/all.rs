//! Pages of all events, in the order of positions.

use es_core::{
    AllPage, AllRange, Direction, MAX_PAGE_BYTES, MAX_PAGE_EVENTS, Place, Position, ReadError,
    RecordedEvent,
};

use super::{Progress, Scan, at, malformed, open};
use crate::engine::{Engine, Table};
use crate::keys;
use crate::record::Record;

/// How many events one page looks at, when the filter takes few.
const MAX_LOOKED_AT: u64 = 4 * MAX_PAGE_EVENTS as u64;
/// How many bytes of records one page looks at, when the filter takes few.
const MAX_LOOKED_AT_BYTES: usize = 4 * MAX_PAGE_BYTES;

/// A page in the making.
#[derive(Debug)]
pub(crate) struct AllScan {
    range: AllRange,
    events: Vec<RecordedEvent>,
    /// What the events count.
    bytes: usize,
    /// What the records that were looked at count.
    looked_at_bytes: usize,
    /// Every event up to here was looked at.
    scanned: Position,
    at_end: bool,
}

impl AllScan {
    pub(crate) fn new(range: AllRange) -> Self {
        let scanned = range.after;
        Self {
            range,
            events: Vec::new(),
            bytes: 0,
            looked_at_bytes: 0,
            scanned,
            at_end: false,
        }
    }

    pub(crate) fn into_page(self) -> AllPage {
        AllPage::new(self.events, self.scanned, self.at_end)
    }

    fn is_full(&self) -> bool {
        self.events.len() >= self.range.page_limit()
            || self.bytes >= MAX_PAGE_BYTES
            || self.looked_at_bytes >= MAX_LOOKED_AT_BYTES
            || self.scanned.get() - self.range.after.get() >= MAX_LOOKED_AT
    }

    /// The next record must go on where the last one ended.
    fn check_order(&self, record: &Record) -> Result<(), ReadError> {
        let next = self.scanned.next();
        let starts_page = self.scanned == self.range.after;
        let first = record.first_position();
        if first == next || (starts_page && first < next && record.last_position() >= next) {
            return Ok(());
        }
        Err(hole(next, first))
    }

    fn take(&mut self, record: &Record, until: Position) -> Result<(), ReadError> {
        let last = record.last_position();
        let body = record
            .parse_for(&self.range.filter)
            .map_err(malformed(last))?;
        let mut scanned = last.min(until);
        if let Some(body) = body {
            let (after, limit) = (self.range.after, self.range.page_limit());
            let (filter, events, bytes) = (&self.range.filter, &mut self.events, &mut self.bytes);
            let take = |event: RecordedEvent| {
                if events.len() < limit && filter.matches(&event) {
                    *bytes += event.approximate_bytes();
                    if events.len() + 1 == limit {
                        scanned = event.position;
                    }
                    events.push(event);
                }
            };
            let wanted = |_: &_, _, position| position > after && position <= until;
            body.events(wanted, take).map_err(malformed(last))?;
        }
        self.scanned = scanned;
        Ok(())
    }
}

impl Scan for AllScan {
    fn run(
        &mut self,
        engine: &dyn Engine,
        head: Position,
        records: usize,
    ) -> Result<Progress, ReadError> {
        let until = self.range.until.min(head);
        if self.scanned >= until {
            self.at_end = true;
            return Ok(Progress::Finished);
        }
        let (first, last) = (keys::position(self.scanned.next()), keys::position(head));
        let mut found = engine.scan(Table::Log, &first..=&last, Direction::Forward);
        for _ in 0..records {
            let next = self.scanned.next();
            let (key, bytes) = found
                .next()
                .ok_or_else(|| hole(next, head.next()))?
                .map_err(at(next))?;
            let last = keys::read_position(&key).ok_or_else(|| hole(next, Position::MAX))?;
            self.looked_at_bytes += bytes.len();
            let record = open(bytes, last)?;
            self.check_order(&record)?;
            self.take(&record, until)?;
            self.at_end = self.scanned == until;
            if self.at_end || self.is_full() {
                return Ok(Progress::Finished);
            }
        }
        Ok(Progress::Paused)
    }
}

fn hole(expected: Position, found: Position) -> ReadError {
    ReadError::Hole {
        expected: Place::Position(expected),
        found: Place::Position(found),
    }
}
