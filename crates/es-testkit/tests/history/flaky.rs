//! A store that takes its time and loses replies, but keeps its promises.

use async_trait::async_trait;
use es_core::memory::MemoryStore;
use es_core::{
    AllPage, AllRange, Append, AppendError, Appended, EventId, EventStore, Position, ReadError,
    RecordedEvent, StreamId, StreamPage, StreamRange,
};
use tokio::task::yield_now;

use crate::chance::Chance;

#[derive(Debug, Clone)]
pub(crate) struct Flaky {
    pub(crate) memory: MemoryStore,
    pub(crate) chance: Chance,
}

impl Flaky {
    /// Lets others go first, so that calls overlap.
    async fn dawdle(&self) {
        for _ in 0..self.chance.below(4) {
            yield_now().await;
        }
    }
}

#[async_trait]
impl EventStore for Flaky {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.dawdle().await;
        let id = append.id();
        let unknown = || AppendError::Unknown {
            append_id: id,
            source: "no reply".into(),
        };
        if self.chance.one_in(12) {
            return Err(AppendError::Unavailable {
                source: "not now".into(),
            });
        }
        if self.chance.one_in(12) {
            return Err(unknown());
        }
        let result = self.memory.append(append).await;
        self.dawdle().await;
        if self.chance.one_in(8) {
            return Err(unknown());
        }
        result
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        self.dawdle().await;
        let result = self.memory.read_stream(stream, range).await;
        self.dawdle().await;
        result
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        self.dawdle().await;
        let result = self.memory.read_all(range).await;
        self.dawdle().await;
        result
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        self.dawdle().await;
        let result = self.memory.read_event(id).await;
        self.dawdle().await;
        result
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.dawdle().await;
        let result = self.memory.head().await;
        self.dawdle().await;
        result
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        self.memory.wait_past(position).await
    }
}
