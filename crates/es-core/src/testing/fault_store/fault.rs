//! What can go wrong, and with which call.

use std::time::Duration;

use crate::Append;

/// A kind of call to a store. Each has a queue of faults of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// [`EventStore::append`](crate::EventStore::append).
    Append,
    /// Reading events: streams, everything, by id, the head, and the links of a chained log.
    Read,
    /// [`EventStore::wait_past`](crate::EventStore::wait_past).
    Wait,
    /// Saving and deleting snapshots.
    SaveSnapshot,
    /// Loading snapshots.
    LoadSnapshot,
    /// Moving checkpoints.
    SaveCheckpoint,
    /// Loading and listing checkpoints.
    LoadCheckpoint,
    /// Saving documents.
    SaveDocument,
    /// Loading and listing documents.
    LoadDocument,
}

/// Something that happens to one call.
///
/// ```
/// use std::time::Duration;
/// use es_core::testing::{Fault, FaultStore, Operation};
/// # use es_core::memory::MemoryStore;
/// // The first append goes through, the second comes late and is then refused.
/// let store = FaultStore::new(MemoryStore::new())
///     .inject(Fault::Pass(Operation::Append))
///     .inject(Fault::Delay(Operation::Append, Duration::from_secs(1)))
///     .inject(Fault::Unavailable(Operation::Append));
/// assert_eq!(store.waiting(Operation::Append), 3);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fault {
    /// The call goes through, so that faults can be meant for a later one.
    Pass(Operation),
    /// The call waits before anything else happens to it. The next fault in the queue belongs to
    /// the same call; a [`Pass`](Self::Pass) behind it lets that be none.
    Delay(Operation, Duration),
    /// The store never sees the call, and the caller is told that it is unavailable. An append
    /// wrote nothing.
    Unavailable(Operation),
    /// What is stored is said to be damaged; the store never sees the call. Waiting ends with
    /// [`ReadError::Closed`](crate::ReadError::Closed) instead.
    Corrupt(Operation),
    /// The append happens, and its reply is lost: the outcome is unknown to the caller.
    LostReply,
    /// The append is lost on its way: the outcome is unknown to the caller, and nothing is written.
    LostRequest,
    /// The append is refused with a conflict on its first stream, as if another one had come
    /// first; the store never sees it. The conflict names the stream's true version, which may be
    /// the expected one.
    Conflict,
    /// Another append comes first. What becomes of the call itself the store decides.
    Overtaken(Append),
    /// The checkpoint is moved, and the reply is lost.
    LostCheckpointReply,
    /// The document is saved, and the reply is lost.
    LostDocumentReply,
}

impl Fault {
    /// The calls that it can happen to.
    #[must_use]
    pub fn operation(&self) -> Operation {
        match self {
            Self::Pass(operation)
            | Self::Delay(operation, _)
            | Self::Unavailable(operation)
            | Self::Corrupt(operation) => *operation,
            Self::LostReply | Self::LostRequest | Self::Conflict | Self::Overtaken(_) => {
                Operation::Append
            }
            Self::LostCheckpointReply => Operation::SaveCheckpoint,
            Self::LostDocumentReply => Operation::SaveDocument,
        }
    }

    /// What stands in the source of the errors.
    pub(super) fn source() -> crate::BoxError {
        "a fault that the test injected".into()
    }
}
