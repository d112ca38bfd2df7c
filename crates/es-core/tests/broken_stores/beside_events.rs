//! Stores whose snapshots or checkpoints are wrong.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use es_core::memory::MemoryStore;
use es_core::testing::ManualClock;
use es_core::{
    CheckpointError, CheckpointName, CheckpointStore, Position, Snapshot, SnapshotStore, StreamId,
    StreamVersion,
};

use crate::mutation::{Mutation, let_others_come_between};

/// Loads the newest snapshot, also where an older one was asked for.
#[derive(Debug)]
pub(crate) struct LoadsTooNewSnapshots;

#[async_trait]
impl Mutation for LoadsTooNewSnapshots {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn load_snapshot(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        _: StreamVersion,
    ) -> Option<Snapshot> {
        store
            .load_snapshot(stream, StreamVersion::MAX)
            .await
            .unwrap()
    }
}

/// Loads a snapshot only where one has just the version asked for.
#[derive(Debug)]
pub(crate) struct LoadsExactSnapshotsOnly;

#[async_trait]
impl Mutation for LoadsExactSnapshotsOnly {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn load_snapshot(
        &self,
        store: &MemoryStore,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Option<Snapshot> {
        let found = store.load_snapshot(stream, at_most).await.unwrap()?;
        (found.version == at_most).then_some(found)
    }
}

/// Never drops a snapshot.
#[derive(Debug)]
pub(crate) struct KeepsAllSnapshots;

#[async_trait]
impl Mutation for KeepsAllSnapshots {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_snapshot(&self, store: &MemoryStore, snapshot: Snapshot, _: usize) {
        store.save_snapshot(snapshot, usize::MAX).await.unwrap();
    }
}

/// Keeps the first of two snapshots of one version.
#[derive(Debug)]
pub(crate) struct DoesNotReplaceSnapshots;

#[async_trait]
impl Mutation for DoesNotReplaceSnapshots {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_snapshot(&self, store: &MemoryStore, snapshot: Snapshot, keep: usize) {
        let there = store
            .load_snapshot(&snapshot.stream, snapshot.version)
            .await
            .unwrap();
        if there.is_none_or(|there| there.version != snapshot.version) {
            store.save_snapshot(snapshot, keep).await.unwrap();
        }
    }
}

/// Says that snapshots are deleted.
#[derive(Debug)]
pub(crate) struct DeletesNoSnapshots;

#[async_trait]
impl Mutation for DeletesNoSnapshots {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn delete_snapshots(&self, _: &MemoryStore, _: &StreamId) {}
}

/// Moves a checkpoint from wherever it stands.
#[derive(Debug)]
pub(crate) struct MovesWithoutComparing;

#[async_trait]
impl Mutation for MovesWithoutComparing {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_checkpoint(
        &self,
        store: &MemoryStore,
        name: &CheckpointName,
        _: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        loop {
            let actual = store.load_checkpoint(name).await?;
            if store.save_checkpoint(name, actual, to).await.is_ok() {
                return Ok(());
            }
        }
    }
}

/// Compares a checkpoint, and sets it a moment later.
#[derive(Debug)]
pub(crate) struct ComparesTooEarly;

#[async_trait]
impl Mutation for ComparesTooEarly {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_checkpoint(
        &self,
        store: &MemoryStore,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        let actual = store.load_checkpoint(name).await?;
        if actual != from {
            return store.save_checkpoint(name, from, to).await;
        }
        let_others_come_between().await;
        MovesWithoutComparing
            .save_checkpoint(store, name, from, to)
            .await
    }
}

/// Moves a checkpoint forwards only.
#[derive(Debug)]
pub(crate) struct NeverMovesBack;

#[async_trait]
impl Mutation for NeverMovesBack {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_checkpoint(
        &self,
        store: &MemoryStore,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        store.save_checkpoint(name, from, to.max(from)).await
    }
}

/// Lists checkpoints in the order in which they came, those at the start too.
#[derive(Debug)]
pub(crate) struct ListsCheckpointsAsTheyCame(Mutex<BTreeMap<usize, CheckpointName>>);

#[async_trait]
impl Mutation for ListsCheckpointsAsTheyCame {
    fn on(_: &ManualClock) -> Self {
        Self(Mutex::default())
    }

    async fn save_checkpoint(
        &self,
        store: &MemoryStore,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        store.save_checkpoint(name, from, to).await?;
        let mut names = self.0.lock().unwrap();
        if !names.values().any(|known| known == name) {
            let next = names.len();
            names.insert(next, name.clone());
        }
        Ok(())
    }

    async fn checkpoints(&self, store: &MemoryStore) -> Vec<(CheckpointName, Position)> {
        let names: Vec<_> = self.0.lock().unwrap().values().cloned().collect();
        let mut all = Vec::new();
        for name in names {
            let position = store.load_checkpoint(&name).await.unwrap();
            all.push((name, position));
        }
        all
    }
}
