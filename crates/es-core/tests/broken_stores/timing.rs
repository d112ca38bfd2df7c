//! Stores that record wrong times.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use es_core::memory::MemoryStore;
use es_core::testing::ManualClock;
use es_core::{
    AllPage, AllRange, Append, AppendError, Appended, Clock, EventStore, Position, ReadError,
    RecordedEvent, StreamId, StreamPage, StreamRange, Timestamp,
};

use crate::mutation::Mutation;

/// Writes down what the clock says, even where it went back.
#[derive(Debug)]
pub(crate) struct BelievesTheClock {
    clock: ManualClock,
    /// The time of each append, by its first position.
    times: Mutex<BTreeMap<Position, Timestamp>>,
}

impl BelievesTheClock {
    fn restore(&self, events: &mut [RecordedEvent]) {
        let times = self.times.lock().unwrap();
        for event in events {
            let time = times.range(..=event.position).next_back();
            event.recorded_at = time.map_or(event.recorded_at, |(_, time)| *time);
        }
    }
}

#[async_trait]
impl Mutation for BelievesTheClock {
    fn on(clock: &ManualClock) -> Self {
        Self {
            clock: clock.clone(),
            times: Mutex::default(),
        }
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let appended = store.append(append).await?;
        let first = appended.first_position;
        self.times
            .lock()
            .unwrap()
            .entry(first)
            .or_insert(self.clock.now());
        Ok(appended)
    }

    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        let mut page = store.read_stream(stream, range).await?;
        self.restore(&mut page.events);
        Ok(page)
    }

    async fn read_all(&self, store: &MemoryStore, range: &AllRange) -> Result<AllPage, ReadError> {
        let mut page = store.read_all(range).await?;
        self.restore(&mut page.events);
        Ok(page)
    }
}
