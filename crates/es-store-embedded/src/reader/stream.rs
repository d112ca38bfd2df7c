//! Pages of one stream, in either direction.

use es_core::{
    Direction, MAX_PAGE_BYTES, MAX_PAGE_EVENTS, Place, Position, ReadError, RecordedEvent,
    StreamId, StreamPage, StreamRange, StreamVersion,
};

use super::{Progress, Scan, at, corrupt, malformed, record};
use crate::engine::{Engine, Entry, Table};
use crate::keys;
use crate::record::StreamPart;

/// A page in the making.
#[derive(Debug)]
pub(crate) struct StreamScan {
    stream: StreamId,
    /// What is left to read.
    range: StreamRange,
    events: Vec<RecordedEvent>,
    bytes: usize,
    /// Whether there is something in what is left.
    more: bool,
}

/// An entry of the index: which append holds some versions of the stream.
#[derive(Debug, Clone, Copy)]
struct Append {
    last_version: StreamVersion,
    last_position: Position,
}

impl StreamScan {
    pub(crate) fn new(stream: StreamId, range: StreamRange) -> Self {
        Self {
            stream,
            range,
            events: Vec::new(),
            bytes: 0,
            more: false,
        }
    }

    pub(crate) fn into_page(self) -> StreamPage {
        let rest = Some(self.range).filter(|rest| self.more && !rest.is_empty());
        StreamPage::new(self.events, rest)
    }

    fn is_full(&self) -> bool {
        self.events.len() >= MAX_PAGE_EVENTS || self.bytes >= MAX_PAGE_BYTES
    }

    fn forward(&self) -> bool {
        self.range.direction == Direction::Forward
    }

    /// The keys of the appends that hold the range.
    fn keys(&self, engine: &dyn Engine) -> Result<(Vec<u8>, Vec<u8>), ReadError> {
        let first = keys::version(&self.stream, self.range.from.max(StreamVersion::FIRST));
        let end = keys::version(&self.stream, StreamVersion::MAX);
        if self.forward() || self.range.to == StreamVersion::MAX {
            return Ok((first, end));
        }
        // The append that holds the highest version may end above it.
        let to = keys::version(&self.stream, self.range.to);
        let mut above = engine.scan(Table::Streams, &to..=&end, Direction::Forward);
        let holder = above.next().transpose().map_err(at(Position::START))?;
        Ok((first, holder.map_or(end, |(key, _)| key.to_vec())))
    }

    /// Takes what the range wants of one append.
    fn take(&mut self, engine: &dyn Engine, append: Append) -> Result<(), ReadError> {
        let at = append.last_position;
        let record = record(engine, at)?;
        let body = record.parse().map_err(malformed(at))?;
        let part = body
            .streams()
            .iter()
            .find(|part| part.stream == self.stream);
        let part = part.filter(|part| part.last_version() == append.last_version);
        let part = part.ok_or_else(|| corrupt(at, "the index points to another append"))?;
        self.check_order(part)?;
        let (first, last) = self.wanted(part);
        let before = self.events.len();
        let (stream, events) = (&self.stream, &mut self.events);
        let is_wanted = |part: &StreamPart, version, _| {
            first <= version && version <= last && part.stream == *stream
        };
        body.events(is_wanted, |event| events.push(event))
            .map_err(malformed(at))?;
        self.count_taken(before);
        Ok(())
    }

    /// The versions of an append that are in the range, as many as there is room for.
    fn wanted(&self, part: &StreamPart) -> (StreamVersion, StreamVersion) {
        let first = part.first_version.max(self.range.from);
        let last = part.last_version().min(self.range.to);
        let room = (MAX_PAGE_EVENTS - self.events.len()) as u64;
        let others = room.min(self.range.limit).saturating_sub(1);
        if self.forward() {
            (first, last.min(first.plus(others)))
        } else {
            (
                first.max(StreamVersion::new(last.get().saturating_sub(others))),
                last,
            )
        }
    }

    fn count_taken(&mut self, before: usize) {
        let forward = self.forward();
        let taken = &mut self.events[before..];
        if !forward {
            taken.reverse();
        }
        self.bytes += taken
            .iter()
            .map(RecordedEvent::approximate_bytes)
            .sum::<usize>();
        if let Some(last) = taken.last() {
            self.range = self.range.rest_after(last.version, taken.len());
        }
    }

    /// The append must hold what is to be read next.
    fn check_order(&self, part: &StreamPart) -> Result<(), ReadError> {
        let (first, last) = (part.first_version, part.last_version());
        let next = if self.forward() {
            self.range.from.max(StreamVersion::FIRST)
        } else if self.events.is_empty() {
            // The range may begin beyond the end of the stream.
            self.range.to.min(last)
        } else {
            self.range.to
        };
        if first <= next && next <= last {
            return Ok(());
        }
        let place = |version| Place::Version(self.stream.clone(), version);
        let found = if next < first { first } else { last };
        Err(ReadError::Hole {
            expected: place(next),
            found: place(found),
        })
    }
}

impl Scan for StreamScan {
    fn run(
        &mut self,
        engine: &dyn Engine,
        head: Position,
        records: usize,
    ) -> Result<Progress, ReadError> {
        if self.range.is_empty() {
            return Ok(Progress::Finished);
        }
        let (first, last) = self.keys(engine)?;
        let mut looked_at = 0;
        for entry in engine.scan(Table::Streams, &first..=&last, self.range.direction) {
            let append = append(entry.map_err(at(Position::START))?)?;
            if append.last_position > head {
                // Written, and not yet durable.
                continue;
            }
            if self.is_full() || self.range.is_empty() {
                self.more = true;
                return Ok(Progress::Finished);
            }
            if looked_at == records {
                return Ok(Progress::Paused);
            }
            looked_at += 1;
            self.take(engine, append)?;
            // Going back, whatever is left of the range is there: versions have no holes.
            let left = !self.forward() || self.range.from <= append.last_version;
            if self.range.is_empty() || (self.is_full() && left) {
                self.more = true;
                return Ok(Progress::Finished);
            }
        }
        Ok(Progress::Finished)
    }
}

fn append((key, value): Entry) -> Result<Append, ReadError> {
    let malformed = || {
        corrupt(
            Position::START,
            "an entry of the index of streams is malformed",
        )
    };
    let last_version = keys::read_version(&key).ok_or_else(malformed)?;
    let last_position = keys::read_position(&value).ok_or_else(malformed)?;
    Ok(Append {
        last_version,
        last_position,
    })
}
