//! What was stored once is read for ever (I9): documents of each layout that this store ever wrote,
//! put into a database as they were, and read by the code of today.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

#[path = "support/options.rs"]
mod options;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use es_core::chain::ChainStore;
use es_core::testing::sample_event;
use es_core::{
    AllRange, Append, CheckpointName, CheckpointStore, DocumentKind, DocumentName, DocumentStore,
    EventStore, ExpectedVersion, Metadata, NewEvent, PayloadFlags, Position, Revision, Snapshot,
    SnapshotStore, StreamId, StreamVersion, Timestamp, TraceContext, TypeName, TypeVersion,
};
use es_serde::chain::HashChain;
use es_store_mongo::MongoStore;
use es_store_mongo::mongodb::bson::{Document, doc};
use es_testkit::mongo::shared;
use futures_util::TryStreamExt;
use options::options;
use serde_json::Value;

const COLLECTIONS: [&str; 5] = ["events", "meta", "snapshots", "checkpoints", "documents"];
static KIND: DocumentKind = DocumentKind::from_static("rules");
static NAME: DocumentName = DocumentName::from_static("claims");
static CHECKPOINT: CheckpointName = CheckpointName::from_static("claims-by-status");

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn read(name: &str) -> Value {
    let text = fs::read_to_string(file(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn claim() -> StreamId {
    StreamId::new("Claim", 42).unwrap()
}

async fn database() -> String {
    let server = shared().await;
    server.uri_for(&server.database())
}

/// All that the store can be asked for, as one text.
async fn asked(store: &MongoStore) -> Value {
    let all = AllRange::after(Position::START);
    let events = store.read_all(&all).await.unwrap().events;
    let snapshot = store.load_snapshot(&claim(), StreamVersion::MAX).await;
    let checkpoint = store.load_checkpoint(&CHECKPOINT).await.unwrap();
    serde_json::json!({
        "events": events,
        "snapshot": snapshot.unwrap(),
        "checkpoint": checkpoint,
    })
}

#[tokio::test]
async fn documents_of_layout_1_are_read_as_they_were_written() {
    let store = read_as_written("layout-1").await;
    assert_eq!(store.chain_head().await.unwrap(), None);
    // And it is gone on with.
    let appended = store.append(next_append()).await.unwrap();
    assert_eq!(appended.first_position, Position::new(6));
}

#[tokio::test]
async fn a_chained_log_of_layout_1_is_read_as_it_was_written() {
    let store = read_as_written("layout-1-chained").await;
    let chain = HashChain::new(store.clone());
    let head = chain.verify(|_| {}).await.unwrap();
    assert_eq!(head.position, Position::new(5));
    store.append(next_append()).await.unwrap();
    let later = chain.verify_after(head, |_| {}).await.unwrap();
    assert_eq!(later.position, Position::new(6));

    let kept = store.load_document(&KIND, &NAME).await.unwrap().unwrap();
    assert_eq!(
        (kept.revision, &*kept.content),
        (Revision::new(2), &b"two"[..])
    );
    let saved = store.save_document(&KIND, &NAME, kept.revision, "three".into());
    assert_eq!(saved.await.unwrap(), Revision::new(3));
}

fn next_append() -> Append {
    let after = ExpectedVersion::Exact(StreamVersion::new(3));
    Append::new(claim(), after, [sample_event(99)]).unwrap()
}

/// Puts documents into a database, which must be read as they were when they were written.
async fn read_as_written(name: &str) -> MongoStore {
    let uri = database().await;
    let client = es_store_mongo::mongodb::Client::with_uri_str(&uri)
        .await
        .unwrap();
    let database = client.default_database().unwrap();
    let stored = fs::read_to_string(file(&format!("{name}.bson.hex"))).unwrap();
    for line in stored.lines() {
        let (collection, hex) = line.split_once(' ').unwrap();
        let document = Document::from_reader(&from_hex(hex)[..]).unwrap();
        let collection = database.collection(collection);
        collection.insert_one(document).await.unwrap();
    }
    let store = MongoStore::connect_with(&uri, options()).await.unwrap();
    assert_eq!(asked(&store).await, read(&format!("{name}.read.json")));
    store
}

/// Everything that a document may hold.
async fn write(store: &MongoStore) {
    let everything = Metadata::new()
        .with_correlation("correlation")
        .with_causation("causation")
        .with_actor("jane")
        .with_source("/claims")
        .with_occurred_at(Timestamp::from_micros(1_700_000_000_123_456))
        .with_trace(TraceContext {
            parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into(),
            state: Some("a=b".into()),
        })
        .with_header("a.$b", "1");
    let mut packed = sample_event(3);
    packed.payload.flags = PayloadFlags::COMPRESSED;
    packed.payload.version = TypeVersion::new(2, 1);
    let events: [NewEvent; 3] = [
        sample_event(1).with_metadata(everything.clone()),
        sample_event(2).with_metadata(everything),
        packed,
    ];
    let append = Append::new(claim(), ExpectedVersion::NoStream, events).unwrap();
    store.append(append).await.unwrap();
    let append = Append::new(
        StreamId::new("Policy", 7).unwrap(),
        ExpectedVersion::Any,
        [sample_event(4)],
    );
    let append = append
        .unwrap()
        .and(
            StreamId::new("Policy", 8).unwrap(),
            ExpectedVersion::Any,
            [sample_event(5)],
        )
        .unwrap();
    store.append(append).await.unwrap();
    let snapshot = Snapshot {
        stream: claim(),
        version: StreamVersion::new(2),
        name: TypeName::from_static("Claim"),
        payload: sample_event(6).payload,
        taken_at: Timestamp::from_micros(1_700_000_000_000_001),
        privacy: None,
    };
    store.save_snapshot(snapshot, 1).await.unwrap();
    let (from, to) = (Position::START, Position::new(4));
    store.save_checkpoint(&CHECKPOINT, from, to).await.unwrap();
    for (revision, content) in [(Revision::ABSENT, "one"), (Revision::new(1), "two")] {
        let saved = store.save_document(&KIND, &NAME, revision, content.into());
        saved.await.unwrap();
    }
}

/// Makes the files of a new layout; those of an old one are never made again.
#[tokio::test]
#[ignore = "writes the golden files of a new layout"]
async fn write_the_files() {
    const FILES: &str = "layout-1-chained";
    let uri = database().await;
    let options = options().hash_chain(true);
    let store = MongoStore::connect_with(&uri, options).await.unwrap();
    write(&store).await;
    let read = asked(&store).await;
    let mut stored = String::new();
    for name in COLLECTIONS {
        let collection = store.database().collection::<Document>(name);
        let found = collection.find(doc! {}).sort(doc! { "_id": 1 }).await;
        let documents: Vec<Document> = found.unwrap().try_collect().await.unwrap();
        for document in documents {
            writeln!(stored, "{name} {}", hex(&document.to_vec().unwrap())).unwrap();
        }
    }
    fs::write(file(&format!("{FILES}.bson.hex")), stored).unwrap();
    let read = serde_json::to_string_pretty(&read).unwrap() + "\n";
    fs::write(file(&format!("{FILES}.read.json")), read).unwrap();
}

fn hex(bytes: &[u8]) -> String {
    let mut hex = String::new();
    bytes
        .iter()
        .for_each(|byte| write!(hex, "{byte:02x}").unwrap());
    hex
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digits = (0..hex.len()).step_by(2);
    let bytes = digits.map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
    bytes.collect()
}
