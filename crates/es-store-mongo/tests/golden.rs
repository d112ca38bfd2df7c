//! What was stored once is read for ever (I9): documents of each layout that this store ever wrote,
//! put into a database as they were, and read by the code of today.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

#[path = "support/options.rs"]
mod options;

use std::fs;
use std::path::PathBuf;

use es_core::testing::sample_event;
use es_core::{
    AllRange, Append, CheckpointName, CheckpointStore, EventStore, ExpectedVersion, Metadata,
    NewEvent, PayloadFlags, Position, Snapshot, SnapshotStore, StreamId, StreamVersion, Timestamp,
    TraceContext, TypeName, TypeVersion,
};
use es_store_mongo::MongoStore;
use es_store_mongo::mongodb::bson::{Bson, Document, doc};
use es_testkit::mongo::shared;
use futures_util::TryStreamExt;
use options::options;
use serde_json::Value;

const COLLECTIONS: [&str; 4] = ["events", "meta", "snapshots", "checkpoints"];
const CHECKPOINT: CheckpointName = CheckpointName::from_static("claims-by-status");

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
    let uri = database().await;
    let client = es_store_mongo::mongodb::Client::with_uri_str(&uri)
        .await
        .unwrap();
    let database = client.default_database().unwrap();
    let stored = read("layout-1.json");
    for name in COLLECTIONS {
        for document in stored[name].as_array().unwrap() {
            let document = Bson::try_from(document.clone()).unwrap();
            let document = document.as_document().unwrap().clone();
            database
                .collection(name)
                .insert_one(document)
                .await
                .unwrap();
        }
    }
    let store = MongoStore::connect_with(&uri, options()).await.unwrap();
    assert_eq!(asked(&store).await, read("layout-1.read.json"));
    // And it is gone on with.
    let append = Append::new(
        claim(),
        ExpectedVersion::Exact(StreamVersion::new(3)),
        [sample_event(99)],
    );
    let appended = store.append(append.unwrap()).await.unwrap();
    assert_eq!(appended.first_position, Position::new(6));
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
    let moved = store.save_checkpoint(&CHECKPOINT, Position::START, Position::new(4));
    moved.await.unwrap();
}

/// Makes the files of a new layout; those of an old one are never made again.
#[tokio::test]
#[ignore = "writes the golden files of a new layout"]
async fn write_the_files() {
    let uri = database().await;
    let store = MongoStore::connect_with(&uri, options()).await.unwrap();
    write(&store).await;
    let read = asked(&store).await;
    let mut stored = serde_json::Map::new();
    for name in COLLECTIONS {
        let found = store.database().collection::<Document>(name).find(doc! {});
        let documents: Vec<Document> = found.await.unwrap().try_collect().await.unwrap();
        let documents = documents
            .into_iter()
            .map(|document| Bson::Document(document).into_canonical_extjson());
        stored.insert(name.to_owned(), documents.collect());
    }
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap() + "\n";
    fs::write(file("layout-1.json"), pretty(&stored.into())).unwrap();
    fs::write(file("layout-1.read.json"), pretty(&read)).unwrap();
}
