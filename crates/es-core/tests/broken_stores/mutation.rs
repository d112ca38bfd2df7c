//! A memory store with one thing wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use es_core::chain::{ChainLink, ChainStore};
use es_core::memory::MemoryStore;
use es_core::testing::ManualClock;
use es_core::testing::conformance::{Ability, StoreFixture};
use es_core::{
    AllPage, AllRange, Append, AppendError, Appended, CheckpointError, CheckpointName,
    CheckpointStore, Clock, Document, DocumentError, DocumentKind, DocumentName, DocumentStore,
    EventId, EventStore, Position, ReadError, RecordedEvent, Revision, Snapshot, SnapshotError,
    SnapshotStore, StreamId, StreamPage, StreamRange, StreamVersion, SystemClock,
};

use crate::fixtures::MEMORY_SUPPORTS;

/// Lets the other tasks of a race come in between, surely and not by luck: turns alone may all be
/// over before anybody else gets one on a busy machine.
pub(crate) async fn let_others_come_between() {
    SystemClock.sleep(Duration::from_millis(10)).await;
}

/// What is wrong with a store. Whatever a mutation does not say works as it should.
#[async_trait]
pub(crate) trait Mutation: fmt::Debug + Send + Sync + 'static {
    const SUPPORTS: &'static [Ability] = MEMORY_SUPPORTS;

    fn on(clock: &ManualClock) -> Self;

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        store.append(append).await
    }

    async fn read_stream(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        store.read_stream(stream, range).await
    }

    async fn read_all(&self, store: &MemoryStore, range: &AllRange) -> Result<AllPage, ReadError> {
        store.read_all(range).await
    }

    async fn read_event(
        &self,
        store: &MemoryStore,
        id: EventId,
    ) -> Result<Option<RecordedEvent>, ReadError> {
        store.read_event(id).await
    }

    async fn head(&self, store: &MemoryStore) -> Result<Position, ReadError> {
        store.head().await
    }

    async fn wait_past(&self, store: &MemoryStore, position: Position) -> Result<(), ReadError> {
        store.wait_past(position).await
    }

    async fn save_snapshot(&self, store: &MemoryStore, snapshot: Snapshot, keep: usize) {
        store.save_snapshot(snapshot, keep).await.unwrap();
    }

    async fn load_snapshot(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Option<Snapshot> {
        store.load_snapshot(stream, at_most).await.unwrap()
    }

    async fn delete_snapshots(&self, store: &MemoryStore, stream: &StreamId) {
        store.delete_snapshots(stream).await.unwrap();
    }

    async fn load_checkpoint(&self, store: &MemoryStore, name: &CheckpointName) -> Position {
        store.load_checkpoint(name).await.unwrap()
    }

    async fn save_checkpoint(
        &self,
        store: &MemoryStore,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        store.save_checkpoint(name, from, to).await
    }

    async fn checkpoints(&self, store: &MemoryStore) -> Vec<(CheckpointName, Position)> {
        store.checkpoints().await.unwrap()
    }

    async fn load_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Option<Document> {
        store.load_document(kind, name).await.unwrap()
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        store.save_document(kind, name, expected, content).await
    }

    async fn documents(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Vec<Document> {
        store.documents(kind, after, limit).await.unwrap()
    }

    async fn chain_head(&self, store: &MemoryStore) -> Option<ChainLink> {
        store.chain_head().await.unwrap()
    }

    async fn chain_links(
        &self,
        store: &MemoryStore,
        after: Position,
        limit: usize,
    ) -> Vec<ChainLink> {
        store.chain_links(after, limit).await.unwrap()
    }

    /// The store as it is after a restart; none if it cannot.
    async fn restart(&self, _store: &MemoryStore, _clock: &ManualClock) -> Option<MemoryStore> {
        None
    }
}

#[derive(Debug)]
pub(crate) struct Broken<M> {
    store: MemoryStore,
    mutation: M,
}

#[async_trait]
impl<M: Mutation> EventStore for Broken<M> {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.mutation.append(&self.store, append).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        self.mutation.read_stream(&self.store, stream, range).await
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        self.mutation.read_all(&self.store, range).await
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        self.mutation.read_event(&self.store, id).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.mutation.head(&self.store).await
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        self.mutation.wait_past(&self.store, position).await
    }
}

