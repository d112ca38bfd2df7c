//! Faults of the snapshot store.

use async_trait::async_trait;

use super::{Fault, FaultStore, Operation};
use crate::{Snapshot, SnapshotError, SnapshotStore, StreamId, StreamVersion};

#[async_trait]
impl<S: SnapshotStore> SnapshotStore for FaultStore<S> {
    async fn save_snapshot(&self, snapshot: Snapshot, keep: usize) -> Result<(), SnapshotError> {
        self.snapshot_fault(Operation::SaveSnapshot, &snapshot.stream)
            .await?;
        self.inner.save_snapshot(snapshot, keep).await
    }

    async fn load_snapshot(
        &self,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        self.snapshot_fault(Operation::LoadSnapshot, stream).await?;
        self.inner.load_snapshot(stream, at_most).await
    }

    async fn delete_snapshots(&self, stream: &StreamId) -> Result<(), SnapshotError> {
        self.snapshot_fault(Operation::SaveSnapshot, stream).await?;
        self.inner.delete_snapshots(stream).await
    }
}

impl<S> FaultStore<S> {
    async fn snapshot_fault(
        &self,
        operation: Operation,
        stream: &StreamId,
    ) -> Result<(), SnapshotError> {
        let (stream, source) = (stream.clone(), Fault::source());
        match self.next_fault(operation).await {
            Some(Fault::Unavailable(_)) => Err(SnapshotError::Unavailable { source }),
            Some(Fault::Corrupt(_)) => Err(SnapshotError::Corrupt { stream, source }),
            _ => Ok(()),
        }
    }
}
