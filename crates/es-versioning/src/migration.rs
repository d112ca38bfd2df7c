//! Copying a history into another namespace, changed on the way: for changes that upcasting cannot
//! carry, as other streams, or formats that are to go.

mod error;
mod outcome;
mod transform;
mod verify;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use es_core::{
    AllRange, Append, EventStore, EventStoreExt, ExpectedVersion, MAX_APPEND_BYTES, NewEvent,
    Position, RecordedEvent, StreamId, StreamVersion,
};

pub use self::error::MigrationError;
pub use self::outcome::{Migrated, MigrationProgress, Verified};
pub use self::transform::Transform;

use self::outcome::{came_from, mark};

/// How many streams' versions are kept in memory.
const KNOWN_VERSIONS: usize = 100_000;

/// A copy of one store's history into another store, event by event through a [`Transform`].
///
/// - The copy is in the order of the source. An event keeps its id and metadata; the time at which
///   it was recorded becomes the time at which it happened, unless it names one.
/// - Each event carries the header `es-migrated-from`, the position it came from, which makes the
///   copy **resumable**: [`run`](Self::run) goes on after the last event of the target, whatever
///   ended the run before it.
/// - Nobody else may write into the target meanwhile; that is noticed, and refused. The source may
///   grow: run it again until the rest is small, stop the writers, run it once more, verify, and let
///   the programs open the target.
/// - **Encrypted** content is bound to its stream, id, type and version. Copy it as it is, on the
///   store under the one that encrypts; a transform that moves it is refused. To change personal
///   content, read through `PackedStore` and set [`NewEvent::privacy`] again.
///
/// ```
/// # use es_core::{Append, EventStore, ExpectedVersion, RecordedEvent, StreamId, memory::MemoryStore};
/// # use es_core::testing::{run, sample_event};
/// use es_versioning::migration::{Migrated, Migration};
///
/// # run(async {
/// let (old, new) = (MemoryStore::new(), MemoryStore::new());
/// # let claim = StreamId::new("Claim", 42)?;
/// # old.append(Append::new(claim, ExpectedVersion::Any, [sample_event(1)])?).await?;
/// let to_cases = |event: &RecordedEvent| {
///     let stream = StreamId::new("Case", event.stream.id())?;
///     Ok(vec![Migrated::same(event).to_stream(stream)])
/// };
/// let migration = Migration::new(old, new.clone(), to_cases);
/// assert_eq!(migration.run(|_| {}).await?.written, 1);
/// assert_eq!(migration.run(|_| {}).await?.written, 0);
/// assert_eq!(migration.verify(|_| {}).await?.written, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Migration {
    from: Arc<dyn EventStore>,
    to: Arc<dyn EventStore>,
    transform: Arc<dyn Transform>,
    events_per_append: usize,
    several_streams: bool,
}

impl Migration {
    /// A copy from one store into another.
    pub fn new(
        from: impl EventStore + 'static,
        to: impl EventStore + 'static,
        transform: impl Transform + 'static,
    ) -> Self {
        Self {
            from: Arc::new(from),
            to: Arc::new(to),
            transform: Arc::new(transform),
            events_per_append: 1_000,
            several_streams: true,
        }
    }

    /// Appends to one stream at a time: for a target that cannot append to several, and slower.
    #[must_use]
    pub fn one_stream_at_a_time(mut self) -> Self {
        self.several_streams = false;
        self
    }

    /// Appends at most about so many events at once; 1,000 by default.
    #[must_use]
    pub fn with_events_per_append(mut self, events: usize) -> Self {
        self.events_per_append = events.clamp(1, 4_000);
        self
    }

    /// Copies what is not copied yet; `progress` is told after each append.
    ///
    /// # Errors
    /// See [`MigrationError`]. What was appended stays, and the next run goes on after it.
    ///
    /// # Cancel safety
    /// A dropped run may or may not have made its last append; the next run finds out.
    pub async fn run(
        &self,
        mut progress: impl FnMut(MigrationProgress),
    ) -> Result<MigrationProgress, MigrationError> {
        let mut done = MigrationProgress::from(self.resume_after().await?);
        let mut versions = Versions::default();
        loop {
            done.head = self.from.head().await?;
            let page = self.from.read_all(&AllRange::after(done.position)).await?;
            let mut batch = Batch::default();
            for event in &page.events {
                let outputs = self.outputs(event)?;
                if !batch.takes(self, &outputs) {
                    done.written += self.append(&mut batch, &mut versions).await?;
                    progress(done);
                }
                done.read += 1;
                done.dropped += u64::from(outputs.is_empty());
                done.position = event.position;
                batch.add(outputs);
            }
            done.written += self.append(&mut batch, &mut versions).await?;
            done.position = page.scanned_to.max(done.position);
            progress(done);
            if page.at_end && page.events.is_empty() {
                return Ok(done);
            }
        }
    }

