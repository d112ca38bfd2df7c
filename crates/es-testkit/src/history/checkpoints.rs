//! A checkpoint store whose calls are written down.

use std::sync::Arc;

use async_trait::async_trait;
use es_core::{CheckpointError, CheckpointName, CheckpointStore, Position};

use super::{
    entry::{Answer, Operation, why},
    recorder::Recorder,
    store::Caller,
};

/// Passes all calls on and writes them down.
#[derive(Debug, Clone)]
pub struct RecordingCheckpoints {
    store: Arc<dyn CheckpointStore>,
    recorder: Recorder,
    caller: Caller,
}

impl RecordingCheckpoints {
    /// Puts the recorder around a store; `name` tells it from the process' other stores, and names
    /// the caller to people.
    pub fn new(store: Arc<dyn CheckpointStore>, recorder: Recorder, name: &str) -> Self {
        Self {
            store,
            recorder,
            caller: Caller::new(name),
        }
    }
}

#[async_trait]
impl CheckpointStore for RecordingCheckpoints {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<Position, CheckpointError> {
        let operation = Operation::LoadCheckpoint {
            name: name.to_string(),
        };
        let call = self.recorder.called(&self.caller, operation);
        let result = self.store.load_checkpoint(name).await;
        let answer = match &result {
            Ok(position) => Answer::Checkpoint(*position),
            Err(error) => Answer::Failed { why: why(error) },
        };
        self.recorder.answered(call, answer);
        result
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        let operation = Operation::SaveCheckpoint {
            name: name.to_string(),
            from,
            to,
        };
        let call = self.recorder.called(&self.caller, operation);
        let result = self.store.save_checkpoint(name, from, to).await;
        let answer = match &result {
            Ok(()) => Answer::Saved,
            Err(CheckpointError::Moved { actual, .. }) => Answer::Moved { actual: *actual },
            Err(error) => Answer::Failed { why: why(error) },
        };
        self.recorder.answered(call, answer);
        result
    }

    /// Not written down.
    async fn checkpoints(&self) -> Result<Vec<(CheckpointName, Position)>, CheckpointError> {
        self.store.checkpoints().await
    }
}
