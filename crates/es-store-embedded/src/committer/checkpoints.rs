//! Moving checkpoints: compare and set.

use bytes::Bytes;
use es_core::{CheckpointError, CheckpointName, Position};

use super::State;
use crate::checkpoint::load;
use crate::engine::Table;
use crate::error::Refused;
use crate::keys;
use crate::queue::CheckpointJob;

impl State {
    pub(super) fn checkpoint(&mut self, job: CheckpointJob) {
        let CheckpointJob {
            name,
            from,
            to,
            reply,
        } = job;
        let result = self.move_checkpoint(name, from, to);
        self.staged.answers.checkpoint(reply, result);
    }

    fn move_checkpoint(
        &mut self,
        name: CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        if let Some(refused) = self.health.refusal() {
            return Err(CheckpointError::Unavailable {
                source: refused.into(),
            });
        }
        let actual = self.checkpoint_now(&name)?;
        if actual != from {
            return Err(CheckpointError::Moved {
                name,
                expected: from,
                actual,
            });
        }
        if to == from {
            return Ok(());
        }
        let key = keys::checkpoint(&name);
        if to == Position::START {
            self.staged.batch.delete(Table::Checkpoints, key);
        } else {
            let value = Bytes::copy_from_slice(&keys::position(to));
            self.staged.batch.put(Table::Checkpoints, key, value);
        }
        self.staged.checkpoints.insert(name, to);
        Ok(())
    }

    fn checkpoint_now(&self, name: &CheckpointName) -> Result<Position, CheckpointError> {
        if let Some(staged) = self.staged.checkpoints.get(name) {
            return Ok(*staged);
        }
        match self.shared.engine().as_deref() {
            Some(engine) => load(engine, name),
            None => {
                let refused = Refused::EngineDown("it is being opened again".into());
                Err(CheckpointError::Unavailable {
                    source: refused.into(),
                })
            }
        }
    }
}
