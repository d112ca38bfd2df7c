//! Stored states of aggregates, so that loading need not start at the first event.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{BoxError, Payload, Privacy, StreamId, StreamVersion, Timestamp, TypeName};

/// The state of an aggregate as of one version of its stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The aggregate's stream.
    pub stream: StreamId,
    /// The version of the last event that the state holds.
    pub version: StreamVersion,
    /// The stable name of the state's type.
    pub name: TypeName,
    /// The encoded state.
    pub payload: Payload,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Whom the state is about. A store that encrypts takes it away; any other refuses it, and
    /// none keeps it.
    #[serde(skip)]
    pub privacy: Option<Privacy>,
}

/// A store of snapshots.
///
/// Snapshots are a cache: losing one costs time and nothing else. So they need no stronger
/// durability than the store cares to give.
///
/// # Contract
/// - Of one stream there is at most one snapshot per version; saving one again replaces it.
/// - What [`load_snapshot`](Self::load_snapshot) returns was saved whole.
#[async_trait]
pub trait SnapshotStore: fmt::Debug + Send + Sync {
    /// Saves a snapshot and then drops the oldest of its stream until `keep` are left (at least
    /// the newest one stays).
    ///
    /// # Errors
    /// See [`SnapshotError`].
    async fn save_snapshot(&self, snapshot: Snapshot, keep: usize) -> Result<(), SnapshotError>;

    /// The newest snapshot of a stream at or below a version.
    ///
    /// # Errors
    /// See [`SnapshotError`].
    async fn load_snapshot(
        &self,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Result<Option<Snapshot>, SnapshotError>;

    /// Drops all snapshots of a stream.
    ///
    /// # Errors
    /// See [`SnapshotError`].
    async fn delete_snapshots(&self, stream: &StreamId) -> Result<(), SnapshotError>;
}

#[async_trait]
impl<S: SnapshotStore + ?Sized> SnapshotStore for Arc<S> {
    async fn save_snapshot(&self, snapshot: Snapshot, keep: usize) -> Result<(), SnapshotError> {
        (**self).save_snapshot(snapshot, keep).await
    }

    async fn load_snapshot(
        &self,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        (**self).load_snapshot(stream, at_most).await
    }

    async fn delete_snapshots(&self, stream: &StreamId) -> Result<(), SnapshotError> {
        (**self).delete_snapshots(stream).await
    }
}

impl Snapshot {
    /// For stores that do not encrypt: refuses a state that is personal.
    ///
    /// # Errors
    /// [`SnapshotError::Unsealed`].
    pub fn refuse_personal(&self) -> Result<(), SnapshotError> {
        match self.privacy {
            None => Ok(()),
            Some(_) => Err(SnapshotError::Unsealed {
                stream: self.stream.clone(),
            }),
        }
    }
}

/// Why a snapshot could not be saved or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// What is stored is damaged: delete it, and load from the events.
    #[error("the snapshot of stream {stream} is damaged")]
    Corrupt {
        /// The stream.
        stream: StreamId,
        /// What was found.
        source: BoxError,
    },
    /// The state is about a person, and the store does not encrypt: wrap it in one that does
    /// (`es_serde::PackedStore`).
    #[error("the state of stream {stream} is personal, and this store does not encrypt")]
    Unsealed {
        /// The stream.
        stream: StreamId,
    },
    /// The store did not answer. Nothing depends on it: go on with the events.
    #[error("the snapshot store did not answer")]
    Unavailable {
        /// What is in the way.
        source: BoxError,
    },
}