#[async_trait]
impl<M: Mutation> SnapshotStore for Broken<M> {
    async fn save_snapshot(&self, snapshot: Snapshot, keep: usize) -> Result<(), SnapshotError> {
        self.mutation
            .save_snapshot(&self.store, snapshot, keep)
            .await;
        Ok(())
    }

    async fn load_snapshot(
        &self,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        Ok(self
            .mutation
            .load_snapshot(&self.store, stream, at_most)
            .await)
    }

    async fn delete_snapshots(&self, stream: &StreamId) -> Result<(), SnapshotError> {
        self.mutation.delete_snapshots(&self.store, stream).await;
        Ok(())
    }
}

#[async_trait]
impl<M: Mutation> CheckpointStore for Broken<M> {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<Position, CheckpointError> {
        Ok(self.mutation.load_checkpoint(&self.store, name).await)
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        self.mutation
            .save_checkpoint(&self.store, name, from, to)
            .await
    }

    async fn checkpoints(&self) -> Result<Vec<(CheckpointName, Position)>, CheckpointError> {
        Ok(self.mutation.checkpoints(&self.store).await)
    }
}

#[async_trait]
impl<M: Mutation> DocumentStore for Broken<M> {
    async fn load_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Result<Option<Document>, DocumentError> {
        Ok(self.mutation.load_document(&self.store, kind, name).await)
    }

    async fn save_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        self.mutation
            .save_document(&self.store, kind, name, expected, content)
            .await
    }

    async fn documents(
        &self,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Result<Vec<Document>, DocumentError> {
        Ok(self
            .mutation
            .documents(&self.store, kind, after, limit)
            .await)
    }
}

#[async_trait]
impl<M: Mutation> ChainStore for Broken<M> {
    async fn chain_head(&self) -> Result<Option<ChainLink>, ReadError> {
        Ok(self.mutation.chain_head(&self.store).await)
    }

    async fn chain_links(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<ChainLink>, ReadError> {
        Ok(self.mutation.chain_links(&self.store, after, limit).await)
    }
}

pub(crate) struct BrokenFixture<M> {
    clock: ManualClock,
    store: Arc<Broken<M>>,
}

impl<M: Mutation> BrokenFixture<M> {
    fn over(store: MemoryStore, clock: ManualClock) -> Self {
        let mutation = M::on(&clock);
        Self {
            clock,
            store: Arc::new(Broken { store, mutation }),
        }
    }
}

#[async_trait]
impl<M: Mutation> StoreFixture for BrokenFixture<M> {
    const SUPPORTS: &'static [Ability] = M::SUPPORTS;

    async fn fresh() -> Self {
        let clock = ManualClock::new();
        Self::over(MemoryStore::with_clock(Arc::new(clock.clone())), clock)
    }

    async fn chained() -> Option<Self> {
        let clock = ManualClock::new();
        let store = MemoryStore::chained_with_clock(Arc::new(clock.clone()));
        Some(Self::over(store, clock))
    }

    fn links(&self) -> Option<Arc<dyn ChainStore>> {
        Some(self.store.clone())
    }

    fn events(&self) -> Arc<dyn EventStore> {
        self.store.clone()
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(self.store.clone())
    }

    fn checkpoints(&self) -> Option<Arc<dyn CheckpointStore>> {
        Some(self.store.clone())
    }

    fn documents(&self) -> Option<Arc<dyn DocumentStore>> {
        Some(self.store.clone())
    }

    fn clock(&self) -> Option<ManualClock> {
        Some(self.clock.clone())
    }

    async fn reopen(&mut self) -> bool {
        let Some(store) = self
            .store
            .mutation
            .restart(&self.store.store, &self.clock)
            .await
        else {
            return false;
        };
        let mutation = M::on(&self.clock);
        self.store = Arc::new(Broken { store, mutation });
        true
    }
}
