//! Opening a store: what is made, what is refused, and what several processes do at once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

#[path = "support/options.rs"]
mod options;

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use es_core::testing::sample_event;
use es_core::{
    AllRange, Append, AppendError, CheckpointName, CheckpointStore, DocumentKind, DocumentName,
    DocumentStore, EventStore, ExpectedVersion, Position, ReadError, Revision, SnapshotStore,
    StreamId, StreamRange,
};
use es_store_mongo::mongodb::bson::{Document, doc};
use es_store_mongo::mongodb::{Client, Database};
use es_store_mongo::{ArchivePlan, Index, Indexes, MongoOptions, MongoStore, Namespace, OpenError};
use es_testkit::mongo::{Cluster, ClusterOptions, NodeId, Server, ServerOptions, shared};
use es_testkit::skipped;
use futures_util::TryStreamExt;
use options::{options, server_is_unsafe};

async fn fresh_uri() -> String {
    let server = shared().await;
    server.uri_for(&server.database())
}

async fn database(uri: &str) -> Database {
    let client = Client::with_uri_str(uri).await.unwrap();
    client.default_database().unwrap()
}

async fn index_names(uri: &str, collection: &str) -> Vec<String> {
    let database = database(uri).await;
    let events = database.collection::<Document>(collection);
    let mut names = events.list_index_names().await.unwrap();
    names.sort_unstable();
    names
}

fn append(stream: &str, number: u64) -> Append {
    let stream: StreamId = stream.parse().unwrap();
    Append::new(stream, ExpectedVersion::Any, [sample_event(number)]).unwrap()
}

#[tokio::test]
async fn no_index_is_made_that_nobody_asked_for() {
    let uri = fresh_uri().await;
    MongoStore::connect_with(&uri, options()).await.unwrap();
    assert_eq!(index_names(&uri, "events").await, ["_id_", "s_v", "z"]);
    let options = options().indexes(Indexes::of([Index::AppendIds]));
    MongoStore::connect_with(&uri, options).await.unwrap();
    let names = index_names(&uri, "events").await;
    assert_eq!(names, ["_id_", "append_ids", "s_v", "z"]);
}

#[tokio::test]
async fn a_server_that_may_lose_acknowledged_events_is_refused_unless_it_is_accepted() {
    let opened = MongoStore::connect(&fresh_uri().await).await;
    if server_is_unsafe() {
        let refused = opened.unwrap_err();
        assert!(
            matches!(&refused, OpenError::UnsafeServer { remedy, .. } if remedy.contains("or later")),
            "{refused:?}"
        );
    } else {
        opened.unwrap();
    }
    let accepted = MongoOptions::default().accept_unsafe_server(true);
    let uri = fresh_uri().await;
    MongoStore::connect_with(&uri, accepted).await.unwrap();
}

#[tokio::test]
async fn thirty_two_processes_may_open_an_empty_database_at_once() {
    let uri = fresh_uri().await;
    let opened: Vec<_> = (0..32)
        .map(|number| {
            let uri = uri.clone();
            thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                runtime.block_on(async {
                    let options = options()
                        .indexes(Indexes::eager())
                        .open_timeout(Duration::from_secs(30));
                    let store = MongoStore::connect_with(&uri, options).await?;
                    store.append(append("Claim/1", number)).await.unwrap();
                    store.close().await.unwrap();
                    Ok::<_, OpenError>(())
                })
            })
        })
        .collect();
    for thread in opened {
        thread.join().unwrap().unwrap();
    }
    let store = MongoStore::connect_with(&uri, options()).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position::new(32));
    let meta = database(&uri).await.collection::<Document>("meta");
    let layouts = meta.count_documents(doc! { "_id": "layout" }).await;
    assert_eq!(layouts.unwrap(), 1);
}