    /// Compares the target with what the source is transformed to, event by event; `progress` is
    /// told after each page.
    ///
    /// # Errors
    /// [`MigrationError::Differs`] with the first difference; otherwise see there.
    pub async fn verify(
        &self,
        progress: impl FnMut(MigrationProgress),
    ) -> Result<Verified, MigrationError> {
        verify::verify(self, progress).await
    }

    /// The position in the source of the last event in the target.
    async fn resume_after(&self) -> Result<Position, MigrationError> {
        let head = self.to.head().await?;
        if head == Position::START {
            return Ok(Position::START);
        }
        let last = AllRange::after(head.previous()).until(head);
        let page = self.to.read_all(&last).await?;
        let from = page
            .events
            .last()
            .and_then(|event| came_from(&event.metadata));
        from.ok_or(MigrationError::Foreign { position: head })
    }

    /// What becomes of an event, marked with where it came from.
    fn outputs(&self, event: &RecordedEvent) -> Result<Vec<Migrated>, MigrationError> {
        let position = event.position;
        let refused = |source| MigrationError::Transform { position, source };
        let outputs = self.transform.transform(event).map_err(refused)?;
        if event.payload.flags.bits() != 0 && !outputs.iter().all(|output| output.is_at(event)) {
            return Err(MigrationError::Sealed { position });
        }
        Ok(outputs
            .into_iter()
            .map(|output| mark(output, event))
            .collect())
    }

    async fn append(
        &self,
        batch: &mut Batch,
        versions: &mut Versions,
    ) -> Result<u64, MigrationError> {
        let batch = std::mem::take(batch);
        let mut append: Option<Append> = None;
        for (stream, events) in batch.streams {
            let expected = versions.expected(&*self.to, &stream).await?;
            versions.grow(&stream, events.len() as u64);
            append = Some(match append {
                None => Append::new(stream, expected, events)?,
                Some(append) => append.and(stream, expected, events)?,
            });
        }
        if let Some(append) = append {
            self.to.append(append).await?;
        }
        Ok(batch.events as u64)
    }
}

impl fmt::Debug for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Migration")
            .field("from", &self.from)
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// Events for one append: whole outputs of source events, in order.
#[derive(Default)]
struct Batch {
    streams: Vec<(StreamId, Vec<NewEvent>)>,
    events: usize,
    bytes: usize,
}

impl Batch {
    /// Whether these may be added without changing the order or passing a limit.
    fn takes(&self, migration: &Migration, outputs: &[Migrated]) -> bool {
        const STREAMS: usize = 200;
        let bytes: usize = outputs.iter().map(Migrated::bytes).sum();
        let fits = self.events + outputs.len() <= migration.events_per_append
            && self.bytes + bytes <= MAX_APPEND_BYTES / 2;
        let mut last = self.streams.last().map(|(stream, _)| stream);
        let mut streams = self.streams.len();
        for output in outputs {
            let goes_on = last == Some(&output.stream);
            let is_new = self
                .streams
                .iter()
                .all(|(known, _)| *known != output.stream);
            let may_begin = streams == 0 || (migration.several_streams && streams < STREAMS);
            if !(goes_on || (is_new && may_begin)) {
                return false;
            }
            streams += usize::from(!goes_on);
            last = Some(&output.stream);
        }
        self.events == 0 || fits
    }

    fn add(&mut self, outputs: Vec<Migrated>) {
        for output in outputs {
            self.events += 1;
            self.bytes += output.bytes();
            match self.streams.last_mut() {
                Some((stream, events)) if *stream == output.stream => events.push(output.event),
                _ => self.streams.push((output.stream, vec![output.event])),
            }
        }
    }
}

/// The versions of the target's streams, as far as they are known.
#[derive(Default)]
struct Versions(HashMap<StreamId, StreamVersion>);

impl Versions {
    async fn expected(
        &mut self,
        store: &dyn EventStore,
        stream: &StreamId,
    ) -> Result<ExpectedVersion, MigrationError> {
        if let Some(known) = self.0.get(stream) {
            return Ok(ExpectedVersion::Exact(*known));
        }
        let version = store.stream_version(stream).await?;
        if self.0.len() >= KNOWN_VERSIONS {
            self.0.clear();
        }
        self.0.insert(stream.clone(), version);
        Ok(match version.is_empty() {
            true => ExpectedVersion::NoStream,
            false => ExpectedVersion::Exact(version),
        })
    }

    fn grow(&mut self, stream: &StreamId, events: u64) {
        if let Some(version) = self.0.get_mut(stream) {
            *version = StreamVersion::new(version.get() + events);
        }
    }
}
