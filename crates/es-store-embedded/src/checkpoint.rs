//! The checkpoint store: a small table, written by the writer thread like everything else.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use es_core::{BoxError, CheckpointError, CheckpointName, CheckpointStore, Direction, Position};
use tokio::sync::oneshot;

use crate::EmbeddedStore;
use crate::engine::{Engine, EngineError, Table};
use crate::error::Refused;
use crate::keys;
use crate::queue::{CheckpointJob, Job};

#[async_trait]
impl CheckpointStore for EmbeddedStore {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<Position, CheckpointError> {
        self.shared
            .read_settled(unavailable, |engine| load(engine, name))
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        let (reply, answer) = oneshot::channel();
        let job = CheckpointJob {
            name: name.clone(),
            from,
            to,
            reply,
        };
        self.queue
            .send(Job::Checkpoint(job))
            .await
            .map_err(unavailable)?;
        let interrupted = |_| unavailable(Refused::Interrupted("the writer stopped".into()));
        answer.await.map_err(interrupted)?
    }

    async fn checkpoints(&self) -> Result<Vec<(CheckpointName, Position)>, CheckpointError> {
        self.shared.read_settled(unavailable, all)
    }
}

/// Where a checkpoint stands.
pub(crate) fn load(
    engine: &dyn Engine,
    name: &CheckpointName,
) -> Result<Position, CheckpointError> {
    let value = engine.get(Table::Checkpoints, &keys::checkpoint(name));
    match value.map_err(|error| failed(name, error))? {
        None => Ok(Position::START),
        Some(value) => keys::read_position(&value)
            .ok_or_else(|| corrupt(name, "its position is malformed".into())),
    }
}

fn all(engine: &dyn Engine) -> Result<Vec<(CheckpointName, Position)>, CheckpointError> {
    let keys: RangeInclusive<&[u8]> = &[]..=&[0xff; es_core::MAX_NAME_BYTES];
    let mut checkpoints = Vec::new();
    for entry in engine.scan(Table::Checkpoints, keys, Direction::Forward) {
        let (key, value) = entry.map_err(|error| unavailable_because(error.into()))?;
        let name = std::str::from_utf8(&key)
            .ok()
            .and_then(|name| CheckpointName::new(name).ok());
        let position = keys::read_position(&value);
        let (Some(name), Some(position)) = (name, position) else {
            return Err(unavailable_because(
                "an entry of the checkpoints is malformed".into(),
            ));
        };
        checkpoints.push((name, position));
    }
    Ok(checkpoints)
}

fn failed(name: &CheckpointName, error: EngineError) -> CheckpointError {
    match error {
        EngineError::Damaged(source) => corrupt(name, source),
        EngineError::Failed(_) | EngineError::Stopped(_) => unavailable_because(error.into()),
    }
}

fn corrupt(name: &CheckpointName, source: BoxError) -> CheckpointError {
    CheckpointError::Corrupt {
        name: name.clone(),
        source,
    }
}

fn unavailable(refused: Refused) -> CheckpointError {
    unavailable_because(refused.into())
}

fn unavailable_because(source: BoxError) -> CheckpointError {
    CheckpointError::Unavailable { source }
}
