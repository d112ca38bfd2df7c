//! A checkpoint store whose calls are written down.

use std::sync::Arc;

use async_trait::async_trait;
use es_core::{CheckpointError, CheckpointName, CheckpointStore, Position};

use super::{
    entry::{Answer, Operation, why},
    recorder::Recorder,
};

/// Passes all calls on and writes them down.
#[derive(Debug, Clone)]
pub struct RecordingCheckpoints {
    store: Arc<dyn CheckpointStore>,
    recorder: Recorder,
    client: Arc<str>,
}

impl RecordingCheckpoints {
    /// Puts the recorder around a store; `client` names the caller to people.
    pub fn new(store: Arc<dyn CheckpointStore>, recorder: Recorder, client: &str) -> Self {
        Self {
            store,
            recorder,
            client: client.into(),
        }
    }
}

#[async_trait]
impl CheckpointStore for RecordingCheckpoints {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<Position, CheckpointError> {
        let operation = Operation::LoadCheckpoint {
            name: name.to_string(),
        };
        let call = self.recorder.called(&self.client, operation);
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
        let call = self.recorder.called(&self.client, operation);
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
