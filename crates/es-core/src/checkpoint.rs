//! How far consumers have come.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{BoxError, CheckpointName, Position};

/// A store of checkpoints: for each consumer the position up to which it has handled everything.
///
/// # Contract
/// - A checkpoint that was never saved stands at [`Position::START`].
/// - Saving compares and sets: of two consumers that move the same checkpoint from the same place
///   exactly one wins, so two runners under one name find each other out.
/// - A saved checkpoint is as durable as an append to the same store.
#[async_trait]
pub trait CheckpointStore: fmt::Debug + Send + Sync {
    /// Where a consumer stands.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<Position, CheckpointError>;

    /// Moves a consumer from one position to another, forwards or back.
    ///
    /// # Errors
    /// [`CheckpointError::Moved`] if it does not stand at `from`.
    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError>;

    /// All checkpoints that do not stand at the start, sorted by name.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    async fn checkpoints(&self) -> Result<Vec<(CheckpointName, Position)>, CheckpointError>;
}

#[async_trait]
impl<S: CheckpointStore + ?Sized> CheckpointStore for Arc<S> {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<Position, CheckpointError> {
        (**self).load_checkpoint(name).await
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        (**self).save_checkpoint(name, from, to).await
    }

    async fn checkpoints(&self) -> Result<Vec<(CheckpointName, Position)>, CheckpointError> {
        (**self).checkpoints().await
    }
}

/// Why a checkpoint could not be read or moved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Another consumer of the same name moved it, and nothing was written. Stop one of the two,
    /// or start again from where it stands.
    #[error("checkpoint {name} stands at {actual}, expected {expected}")]
    Moved {
        /// The consumer.
        name: CheckpointName,
        /// Where this one thought it stood.
        expected: Position,
        /// Where it stands.
        actual: Position,
    },
    /// What is stored is damaged.
    #[error("checkpoint {name} is damaged")]
    Corrupt {
        /// The consumer.
        name: CheckpointName,
        /// What was found.
        source: BoxError,
    },
    /// The store did not answer; the move may have happened: load it to find out.
    #[error("the checkpoint store did not answer")]
    Unavailable {
        /// What is in the way.
        source: BoxError,
    },
}
