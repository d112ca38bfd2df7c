//! A store whose payloads are compressed and encrypted on their way in, and restored on their way
//! out.

#[cfg(feature = "encrypt")]
mod open;
mod pack;
#[cfg(feature = "encrypt")]
mod sealing;
mod unpack;

use async_trait::async_trait;
use es_core::{
    AllPage, AllRange, Append, AppendError, Appended, CheckpointError, CheckpointName,
    CheckpointStore, EventId, EventStore, Position, ReadError, RecordedEvent, Snapshot,
    SnapshotError, SnapshotStore, StreamId, StreamPage, StreamRange, StreamVersion,
};

/// Compresses and encrypts events and snapshots between the program and the store.
///
/// Everything above it - repositories, projections, sagas, replay - works as on the store itself:
/// what was packed comes out as it went in, or as erased once a key of it was destroyed.
///
/// Whoever reads needs what whoever wrote had: the keys, and the features of the algorithms. Nothing
/// else has to be the same: what is stored says of itself how it was packed.
///
/// # Compression
/// With [`with_compression`](Self::with_compression) larger payloads are compressed.
///
/// # Encryption (feature `encrypt`)
/// With `with_keys` what is personal is encrypted; the module `seal` says how.
///
/// - An event that says whom it is about ([`Event::privacy`](es_core::Event::privacy), from
///   `#[event(subject)]` and `#[event(personal)]`) is encrypted: the marked fields if its format is
///   JSON, so that the rest stays readable and can be queried, and the whole content otherwise.
/// - A snapshot is encrypted as a whole if its aggregate says whom the state is about
///   ([`Aggregate::privacy`](es_core::Aggregate::privacy)).
/// - Of an erased event, marked fields read as
///   [`Personal::Erased`](es_core::Personal::Erased); one that was encrypted as a whole decodes to
///   the variant marked `#[event(erased)]`. An erased snapshot is none: the state is rebuilt from the
///   events.
///
/// A repeated append is the same append: packing gives the same bytes for the same content.
///
/// ```
/// # #[cfg(all(feature = "encrypt", feature = "lz4"))] {
/// use es_core::memory::MemoryStore;
/// use es_serde::seal::{LocalKeys, SubjectKeys};
/// use es_serde::{Compression, PackedStore};
///
/// let store = MemoryStore::new();
/// let provider = LocalKeys::parse("dev:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
/// let keys = SubjectKeys::new(store.clone(), provider);
/// let store = PackedStore::new(store)
///     .with_compression(Compression::lz4())
///     .with_keys(keys.clone());
/// // Repository::<Claim>::new(store, Json), and one day: keys.erase("jane").await?
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct PackedStore<S> {
    inner: S,
    packing: Packing,
}

/// What is done to payloads.
#[derive(Debug, Clone, Default)]
struct Packing {
    #[cfg(any(feature = "lz4", feature = "zstd"))]
    compression: Option<crate::Compression>,
    #[cfg(feature = "encrypt")]
    sealer: Option<crate::seal::Sealer>,
}

impl<S> PackedStore<S> {
    /// Unpacks what is read, and packs nothing yet.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            packing: Packing::default(),
        }
    }

    /// Compresses what is large enough to gain by it.
    #[cfg(any(feature = "lz4", feature = "zstd"))]
    #[must_use]
    pub fn with_compression(mut self, compression: crate::Compression) -> Self {
        self.packing.compression = Some(compression);
        self
    }

    /// Encrypts what is personal with these keys.
    #[cfg(feature = "encrypt")]
    #[must_use]
    pub fn with_keys(mut self, keys: crate::seal::SubjectKeys) -> Self {
        self.packing.sealer = Some(crate::seal::Sealer::new(keys));
        self
    }

    /// The store that holds the packed payloads.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// Restores an event that was kept as the inner store has it: a dead letter, an export.
    ///
    /// # Errors
    /// As those of reading it.
    pub async fn unpack(&self, event: RecordedEvent) -> Result<RecordedEvent, ReadError> {
        let mut events = [event];
        self.packing.unpack(&mut events).await?;
        let [event] = events;
        Ok(event)
    }

    /// Packs an append, for a way into the store that is not [`EventStore::append`].
    ///
    /// # Errors
    /// [`AppendError::Refused`] if it cannot be encrypted, as its subject was erased;
    /// [`AppendError::Unavailable`] if the keys cannot be reached.
    pub async fn pack(&self, append: Append) -> Result<Append, AppendError> {
        self.packing.pack(append).await
    }
}

#[async_trait]
impl<S: EventStore> EventStore for PackedStore<S> {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.inner.append(self.packing.pack(append).await?).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        let mut page = self.inner.read_stream(stream, range).await?;
        self.packing.unpack(&mut page.events).await?;
        Ok(page)
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        let mut page = self.inner.read_all(range).await?;
        self.packing.unpack(&mut page.events).await?;
        Ok(page)
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        let Some(event) = self.inner.read_event(id).await? else {
            return Ok(None);
        };
        self.unpack(event).await.map(Some)
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.inner.head().await
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        self.inner.wait_past(position).await
    }
}

#[async_trait]
impl<S: SnapshotStore> SnapshotStore for PackedStore<S> {
    async fn save_snapshot(&self, snapshot: Snapshot, keep: usize) -> Result<(), SnapshotError> {
        let packed = self.packing.pack_snapshot(snapshot).await?;
        self.inner.save_snapshot(packed, keep).await
    }

    async fn load_snapshot(
        &self,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        match self.inner.load_snapshot(stream, at_most).await? {
            Some(snapshot) => self.packing.unpack_snapshot(snapshot).await,
            None => Ok(None),
        }
    }

    async fn delete_snapshots(&self, stream: &StreamId) -> Result<(), SnapshotError> {
        self.inner.delete_snapshots(stream).await
    }
}

#[async_trait]
impl<S: CheckpointStore> CheckpointStore for PackedStore<S> {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<Position, CheckpointError> {
        self.inner.load_checkpoint(name).await
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        self.inner.save_checkpoint(name, from, to).await
    }

    async fn checkpoints(&self) -> Result<Vec<(CheckpointName, Position)>, CheckpointError> {
        self.inner.checkpoints().await
    }
}
