//! The content of the memory store: all events, and where each stream's are.

use std::collections::HashMap;

#[cfg(feature = "chain")]
use crate::chain::ChainLink;
use crate::{
    AllPage, AllRange, Append, AppendError, AppendId, Appended, Direction, EventId, MAX_PAGE_BYTES,
    MAX_PAGE_EVENTS, Position, RecordedEvent, StreamAppended, StreamId, StreamPage, StreamRange,
    StreamVersion, StreamWrite, Timestamp,
};

#[derive(Debug, Default)]
pub(super) struct Log {
    /// The event at position p is at p - 1.
    events: Vec<RecordedEvent>,
    /// For each stream where its events are in `events`; version v is at v - 1.
    streams: HashMap<StreamId, Vec<usize>>,
    /// Where each event id is in `events`.
    ids: HashMap<EventId, usize>,
    appends: HashMap<AppendId, Appended>,
    #[cfg(feature = "chain")]
    links: Option<Vec<ChainLink>>,
}

impl Log {
    #[cfg(feature = "chain")]
    pub(super) fn chained() -> Self {
        Self {
            links: Some(Vec::new()),
            ..Self::default()
        }
    }

    /// One for each append, if the log is chained.
    #[cfg(feature = "chain")]
    pub(super) fn links(&self) -> Option<&[ChainLink]> {
        self.links.as_deref()
    }

    /// The last one, if the log is chained.
    #[cfg(feature = "chain")]
    pub(super) fn chain_head(&self) -> Option<ChainLink> {
        let last = self.links.as_ref()?.last().copied();
        Some(last.unwrap_or_else(ChainLink::start))
    }

    #[cfg(feature = "chain")]
    fn link(&mut self, first_position: Position) {
        let (position, before) = (self.head(), self.chain_head());
        if let (Some(links), Some(before)) = (&mut self.links, before) {
            let events = &self.events[first_position.get() as usize - 1..];
            let hash = before.hash.then_append(events);
            links.push(ChainLink { position, hash });
        }
    }

    pub(super) fn head(&self) -> Position {
        Position::new(self.events.len() as u64)
    }

    pub(super) fn append(
        &mut self,
        append: Append,
        now: Timestamp,
    ) -> Result<Appended, AppendError> {
        if let Some(first) = self.appends.get(&append.id()) {
            return self.repeat(&append, first);
        }
        if let Some(conflict) = append.first_conflict(|stream| self.version(stream)) {
            return Err(conflict.into());
        }
        let recorded_at = self
            .events
            .last()
            .map_or(now, |last| last.recorded_at.max(now));
        let first_position = self.head().next();
        let (id, writes, _) = append.into_parts();
        let streams = writes
            .into_iter()
            .map(|write| self.write(write, recorded_at))
            .collect();
        #[cfg(feature = "chain")]
        self.link(first_position);
        let last_position = self.head();
        let appended = Appended {
            first_position,
            last_position,
            streams,
            repeated: false,
        };
        self.appends.insert(id, appended.clone());
        Ok(appended)
    }

    fn write(&mut self, write: StreamWrite, recorded_at: Timestamp) -> StreamAppended {
        let stream = write.stream;
        let before = self.version(&stream);
        let count = write.events.len() as u64;
        let of_stream = self.streams.entry(stream.clone()).or_default();
        for event in write.events {
            let index = self.events.len();
            let position = Position::new(index as u64 + 1);
            let version = StreamVersion::new(of_stream.len() as u64 + 1);
            self.ids.entry(event.id).or_insert(index);
            of_stream.push(index);
            let recorded =
                RecordedEvent::new(position, stream.clone(), version, recorded_at, event);
            self.events.push(recorded);
        }
        StreamAppended {
            stream,
            first_version: before.next(),
            last_version: before.plus(count),
        }
    }

    fn repeat(&self, append: &Append, first: &Appended) -> Result<Appended, AppendError> {
        let from = first.first_position.get() as usize - 1;
        let to = first.last_position.get() as usize;
        let stored = &self.events[from..to];
        let again = append
            .writes()
            .iter()
            .flat_map(|write| write.events.iter().map(move |event| (&write.stream, event)));
        let same = stored.len() == append.event_count()
            && stored
                .iter()
                .zip(again)
                .all(|(old, (stream, new))| old.stream == *stream && old.is(new));
        if same {
            Ok(Appended {
                repeated: true,
                ..first.clone()
            })
        } else {
            Err(AppendError::IdReused {
                append_id: append.id(),
            })
        }
    }

    fn version(&self, stream: &StreamId) -> StreamVersion {
        StreamVersion::new(self.streams.get(stream).map_or(0, Vec::len) as u64)
    }

    pub(super) fn read_event(&self, id: EventId) -> Option<RecordedEvent> {
        self.ids.get(&id).map(|index| self.events[*index].clone())
    }

    pub(super) fn read_stream(&self, stream: &StreamId, range: StreamRange) -> StreamPage {
        let indexes = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let to = range.to.min(StreamVersion::new(indexes.len() as u64)).get() as usize;
        let from = (range.from.get().max(1) as usize - 1).min(to);
        let limit = usize::try_from(range.limit)
            .unwrap_or(usize::MAX)
            .min(MAX_PAGE_EVENTS);
        let wanted = &indexes[from..to];
        let events = match range.direction {
            Direction::Forward => self.page(wanted.iter().take(limit)),
            Direction::Backward => self.page(wanted.iter().rev().take(limit)),
        };
        let rest = events
            .last()
            .map(|last| range.rest_after(last.version, events.len()))
            .filter(|rest| events.len() < wanted.len() && !rest.is_empty());
        StreamPage::new(events, rest)
    }

    /// The events at these places, up to the one that fills a page.
    fn page<'i>(&self, indexes: impl Iterator<Item = &'i usize>) -> Vec<RecordedEvent> {
        let mut bytes = 0;
        let fits = |event: &&RecordedEvent| {
            let fits = bytes < MAX_PAGE_BYTES;
            bytes += event.approximate_bytes();
            fits
        };
        indexes
            .map(|index| &self.events[*index])
            .take_while(fits)
            .cloned()
            .collect()
    }

    pub(super) fn read_all(&self, range: &AllRange) -> AllPage {
        /// How many events one page looks at, when the filter takes few.
        const MAX_SCAN: usize = 4 * MAX_PAGE_EVENTS;
        let until = range.until.min(self.head()).get() as usize;
        let after = (range.after.get() as usize).min(until);
        let mut events = Vec::new();
        let mut bytes = 0;
        let mut scanned = after;
        for event in self.events[after..until].iter().take(MAX_SCAN) {
            if events.len() == range.page_limit() || bytes >= MAX_PAGE_BYTES {
                break;
            }
            scanned += 1;
            if range.filter.matches(event) {
                bytes += event.approximate_bytes();
                events.push(event.clone());
            }
        }
        let scanned_to = Position::new(scanned as u64).max(range.after);
        AllPage::new(events, scanned_to, scanned == until)
    }
}
