//! Faults of the checkpoint store.

use async_trait::async_trait;

use super::{Fault, FaultStore, Operation};
use crate::{CheckpointError, CheckpointName, CheckpointStore, Position};

#[async_trait]
impl<S: CheckpointStore> CheckpointStore for FaultStore<S> {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<Position, CheckpointError> {
        match self.next_fault(Operation::LoadCheckpoint).await {
            Some(Fault::Unavailable(_)) => Err(unavailable()),
            Some(Fault::Corrupt(_)) => Err(corrupt(name)),
            _ => self.inner.load_checkpoint(name).await,
        }
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        match self.next_fault(Operation::SaveCheckpoint).await {
            Some(Fault::Unavailable(_)) => Err(unavailable()),
            Some(Fault::Corrupt(_)) => Err(corrupt(name)),
            Some(Fault::LostCheckpointReply) => {
                self.inner.save_checkpoint(name, from, to).await?;
                Err(unavailable())
            }
            _ => self.inner.save_checkpoint(name, from, to).await,
        }
    }

    async fn checkpoints(&self) -> Result<Vec<(CheckpointName, Position)>, CheckpointError> {
        match self.next_fault(Operation::LoadCheckpoint).await {
            Some(Fault::Unavailable(_) | Fault::Corrupt(_)) => Err(unavailable()),
            _ => self.inner.checkpoints().await,
        }
    }
}

fn unavailable() -> CheckpointError {
    CheckpointError::Unavailable {
        source: Fault::source(),
    }
}

fn corrupt(name: &CheckpointName) -> CheckpointError {
    CheckpointError::Corrupt {
        name: name.clone(),
        source: Fault::source(),
    }
}
