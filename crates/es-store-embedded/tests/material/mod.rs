//! What the tests of this crate share: random choices, directories, and a history to store.

#![allow(dead_code, reason = "each test uses a part of it")]

use es_core::{
    Append, CheckpointStore, CodecId, Document, DocumentKind, DocumentName, DocumentStore, EventId,
    EventStore, EventStoreExt, ExpectedVersion, Metadata, NewEvent, Payload, Position,
    RecordedEvent, Revision, Snapshot, SnapshotStore, StreamId, StreamRange, StreamVersion,
    Timestamp, TypeName, TypeVersion,
};
use es_store_embedded::EmbeddedStore;

/// Whether the long form of the tests was asked for.
pub(crate) fn slow_tier() -> bool {
    std::env::var("ES_TEST_TIER").is_ok_and(|tier| tier == "slow")
}

/// Choices that are the same for the same seed (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Choices(u64);

impl Choices {
    /// From `ES_TEST_SEED`, else from the process; says which, so that a failure can be repeated.
    pub(crate) fn seeded() -> Self {
        let given = std::env::var("ES_TEST_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| u64::from(std::process::id()) * 0x9E37_79B9);
        println!("ES_TEST_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }
}

/// A directory for tests that copy and open a store very often: in memory where there is plenty,
/// which some containers do not have.
pub(crate) fn quick_directory() -> tempfile::TempDir {
    const PLENTY: u64 = 4 << 30;
    let memory = std::path::Path::new("/dev/shm");
    let made = if free_bytes(memory) >= PLENTY {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    made.expect("a directory for the test")
}

#[cfg(unix)]
fn free_bytes(path: &std::path::Path) -> u64 {
    rustix::fs::statvfs(path).map_or(0, |space| space.f_bavail * space.f_frsize)
}

#[cfg(not(unix))]
fn free_bytes(_: &std::path::Path) -> u64 {
    0
}

pub(crate) fn copy_all(from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&target)?;
            copy_all(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

pub(crate) fn stream(n: u64) -> StreamId {
    StreamId::new("Claim", n).expect("a valid name")
}

pub(crate) fn event(id: u128, payload_bytes: usize) -> NewEvent {
    let name = ["ClaimCreated", "ClaimSubmitted", "ClaimPaid"][(id % 3) as usize];
    let data: Vec<u8> = (0..payload_bytes)
        .map(|at| (id as usize * 31 + at * 7) as u8)
        .collect();
    let payload = Payload::new(CodecId::from_static("raw"), TypeVersion::new(1, 2), data);
    NewEvent::new(
        EventId::new(uuid::Uuid::from_u128(id)),
        TypeName::from_static(name),
        payload,
    )
}

/// Everything a store serves, by every way it can be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Served {
    pub(crate) events: Vec<RecordedEvent>,
    streams: Vec<Vec<RecordedEvent>>,
    by_id: Vec<Option<RecordedEvent>>,
    snapshots: Vec<Option<Snapshot>>,
    checkpoints: Vec<(String, Position)>,
    documents: Vec<Document>,
}

/// How many streams a history has.
const STREAMS: u64 = 20;

/// Writes some appends, of one and of several streams, with snapshots and checkpoints between.
pub(crate) async fn write_history(
    store: &EmbeddedStore,
    appends: std::ops::Range<u64>,
    choices: &mut Choices,
) {
    let metadata = Metadata::new()
        .with_correlation("c-1")
        .with_header("tenant", "t-1");
    for n in appends {
        let mut make = |k: u128| {
            let id = u128::from(n) * 100 + k + 1;
            event(id, choices.below(300) as usize).with_metadata(metadata.clone())
        };
        let events: Vec<_> = (0..u128::from(n % 5) + 1).map(&mut make).collect();
        let mut append =
            Append::new(stream(n % STREAMS), ExpectedVersion::Any, events).expect("valid");
        if n % 7 == 0 {
            let second = stream((n + 1) % STREAMS);
            append = append
                .and(second, ExpectedVersion::Any, [make(50)])
                .expect("valid");
        }
        store.append(append).await.expect("appended");
        if n % 10 == 0 {
            save_extras(store, n).await;
        }
    }
}

async fn save_extras(store: &EmbeddedStore, n: u64) {
    let stream = stream(n % STREAMS);
    let version = store.stream_version(&stream).await.expect("read");
    let snapshot = Snapshot {
        stream,
        version,
        name: TypeName::from_static("Claim"),
        payload: event(u128::from(n), 100).payload,
        taken_at: Timestamp::from_micros(n as i64),
        privacy: None,
    };
    store.save_snapshot(snapshot, 2).await.expect("saved");
    let name = es_core::CheckpointName::new(format!("view-{}", n % 3)).expect("valid");
    let from = store.load_checkpoint(&name).await.expect("read");
    store
        .save_checkpoint(&name, from, Position::new(n + 1))
        .await
        .expect("saved");
}

static RULES: DocumentKind = DocumentKind::from_static("rules");

/// Saves some documents, each as often as it was saved before and once more.
pub(crate) async fn write_documents(store: &EmbeddedStore) {
    for n in 0..20_usize {
        let name = DocumentName::new(format!("rule-{n}")).expect("valid");
        let found = store.load_document(&RULES, &name).await.expect("read");
        let at = found.map_or(Revision::ABSENT, |found| found.revision);
        let content = vec![n as u8; n * 100];
        let saved = store.save_document(&RULES, &name, at, content.into());
        assert_eq!(saved.await.expect("saved"), at.next());
    }
}

/// Reads everything; an error is one that the store reports.
pub(crate) async fn read_everything(
    store: &EmbeddedStore,
) -> Result<Served, Box<dyn std::error::Error + Send + Sync>> {
    let mut events = Vec::new();
    let mut after = Position::START;
    loop {
        let page = store.read_all(&es_core::AllRange::after(after)).await?;
        events.extend(page.events);
        after = page.scanned_to;
        if page.at_end {
            break;
        }
    }
    let mut streams = Vec::new();
    let mut snapshots = Vec::new();
    for n in 0..STREAMS {
        let forward = store
            .read_stream_to_end(&stream(n), StreamRange::all())
            .await?;
        let backward = StreamRange::all().backward();
        let mut backward = store.read_stream_to_end(&stream(n), backward).await?;
        backward.reverse();
        assert_eq!(forward, backward);
        streams.push(forward);
        snapshots.push(store.load_snapshot(&stream(n), StreamVersion::MAX).await?);
    }
    let mut by_id = Vec::new();
    for event in events.iter().step_by(7) {
        by_id.push(store.read_event(event.id).await?);
    }
    let checkpoints = store.checkpoints().await?;
    let checkpoints = checkpoints
        .into_iter()
        .map(|(name, at)| (name.to_string(), at))
        .collect();
    let documents = store.documents(&RULES, None, usize::MAX).await?;
    for document in &documents {
        let found = store.load_document(&RULES, &document.name).await?;
        assert_eq!(found.as_ref(), Some(document));
    }
    Ok(Served {
        events,
        streams,
        by_id,
        snapshots,
        checkpoints,
        documents,
    })
}
