//! Every write asks for a majority and the journal, as the server's own log has it.
//!
//! The profiler does not show what is looked for here: of an update it keeps the statement without
//! the command around it, and commits it leaves out.

use std::collections::BTreeSet;

use es_core::testing::sample_event;
use es_core::{
    CheckpointName, CheckpointStore, DocumentKind, DocumentName, DocumentStore, EventStore,
    Position, Revision, Snapshot, SnapshotStore, StreamVersion, Timestamp,
};
use es_store_mongo::mongodb::Client;
use es_store_mongo::mongodb::bson::doc;
use es_store_mongo::{MongoOptions, MongoStore};
use es_testkit::mongo::{Server, ServerOptions};
use serde_json::{Value, json};

use crate::log::{NEW, claim, exact, one_event, open, over_two};

const APP: &str = "concern";
/// The commands that take a write concern.
const WRITES: [&str; 6] = [
    "insert",
    "update",
    "delete",
    "findAndModify",
    "bulkWrite",
    "commitTransaction",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_write_asks_for_a_majority_and_its_journal() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let client = Client::with_uri_str(server.uri()).await.unwrap();
    let store = open(&server.uri_for(APP), APP, MongoOptions::default()).await;
    let everything = doc! {
        "setParameter": 1,
        "logComponentVerbosity": { "command": { "verbosity": 1 } },
    };
    let admin = client.database("admin");
    admin.run_command(everything).await.unwrap();
    write_everything(&store).await;
    let reply = admin.run_command(doc! { "getLog": "global" }).await;
    let reply = reply.unwrap();
    let lines = reply.get_array("log").unwrap().iter();
    let commands: Vec<Value> = lines
        .filter_map(|line| command_of(line.as_str().unwrap()))
        .collect();
    let mut seen = BTreeSet::new();
    for command in &commands {
        let Some(name) = WRITES.into_iter().find(|name| !command[name].is_null()) else {
            continue;
        };
        // Within a transaction it is the commit that says it, and nothing else may.
        let in_transaction = name != "commitTransaction" && !command["txnNumber"].is_null();
        let expected = match in_transaction {
            true => Value::Null,
            false => json!({ "w": "majority", "j": true }),
        };
        assert_eq!(command["writeConcern"], expected, "{name}");
        let target = command[name].as_str().unwrap_or_default();
        let prefix = if in_transaction { "transaction: " } else { "" };
        seen.insert(format!("{prefix}{name} {target}").trim_end().to_owned());
    }
    let expected = [
        "commitTransaction",
        "delete snapshots",
        "insert events",
        "transaction: insert beside",
        "transaction: insert events",
        "update checkpoints",
        "update documents",
        "update snapshots",
    ];
    assert_eq!(seen.iter().collect::<Vec<_>>(), expected);
}

async fn write_everything(store: &MongoStore) {
    store.append(one_event(1, NEW, 1)).await.unwrap();
    store.append(over_two([2, 3], NEW, 2)).await.unwrap();
    let beside = store.database().collection("beside");
    let with_row = store.append_with(one_event(1, exact(1), 4), move |session| {
        let beside = beside.clone();
        Box::pin(async move {
            let row = doc! { "_id": 1 };
            beside.insert_one(row).session(session).await.map(drop)
        })
    });
    with_row.await.unwrap();
    for version in [1, 2] {
        store.save_snapshot(snapshot(version), 1).await.unwrap();
    }
    let name = CheckpointName::new("reader").unwrap();
    for (from, to) in [(0, 1), (1, 4)] {
        let (from, to) = (Position::new(from), Position::new(to));
        store.save_checkpoint(&name, from, to).await.unwrap();
    }
    let kind = DocumentKind::from_static("rules");
    let name = DocumentName::from_static("a");
    for at in [0, 1] {
        let saved = store.save_document(&kind, &name, Revision::new(at), "text".into());
        saved.await.unwrap();
    }
}

fn snapshot(version: u64) -> Snapshot {
    let event = sample_event(version);
    Snapshot {
        stream: claim(1),
        version: StreamVersion::new(version),
        name: event.name,
        payload: event.payload,
        taken_at: Timestamp::UNIX_EPOCH,
        privacy: None,
    }
}

/// The command in a line of the log, if it is one of the store's.
fn command_of(line: &str) -> Option<Value> {
    let mut line: Value = serde_json::from_str(line).unwrap();
    let attributes = line.get_mut("attr")?;
    let is_ours = attributes["appName"] == APP && attributes["type"] == "command";
    is_ours.then(|| attributes["command"].take())
}
