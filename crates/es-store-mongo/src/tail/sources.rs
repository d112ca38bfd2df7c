//! Where the hub learns of what other processes write; behind traits, so that tests need no server.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use es_core::chain::ChainHash;
use es_core::{BoxError, Position, ReadError, Timestamp};

/// Another batch is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ring {
    /// The position of its last event.
    pub(crate) head: Position,
    /// When its last document was recorded.
    pub(crate) at: Timestamp,
    /// Which process wrote it.
    pub(crate) writer: i64,
    /// Whether that process had lost a race for a position before.
    pub(crate) waited: bool,
    /// The hash of the chain at its head, where the log is chained.
    pub(crate) chain: Option<ChainHash>,
}

/// Reads the end of the log.
#[async_trait]
pub(super) trait TailSource: fmt::Debug + Send + Sync {
    /// The position of the last event committed by a majority, as one who may be an old primary
    /// knows it. During a fail-over it is tried again for so long.
    async fn read_head(&self, patience: Duration) -> Result<Position, ReadError>;

    /// As [`read_head`](Self::read_head), and a majority confirms that nobody has committed
    /// anything behind it when this was called. Costs the wait for a majority.
    async fn confirmed_head(&self, patience: Duration) -> Result<Position, ReadError>;

    /// The documents that begin after `position`, in order: all, or as many as fit a reply.
    async fn read_after(&self, position: Position) -> Result<Vec<Bytes>, ReadError>;
}

/// Tells of new batches from the moment on when it is opened.
#[async_trait]
pub(super) trait RingSource: fmt::Debug + Send + Sync {
    async fn open(&self) -> Result<Box<dyn Rings>, NoRings>;
}

/// What tells of new batches, opened.
#[async_trait]
pub(super) trait Rings: Send {
    /// The rings that came, in order; none if none came for about a second.
    async fn next(&mut self) -> Result<Vec<Ring>, NoRings>;
}

/// Why nothing tells of new batches.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoRings {
    /// The server does not do this for us, and will not do so when asked again soon.
    #[error("change streams are refused; new events of other processes are found by polling")]
    Refused(#[source] BoxError),
    /// It failed, and may work next time.
    #[error("the change stream failed")]
    Failed(#[source] BoxError),
}
