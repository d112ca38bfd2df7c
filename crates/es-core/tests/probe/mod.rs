//! A store that counts how many events of streams were read, and can lose one event.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use es_core::memory::MemoryStore;
use es_core::{
    AllPage, AllRange, Append, AppendError, Appended, EventId, EventStore, Position, ReadError,
    RecordedEvent, StreamId, StreamPage, StreamRange, StreamVersion,
};

#[derive(Debug, Clone, Default)]
pub(crate) struct Probe {
    pub(crate) inner: MemoryStore,
    pub(crate) read: Arc<AtomicU64>,
    pub(crate) lost: Option<StreamVersion>,
    pub(crate) lost_position: Option<Position>,
    /// A page with events never says that it is the last one, as where other writers may be quick.
    pub(crate) never_sure: bool,
}

impl Probe {
    /// The events read since the last call.
    pub(crate) fn events_read(&self) -> u64 {
        self.read.swap(0, Ordering::Relaxed)
    }
}

#[async_trait]
impl EventStore for Probe {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.inner.append(append).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        let mut page = self.inner.read_stream(stream, range).await?;
        page.events.retain(|event| Some(event.version) != self.lost);
        self.read
            .fetch_add(page.events.len() as u64, Ordering::Relaxed);
        Ok(page)
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        let mut page = self.inner.read_all(range).await?;
        page.events
            .retain(|event| Some(event.position) != self.lost_position);
        page.at_end &= !self.never_sure || page.events.is_empty();
        Ok(page)
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        self.inner.read_event(id).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.inner.head().await
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        self.inner.wait_past(position).await
    }
}
