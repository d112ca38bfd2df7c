//! The ceiling in memory: a vector of all events and, for each stream, where its events are.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use es_core::{NewEvent, Position, StreamId, StreamVersion};

use crate::Failure;
use crate::target::{Ceiling, PageByPage, Pages, Target};
use crate::traffic::Work;

/// Events in a vector behind a lock.
#[derive(Debug, Clone, Default)]
pub struct PlainMemory {
    content: Arc<Mutex<Content>>,
}

#[derive(Debug, Default)]
struct Content {
    events: Vec<(StreamId, StreamVersion, NewEvent)>,
    streams: HashMap<StreamId, Vec<usize>>,
}

impl PlainMemory {
    /// Without events.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Content {
    fn append(&mut self, work: Work) -> Result<(), Failure> {
        let of_stream = self.streams.entry(work.stream.clone()).or_default();
        if of_stream.len() as u64 != work.version.get() {
            return Err(Failure::broken("append to the ceiling")(
                "the stream has another version",
            ));
        }
        for event in work.events {
            of_stream.push(self.events.len());
            let version = StreamVersion::new(of_stream.len() as u64);
            self.events.push((work.stream.clone(), version, event));
        }
        Ok(())
    }
}

impl Target for PlainMemory {
    async fn append(&self, work: Work) -> Result<(), Failure> {
        self.content().append(work)
    }
}

impl Ceiling for PlainMemory {
    type Scan = PageByPage<Self>;

    async fn read_stream(&self, stream: &StreamId) -> Result<u64, Failure> {
        let content = self.content();
        let indexes = content.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let clone = |index: &usize| content.events[*index].clone();
        let events: Vec<_> = indexes.iter().map(clone).collect();
        Ok(black_box(events).len() as u64)
    }

    fn scan(&self) -> Self::Scan {
        PageByPage::new(self.clone())
    }
}

impl Pages for PlainMemory {
    fn read_page(&self, after: Position, limit: usize) -> Result<Position, Failure> {
        let content = self.content();
        let from = (after.get() as usize).min(content.events.len());
        let to = from.saturating_add(limit).min(content.events.len());
        let events = black_box(content.events[from..to].to_vec());
        Ok(after.plus(events.len() as u64))
    }
}