#[tokio::test]
async fn streams_without_a_unique_index_are_refused_with_the_remedy() {
    let uri = fresh_uri().await;
    let create = doc! {
        "createIndexes": "events",
        "indexes": [{ "name": "s_v", "key": { "s": 1, "v": 1 } }],
    };
    database(&uri).await.run_command(create).await.unwrap();
    let refused = MongoStore::connect_with(&uri, options()).await.unwrap_err();
    assert!(
        matches!(refused, OpenError::WrongIndex { .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("dropIndex"), "{refused}");
}

#[tokio::test]
async fn duplicates_in_what_is_stored_are_refused() {
    let uri = fresh_uri().await;
    let events = database(&uri).await.collection::<Document>("events");
    let twin = |id: i64| doc! { "_id": id, "s": "Claim/1", "v": 1_i64 };
    events.insert_many([twin(1), twin(2)]).await.unwrap();
    let refused = MongoStore::connect_with(&uri, options()).await.unwrap_err();
    assert!(
        matches!(refused, OpenError::Duplicates { .. }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_newer_layout_is_refused_and_left_alone() {
    let uri = fresh_uri().await;
    let meta = database(&uri).await.collection::<Document>("meta");
    let newer = doc! { "_id": "layout", "version": 99 };
    meta.insert_one(newer.clone()).await.unwrap();
    let refused = MongoStore::connect_with(&uri, options()).await.unwrap_err();
    assert!(
        matches!(refused, OpenError::NewerLayout { found: 99, .. }),
        "{refused:?}"
    );
    assert_eq!(meta.find_one(doc! {}).await.unwrap(), Some(newer));
    let collections = database(&uri).await.list_collection_names().await.unwrap();
    assert_eq!(collections, ["meta"]);
}

#[tokio::test]
async fn a_newer_layout_is_named_before_anything_that_it_may_have_changed() {
    let uri = fresh_uri().await;
    let database = database(&uri).await;
    let meta = database.collection::<Document>("meta");
    let newer = doc! { "_id": "layout", "version": 99 };
    meta.insert_one(newer).await.unwrap();
    let index = doc! {
        "createIndexes": "events",
        "indexes": [{ "name": "s_v", "key": { "s": 1, "v": 1, "x": 1 } }],
    };
    database.run_command(index).await.unwrap();
    for refused in [
        MongoStore::connect_with(&uri, options()).await.unwrap_err(),
        MongoStore::prepare(&uri, &options()).await.unwrap_err(),
    ] {
        assert!(
            matches!(refused, OpenError::NewerLayout { found: 99, .. }),
            "{refused:?}"
        );
    }
    assert_eq!(index_names(&uri, "events").await, ["_id_", "s_v"]);
    let mut collections = database.list_collection_names().await.unwrap();
    collections.sort_unstable();
    assert_eq!(collections, ["events", "meta"]);
}

/// What [`Namespace`] takes, the server takes.
#[tokio::test]
async fn a_namespace_may_have_any_name_that_is_not_refused() {
    let uri = fresh_uri().await;
    let longest = "x".repeat(64);
    for name in [
        "System", "system_", "enxcol", "tmp", "oplog", "fs", "local", "-", "_", "0", &longest,
    ] {
        let namespace = Namespace::new(name).unwrap();
        let options = options().namespace(namespace).indexes(Indexes::eager());
        let store = MongoStore::connect_with(&uri, options).await.unwrap();
        store.append(append("Claim/1", 1)).await.unwrap();
        let plan = ArchivePlan::up_to(Position::MAX);
        let archived = store.archive(&plan, |_| {}).await.unwrap();
        assert_eq!(archived.events, 1, "{name}");
    }
}

#[tokio::test]
async fn namespaces_of_one_database_share_nothing() {
    let uri = fresh_uri().await;
    let mut stores = Vec::new();
    for name in ["a", "b"] {
        let namespace = Namespace::new(name).unwrap();
        let options = options().namespace(namespace);
        stores.push(MongoStore::connect_with(&uri, options).await.unwrap());
    }
    stores[0].append(append("Claim/1", 1)).await.unwrap();
    assert_eq!(stores[0].head().await.unwrap(), Position::new(1));
    assert_eq!(stores[1].head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn a_port_where_nothing_answers_is_reported_within_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    for port in [port, closed] {
        let started = Instant::now();
        let uri = format!("mongodb://jane:s3cret@127.0.0.1:{port}/claims");
        let refused = MongoStore::connect_with(&uri, options()).await.unwrap_err();
        let took = started.elapsed();
        // It takes five; the driver alone would look for half a minute.
        assert!(took < Duration::from_secs(20), "{took:?}");
        assert!(
            matches!(refused, OpenError::Unreachable { .. }),
            "{refused:?}"
        );
        let shown = format!("{refused} {refused:?}");
        assert!(shown.contains(&port.to_string()), "{shown}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[tokio::test]
async fn another_replica_set_than_the_uri_names_is_reported() {
    if skipped("own-server") {
        return;
    }
    let server = shared().await.own();
    let uri = format!("mongodb://127.0.0.1:{}/x?replicaSet=other", server.port());
    let refused = MongoStore::connect_with(&uri, options()).await.unwrap_err();
    assert!(
        matches!(refused, OpenError::NoPrimary { .. }),
        "{refused:?}"
    );
}

/// Two of three members are down, so that the one left may not be the primary.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_set_without_a_majority_is_reported_within_seconds() {
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let uri = cluster.uri_for("claims");
    MongoStore::connect_with(&uri, options())
        .await
        .unwrap()
        .close()
        .await
        .unwrap();
    let primary = cluster.wait_steady().await.unwrap();
    let secondaries = NodeId::all().filter(|node| *node != primary);
    let secondaries: Vec<_> = secondaries.collect();
    cluster.kill(secondaries[0]);
    cluster.kill(secondaries[1]);
    // The first try may meet the old primary, before it notices that it is alone.
    for database in ["new", "claims", "new"] {
        let started = Instant::now();
        let refused = MongoStore::connect_with(&cluster.uri_for(database), options()).await;
        let took = started.elapsed();
        let refused = refused.map(drop).unwrap_err();
        assert!(
            took < Duration::from_secs(9),
            "{database}: {took:?}: {refused:?}"
        );
        assert!(
            matches!(refused, OpenError::NoPrimary { .. }),
            "{database}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn a_standalone_server_stores_single_streams_and_refuses_several() {
    if skipped("own-server") {
        return;
    }
    let mut standalone = ServerOptions::default();
    standalone.replica_set = false;
    let server = Server::start(standalone).await.unwrap();
    let store = MongoStore::connect_with(&server.uri_for("claims"), options())
        .await
        .unwrap();
    store.append(append("Claim/1", 1)).await.unwrap();
    let two = append("Claim/1", 2)
        .and(
            "Claim/2".parse().unwrap(),
            ExpectedVersion::Any,
            [sample_event(3)],
        )
        .unwrap();
    let refused = store.append(two).await;
    assert!(
        matches!(refused, Err(AppendError::Unsupported { .. })),
        "{refused:?}"
    );
    assert_eq!(store.head().await.unwrap(), Position::new(1));
}

#[tokio::test]
async fn a_closed_store_refuses_everything() {
    let uri = fresh_uri().await;
    let store = MongoStore::connect_with(&uri, options()).await.unwrap();
    store.append(append("Claim/1", 1)).await.unwrap();
    store.close().await.unwrap();
    let claim: StreamId = "Claim/1".parse().unwrap();
    let name = CheckpointName::new("consumer").unwrap();
    assert!(store.append(append("Claim/1", 2)).await.is_err());
    let stream = store.read_stream(&claim, StreamRange::all()).await;
    assert!(matches!(stream, Err(ReadError::Closed)), "{stream:?}");
    let all = store.read_all(&AllRange::after(Position::START)).await;
    assert!(matches!(all, Err(ReadError::Closed)), "{all:?}");
    assert!(store.head().await.is_err() && store.wait_past(Position::START).await.is_err());
    assert!(store.load_checkpoint(&name).await.is_err());
    assert!(store.delete_snapshots(&claim).await.is_err());
    let (kind, name) = document();
    assert!(store.load_document(&kind, &name).await.is_err());
    assert!(store.documents(&kind, None, 1).await.is_err());
    let saved = store.save_document(&kind, &name, Revision::ABSENT, "".into());
    assert!(saved.await.is_err());
}

fn document() -> (DocumentKind, DocumentName) {
    let kind = DocumentKind::from_static("rules");
    (kind, DocumentName::from_static("a"))
}

/// Databases of earlier versions lack it, and so may the rights of whoever saves no documents.
#[tokio::test]
async fn the_collection_of_documents_is_made_by_the_first_save() {
    let uri = fresh_uri().await;
    let (kind, name) = document();
    let documents = |namespace: &'static str| {
        let uri = uri.clone();
        async move {
            let all = database(&uri).await.list_collection_names().await.unwrap();
            all.contains(&format!("{namespace}.documents"))
        }
    };
    for namespace in ["a", "b"] {
        let options = options().namespace(Namespace::new(namespace).unwrap());
        let store = MongoStore::connect_with(&uri, options).await.unwrap();
        assert_eq!(store.load_document(&kind, &name).await.unwrap(), None);
        assert!(store.documents(&kind, None, 9).await.unwrap().is_empty());
        assert!(!documents(namespace).await);
        let saved = store.save_document(&kind, &name, Revision::ABSENT, namespace.into());
        saved.await.unwrap();
        assert!(documents(namespace).await);
        let found = store.load_document(&kind, &name).await.unwrap().unwrap();
        assert_eq!(found.content, namespace);
    }
}

/// However many documents of other kinds there are, a page looks at its own and nothing else.
#[tokio::test]
async fn documents_are_listed_by_their_ids_alone() {
    let uri = fresh_uri().await;
    let store = MongoStore::connect_with(&uri, options()).await.unwrap();
    for kind in ["rule", "rules", "rules/1"] {
        for name in ["a", "b", "c", "d"] {
            let (kind, name) = (
                DocumentKind::from_static(kind),
                DocumentName::from_static(name),
            );
            let saved = store.save_document(&kind, &name, Revision::ABSENT, "".into());
            saved.await.unwrap();
        }
    }
    let database = database(&uri).await;
    database.run_command(doc! { "profile": 2 }).await.unwrap();
    let (kind, after) = document();
    let listed = store.documents(&kind, Some(&after), 9).await.unwrap();
    database.run_command(doc! { "profile": 0 }).await.unwrap();
    assert_eq!(listed.len(), 3);
    let profile = database.collection::<Document>("system.profile");
    let pages = profile.find(doc! { "command.find": "documents" }).await;
    let pages: Vec<Document> = pages.unwrap().try_collect().await.unwrap();
    assert!(!pages.is_empty());
    for page in pages {
        let count = |field| page.get_i32(field).unwrap();
        assert!(count("keysExamined") <= 4, "{page:?}");
        assert_eq!(count("docsExamined"), count("nreturned"), "{page:?}");
        let plan = page.get_str("planSummary").unwrap();
        assert_eq!(plan, "IXSCAN { _id: 1 }");
    }
}
