//! A store in memory, with the same promises as the durable ones except to outlive the process.
//!
//! For tests, examples and caches of small histories. It keeps everything until it is dropped.

#[cfg(feature = "chain")]
mod links;
mod log;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;

use self::log::Log;
use crate::{
    AllPage, AllRange, Append, AppendError, Appended, CheckpointError, CheckpointName,
    CheckpointStore, Clock, Document, DocumentError, DocumentKind, DocumentName, DocumentStore,
    EventId, EventStore, Position, ReadError, RecordedEvent, Revision, Snapshot, SnapshotError,
    SnapshotStore, StreamId, StreamPage, StreamRange, StreamVersion, SystemClock,
};

/// An event store, snapshot store and checkpoint store in memory.
///
/// Clones share one content. Calls take a lock for a short time and never wait for anything else.
///
/// ```
/// use es_core::{EventStore, Position, memory::MemoryStore};
/// # es_core::testing::run(async {
/// let store = MemoryStore::new();
/// assert_eq!(store.head().await?, Position::START);
/// # Ok::<(), es_core::ReadError>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    log: Mutex<Log>,
    snapshots: Mutex<HashMap<StreamId, BTreeMap<StreamVersion, Snapshot>>>,
    checkpoints: Mutex<BTreeMap<CheckpointName, Position>>,
    documents: Mutex<BTreeMap<(DocumentKind, DocumentName), (Revision, Bytes)>>,
    head: watch::Sender<Position>,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// An empty store on the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// An empty store on a clock of the caller's.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self::with(clock, Log::default())
    }

    /// An empty store whose log is chained; see [`chain`](crate::chain).
    #[cfg(feature = "chain")]
    #[must_use]
    pub fn chained() -> Self {
        Self::chained_with_clock(Arc::new(SystemClock))
    }

    /// The same on a clock of the caller's.
    #[cfg(feature = "chain")]
    #[must_use]
    pub fn chained_with_clock(clock: Arc<dyn Clock>) -> Self {
        Self::with(clock, Log::chained())
    }

    fn with(clock: Arc<dyn Clock>, log: Log) -> Self {
        Self {
            shared: Arc::new(Shared {
                log: Mutex::new(log),
                snapshots: Mutex::default(),
                checkpoints: Mutex::default(),
                documents: Mutex::default(),
                head: watch::Sender::new(Position::START),
                clock,
            }),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        lock(&self.shared.log)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Each change below leaves the content whole at every step that can panic, so a lock that was
/// held by a panicking thread can be taken over.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.refuse_personal()?;
        let now = self.shared.clock.now();
        let mut log = self.log();
        let appended = log.append(append, now)?;
        // Under the lock, so that heads are announced in order.
        self.shared.head.send_if_modified(|head| {
            let grown = appended.last_position > *head;
            *head = appended.last_position.max(*head);
            grown
        });
        Ok(appended)
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        Ok(self.log().read_stream(stream, range))
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        Ok(self.log().read_all(range))
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        Ok(self.log().read_event(id))
    }

    async fn head(&self) -> Result<Position, ReadError> {
        Ok(self.log().head())
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        let mut head = self.shared.head.subscribe();
        head.wait_for(|head| *head > position)
            .await
            .map_err(|_| ReadError::Closed)?;
        Ok(())
    }
}

#[async_trait]
impl SnapshotStore for MemoryStore {
    async fn save_snapshot(&self, snapshot: Snapshot, keep: usize) -> Result<(), SnapshotError> {
        snapshot.refuse_personal()?;
        let mut snapshots = lock(&self.shared.snapshots);
        let of_stream = snapshots.entry(snapshot.stream.clone()).or_default();
        of_stream.insert(snapshot.version, snapshot);
        while of_stream.len() > keep.max(1) {
            of_stream.pop_first();
        }
        Ok(())
    }

    async fn load_snapshot(
        &self,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        let snapshots = lock(&self.shared.snapshots);
        let newest = snapshots
            .get(stream)
            .and_then(|all| all.range(..=at_most).next_back());
        Ok(newest.map(|(_, snapshot)| snapshot.clone()))
    }

    async fn delete_snapshots(&self, stream: &StreamId) -> Result<(), SnapshotError> {
        lock(&self.shared.snapshots).remove(stream);
        Ok(())
    }
}

#[async_trait]
impl DocumentStore for MemoryStore {
    async fn load_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Result<Option<Document>, DocumentError> {
        let documents = lock(&self.shared.documents);
        let found = documents.get(&(kind.clone(), name.clone()));
        Ok(found.map(|found| document(name, found)))
    }

    async fn save_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        DocumentError::refuse_large(kind, name, &content)?;
        let mut documents = lock(&self.shared.documents);
        let key = (kind.clone(), name.clone());
        let actual = documents
            .get(&key)
            .map_or(Revision::ABSENT, |found| found.0);
        if actual != expected {
            let (kind, name) = key;
            return Err(DocumentError::Changed {
                kind,
                name,
                expected,
                actual,
            });
        }
        documents.insert(key, (expected.next(), content));
        Ok(expected.next())
    }

    async fn documents(
        &self,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Result<Vec<Document>, DocumentError> {
        let documents = lock(&self.shared.documents);
        let of_kind = documents
            .iter()
            .filter(|((of, name), _)| of == kind && after.is_none_or(|after| name > after));
        let found = of_kind.take(limit);
        Ok(found
            .map(|((_, name), found)| document(name, found))
            .collect())
    }
}

fn document(name: &DocumentName, (revision, content): &(Revision, Bytes)) -> Document {
    Document {
        name: name.clone(),
        revision: *revision,
        content: content.clone(),
    }
}

#[async_trait]
impl CheckpointStore for MemoryStore {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<Position, CheckpointError> {
        Ok(lock(&self.shared.checkpoints)
            .get(name)
            .copied()
            .unwrap_or_default())
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        let mut checkpoints = lock(&self.shared.checkpoints);
        let actual = checkpoints.get(name).copied().unwrap_or_default();
        if actual != from {
            return Err(CheckpointError::Moved {
                name: name.clone(),
                expected: from,
                actual,
            });
        }
        if to == Position::START {
            checkpoints.remove(name);
        } else {
            checkpoints.insert(name.clone(), to);
        }
        Ok(())
    }

    async fn checkpoints(&self) -> Result<Vec<(CheckpointName, Position)>, CheckpointError> {
        let checkpoints = lock(&self.shared.checkpoints);
        Ok(checkpoints
            .iter()
            .map(|(name, position)| (name.clone(), *position))
            .collect())
    }
}
