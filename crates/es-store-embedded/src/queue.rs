//! The bounded way to the writer thread.

use std::sync::Arc;

use es_core::{
    Append, AppendError, Appended, CheckpointError, CheckpointName, DocumentError, DocumentKind,
    DocumentName, Position, Revision, SnapshotError, StreamId, StreamVersion,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use crate::error::{CloseError, Refused};
use crate::record::EncodedRecord;

/// Where an answer goes. That nobody waits for it any more is no error.
pub(crate) type Reply<T, E> = oneshot::Sender<Result<T, E>>;

/// Work for the writer thread.
pub(crate) enum Job {
    Append(Box<AppendJob>),
    Checkpoint(CheckpointJob),
    Document(DocumentJob),
    Snapshot(SnapshotJob),
    Close(oneshot::Sender<Result<(), CloseError>>),
}

pub(crate) struct AppendJob {
    pub(crate) append: Append,
    pub(crate) record: EncodedRecord,
    /// The caller saw that the id is not among the first so many appends.
    pub(crate) absent_among: Option<u64>,
    pub(crate) reply: Reply<Appended, AppendError>,
    /// Given back when the append is done.
    pub(crate) room: OwnedSemaphorePermit,
}

pub(crate) struct CheckpointJob {
    pub(crate) name: CheckpointName,
    pub(crate) from: Position,
    pub(crate) to: Position,
    pub(crate) reply: Reply<(), CheckpointError>,
}

pub(crate) struct DocumentJob {
    pub(crate) kind: DocumentKind,
    pub(crate) name: DocumentName,
    pub(crate) expected: Revision,
    /// The value to store, which says the revision after `expected`.
    pub(crate) bytes: bytes::Bytes,
    pub(crate) reply: Reply<Revision, DocumentError>,
    /// Given back when it is saved.
    pub(crate) room: OwnedSemaphorePermit,
}

pub(crate) struct SnapshotJob {
    pub(crate) stream: StreamId,
    pub(crate) change: SnapshotChange,
    pub(crate) reply: Reply<(), SnapshotError>,
}

pub(crate) enum SnapshotChange {
    /// Saves encoded bytes, and keeps the newest so many of the stream.
    Save {
        version: StreamVersion,
        bytes: bytes::Bytes,
        keep: usize,
        room: OwnedSemaphorePermit,
    },
    /// Deletes all of the stream.
    DeleteAll,
}

/// The callers' end.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    jobs: mpsc::Sender<Job>,
    room: Arc<Semaphore>,
    most_bytes: u32,
}

/// The writer's end.
pub(crate) type Jobs = mpsc::Receiver<Job>;

impl Queue {
    pub(crate) fn new(jobs: usize, bytes: usize) -> (Self, Jobs) {
        let (sender, receiver) = mpsc::channel(jobs.max(1));
        let most_bytes = u32::try_from(bytes.max(1)).unwrap_or(u32::MAX);
        let most_bytes = most_bytes.min(u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX));
        let room = Arc::new(Semaphore::new(most_bytes as usize));
        (
            Self {
                jobs: sender,
                room,
                most_bytes,
            },
            receiver,
        )
    }

    /// Waits, in turn, for room for so many bytes. What is larger than the whole queue takes all
    /// of it.
    pub(crate) async fn room(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Refused> {
        let bytes = u32::try_from(bytes)
            .unwrap_or(u32::MAX)
            .min(self.most_bytes);
        Arc::clone(&self.room)
            .acquire_many_owned(bytes)
            .await
            .map_err(|_| Refused::Closed)
    }

    /// Waits, in turn, for a place, and takes it.
    pub(crate) async fn send(&self, job: Job) -> Result<(), Refused> {
        self.jobs.send(job).await.map_err(|_| Refused::Closed)
    }
}

#[cfg(test)]
impl Queue {
    pub(crate) fn free_places(&self) -> usize {
        self.jobs.capacity()
    }

    pub(crate) fn free_bytes(&self) -> usize {
        self.room.available_permits()
    }
}
