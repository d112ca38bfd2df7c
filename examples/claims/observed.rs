//! A store that counts what goes through it, so that the account of a run is measured, not said.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use event_sourcing::core::{AllPage, AllRange, Appended, EventId, ReadError, StreamPage};
use event_sourcing::{
    Append, AppendError, EventStore, Position, RecordedEvent, StreamId, StreamRange,
};

/// Counts the events read from streams, the appends and their conflicts. Clones share the counts.
#[derive(Debug, Clone)]
pub struct Observed {
    store: Arc<dyn EventStore>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    events_read: AtomicU64,
    appends: AtomicU64,
    conflicts: AtomicU64,
}

impl Observed {
    /// Counts what goes to and comes from this store.
    #[must_use]
    pub fn new(store: Arc<dyn EventStore>) -> Self {
        Self {
            store,
            counts: Arc::default(),
        }
    }

    /// How many events were read from streams.
    #[must_use]
    pub fn events_read(&self) -> u64 {
        self.counts.events_read.load(Ordering::Relaxed)
    }

    /// How many appends were tried.
    #[must_use]
    pub fn appends(&self) -> u64 {
        self.counts.appends.load(Ordering::Relaxed)
    }

    /// How many of them came too late.
    #[must_use]
    pub fn conflicts(&self) -> u64 {
        self.counts.conflicts.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl EventStore for Observed {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let outcome = self.store.append(append).await;
        let late = outcome.as_ref().is_err_and(AppendError::is_conflict);
        self.counts.appends.fetch_add(1, Ordering::Relaxed);
        self.counts
            .conflicts
            .fetch_add(late.into(), Ordering::Relaxed);
        outcome
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        let page = self.store.read_stream(stream, range).await?;
        self.counts
            .events_read
            .fetch_add(page.events.len() as u64, Ordering::Relaxed);
        // A store in memory answers at once. Let others run, as they would if it took time.
        tokio::task::yield_now().await;
        Ok(page)
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        self.store.read_all(range).await
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        self.store.read_event(id).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.store.head().await
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        self.store.wait_past(position).await
    }
}
