//! Appends when the server or another process is in the way, and together with other documents.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

#[path = "support/options.rs"]
mod options;

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use es_core::testing::sample_event;
use es_core::{
    Append, AppendError, Appended, Clock, EventStore, EventStoreExt, ExpectedVersion, Metadata,
    Position, StreamId, StreamVersion, SystemClock,
};
use es_store_mongo::mongodb::bson::{Bson, Document, doc};
use es_store_mongo::mongodb::options::IndexOptions;
use es_store_mongo::mongodb::{Client, ClientSession, IndexModel};
use es_store_mongo::{MongoOptions, MongoStore};
use es_testkit::mongo::{FailPoint, shared};
use es_testkit::{Direction, FaultProxy, Link, skipped};
use futures_util::future::{FutureExt, join_all};
use options::{accept, options};

const ANY: ExpectedVersion = ExpectedVersion::Any;
const NEW: ExpectedVersion = ExpectedVersion::NoStream;

fn claim(id: u64) -> StreamId {
    StreamId::new("Claim", id).unwrap()
}

fn append(stream: StreamId, expected: ExpectedVersion, events: Range<u64>) -> Append {
    Append::new(stream, expected, events.map(sample_event)).unwrap()
}

fn one_event(stream: u64, expected: ExpectedVersion, event: u64) -> Append {
    append(claim(stream), expected, event..event + 1)
}

/// A store in a new database, under an application name of its own.
async fn store(app_name: &str, options: MongoOptions) -> (MongoStore, String) {
    let server = shared().await;
    let uri = server.uri_for(&server.database());
    let options = accept(options.app_name(app_name));
    let store = MongoStore::connect_with(&uri, options).await.unwrap();
    (store, uri)
}

/// Repeats an append for as long as that is said to help, and not for ever.
async fn until_answered(store: &MongoStore, append: &Append) -> Appended {
    for _ in 0..20 {
        match store.append(append.clone()).await {
            Ok(appended) => return appended,
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
        SystemClock.sleep(Duration::from_millis(100)).await;
    }
    panic!("append {} was never answered", append.id());
}

async fn documents(uri: &str) -> Vec<Document> {
    let client = Client::with_uri_str(uri).await.unwrap();
    let database = client.default_database().unwrap();
    let events = database.collection::<Document>("events");
    let mut cursor = events.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
    let mut found = Vec::new();
    while cursor.advance().await.unwrap() {
        found.push(cursor.deserialize_current().unwrap());
    }
    found
}

/// Tests that want the same point on the shared server wait for each other.
async fn fail_point(point: Document) -> FailPoint {
    FailPoint::set(&shared().await.uri(), point).await.unwrap()
}

/// Inserts of this application are stored, and the answer says that a majority may not have them.
async fn unconfirmed(app_name: &str, mode: impl Into<Bson>) -> FailPoint {
    let point = doc! {
        "configureFailPoint": "failCommand",
        "mode": mode.into(),
        "data": {
            "failCommands": ["insert"],
            "writeConcernError": { "code": 64, "errmsg": "waiting for replication timed out" },
            "appName": app_name,
        },
    };
    fail_point(point).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_write_is_asked_for_again_and_stored_once() {
    if skipped("fail-points") {
        return;
    }
    let (store, uri) = store("unconfirmed", MongoOptions::default()).await;
    let point = unconfirmed("unconfirmed", doc! { "times": 3 }).await;
    for version in 0..5 {
        let expected = ExpectedVersion::Exact(StreamVersion::new(version));
        let appended = store.append(one_event(1, expected, version + 1)).await;
        assert_eq!(appended.unwrap().last_position, Position::new(version + 1));
    }
    point.off().await.unwrap();
    assert_eq!(documents(&uri).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_resolved_by_repeating_whatever_is_expected() {
    if skipped("fail-points") {
        return;
    }
    let patience = MongoOptions::default().append_timeout(Duration::from_millis(300));
    let (store, uri) = store("in-doubt", patience).await;
    store.append(one_event(1, NEW, 9)).await.unwrap();
    let held_up = doc! {
        "configureFailPoint": "failCommand",
        "mode": "alwaysOn",
        "data": { "failCommands": ["insert"], "errorCode": 6, "appName": "in-doubt" },
    };
    let point = fail_point(held_up).await;
    let again = append(claim(1), ANY, 1..3);
    let unknown = store.append(again.clone()).await.unwrap_err();
    assert!(
        unknown.is_unknown() && unknown.is_retryable(),
        "{unknown:?}"
    );
    point.off().await.unwrap();
    // The committer goes on asking; whether it is done by now or not, the repeat finds out.
    let appended = until_answered(&store, &again).await;
    assert_eq!(appended.last_position, Position::new(3));
    let repeated = store.append(again).await.unwrap();
    assert!(repeated.repeated && repeated.last_position == Position::new(3));
    assert_eq!(documents(&uri).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_was_never_sent_is_unavailable_and_not_stored_later() {
    if skipped("fail-points") {
        return;
    }
    let patience = MongoOptions::default().append_timeout(Duration::from_millis(500));
    let (store, _) = store("stuck", patience).await;
    let slow = doc! {
        "configureFailPoint": "failCommand",
        "mode": "alwaysOn",
        "data": {
            "failCommands": ["insert"], "blockConnection": true, "blockTimeMS": 2_000,
            "appName": "stuck",
        },
    };
    let point = fail_point(slow).await;
    let first = tokio::spawn({
        let store = store.clone();
        async move { store.append(one_event(1, NEW, 1)).await }
    });
    point.entered(1).await.unwrap();
    let behind = store.append(one_event(2, NEW, 2)).await.unwrap_err();
    assert!(
        matches!(behind, AppendError::Unavailable { .. }),
        "{behind:?}"
    );
    assert!(first.await.unwrap().unwrap_err().is_unknown());
    point.off().await.unwrap();
    until_answered(&store, &one_event(3, ANY, 3)).await;
    let version = |stream| {
        let store = store.clone();
        async move { store.stream_version(&claim(stream)).await.unwrap() }
    };
    assert_eq!(version(1).await, StreamVersion::FIRST);
    assert_eq!(version(2).await, StreamVersion::EMPTY);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_replies_do_not_store_anything_twice() {
    if skipped("own-server") {
        return;
    }
    let server = shared().await;
    let direct = SocketAddr::from((Ipv4Addr::LOCALHOST, server.own().port()));
    let proxy = FaultProxy::start(direct).unwrap();
    let database = server.database();
    let address = proxy.address();
    let through = format!("mongodb://{address}/{database}?directConnection=true");
    let store = MongoStore::connect_with(&through, options()).await.unwrap();
    let writers = (0..8_u64).map(|writer| {
        let store = store.clone();
        async move {
            for version in 0..40 {
                let expected = ExpectedVersion::Exact(StreamVersion::new(version));
                let event = 1 + writer * 100 + version;
                store
                    .append(one_event(writer, expected, event))
                    .await
                    .unwrap();
                SystemClock.sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let storm = async {
        for _ in 0..5 {
            // Requests arrive, and the first byte of the next reply ends the connection.
            proxy.set(Direction::ToClient, Link::cut_after(0));
            SystemClock.sleep(Duration::from_millis(20)).await;
            proxy.heal();
            SystemClock.sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::join!(join_all(writers), storm);
    assert_eq!(documents(&server.uri_for(&database)).await.len(), 320);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_one_log_without_holes() {
    let (one, uri) = store("one", MongoOptions::default()).await;
    let two = MongoStore::connect_with(&uri, options()).await.unwrap();
    let writers = (0..32_u64).map(|writer| {
        let store = if writer % 2 == 0 { &one } else { &two }.clone();
        tokio::spawn(async move {
            for n in 0..20 {
                let event = 1 + writer * 1_000 + n;
                store.append(one_event(n % 4, ANY, event)).await.unwrap();
            }
        })
    });
    for done in join_all(writers).await {
        done.unwrap();
    }
    let mut next = 1;
    for document in documents(&uri).await {
        assert_eq!(document.get_i64("_id").unwrap(), next);
        next += i64::from(document.get_i32("n").unwrap());
    }
    assert_eq!(next, 641);
    for stream in 0..4 {
        let version = one.stream_version(&claim(stream)).await.unwrap();
        assert_eq!(version, StreamVersion::new(160));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_expect_the_same_version_in_two_processes_one_wins() {
    let (one, uri) = store("first", MongoOptions::default()).await;
    let two = MongoStore::connect_with(&uri, options()).await.unwrap();
    let writers = (0..64_u64).map(|writer| {
        let store = if writer % 2 == 0 { &one } else { &two }.clone();
        tokio::spawn(async move { store.append(one_event(1, NEW, writer + 1)).await })
    });
    let mut won = 0;
    for done in join_all(writers).await {
        match done.unwrap() {
            Ok(_) => won += 1,
            Err(AppendError::Conflict(conflict)) => {
                assert_eq!(conflict.actual, StreamVersion::FIRST);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!((won, documents(&uri).await.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_of_an_append_at_one_time_are_not_in_conflict_with_each_other() {
    let (store, uri) = store("copies", MongoOptions::default()).await;
    let rival = MongoStore::connect_with(&uri, options()).await.unwrap();
    for round in 0..30_u64 {
        let hot = |event: u64| one_event(0, ANY, event);
        let first = 10_000 + 100 * round;
        let rivals = (0..20).map(|n| {
            let rival = rival.clone();
            tokio::spawn(async move { rival.append(hot(first + n)).await.unwrap() })
        });
        let rivals: Vec<_> = rivals.collect();
        let this = hot(first + 50)
            .and(claim(1 + round), NEW, [sample_event(first + 51)])
            .unwrap();
        let copies = (0..8).map(|_| {
            let (store, this) = (store.clone(), this.clone());
            tokio::spawn(async move { store.append(this).await })
        });
        let mut positions = Vec::new();
        for copy in join_all(copies).await {
            positions.push(copy.unwrap().unwrap().first_position);
        }
        positions.dedup();
        assert_eq!(positions.len(), 1, "stored more than once: {positions:?}");
        join_all(rivals).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_documents_are_written_with_the_append_or_not_at_all() {
    let (store, _) = store("outbox", MongoOptions::default()).await;
    let outbox = store.database().collection::<Document>("outbox");
    let with_row = |append, row: i64| {
        let outbox = outbox.clone();
        store.append_with(append, move |session| {
            insert_row(outbox.clone(), row, session).boxed()
        })
    };
    with_row(append(claim(1), NEW, 1..3), 1).await.unwrap();
    let refused = with_row(one_event(1, NEW, 3), 2).await.unwrap_err();
    assert!(refused.is_conflict(), "{refused:?}");
    let failed = with_row(one_event(2, NEW, 4), 1).await.unwrap_err();
    assert!(
        matches!(failed, AppendError::Unavailable { .. }),
        "{failed:?}"
    );

    assert_eq!(outbox.count_documents(doc! {}).await.unwrap(), 1);
    assert_eq!(store.head().await.unwrap(), Position::new(2));
}

async fn insert_row(
    outbox: es_store_mongo::mongodb::Collection<Document>,
    n: i64,
    session: &mut ClientSession,
) -> es_store_mongo::mongodb::error::Result<()> {
    let row = doc! { "_id": n };
    outbox.insert_one(row).session(session).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_too_large_for_a_document_is_refused_before_it_is_sent() {
    let (store, uri) = store("large", MongoOptions::default()).await;
    let tiny_headers = (0..650_000).fold(Metadata::new(), |metadata, n| {
        metadata.with_header(format!("{n:x}"), "")
    });
    let event = sample_event(1).with_metadata(tiny_headers);
    let large = Append::new(claim(1), ANY, [event]).unwrap();
    let refused = store.append(large).await.unwrap_err();
    assert!(
        matches!(refused, AppendError::Unsupported { .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("16 MiB"), "{refused}");
    assert!(documents(&uri).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unique_index_of_somebody_else_stops_one_append_and_not_the_others() {
    let (store, _) = store("foreign-index", MongoOptions::default()).await;
    let events = store.database().collection::<Document>("events");
    let unique = IndexOptions::builder().unique(true).build();
    let index = IndexModel::builder()
        .keys(doc! { "e.t": 1 })
        .options(unique)
        .build();
    events.create_index(index).await.unwrap();
    // The name of a sample event is one of four.
    let appends = (0..8_u64).map(|n| {
        let store = store.clone();
        async move { store.append(one_event(n, NEW, n + 1)).await }
    });
    let stored = join_all(appends).await;
    assert_eq!(stored.into_iter().filter(Result::is_ok).count(), 4);
    assert_eq!(store.head().await.unwrap(), Position::new(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_writes_what_waits_and_refuses_what_comes_later() {
    let (store, uri) = store("closing", MongoOptions::default()).await;
    let waiting = (0..50_u64).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.append(one_event(n, NEW, n + 1)).await })
    });
    let waiting: Vec<_> = waiting.collect();
    tokio::task::yield_now().await;
    store.close().await.unwrap();
    let mut acknowledged = 0;
    for done in waiting {
        match done.await.unwrap() {
            Ok(_) => acknowledged += 1,
            Err(AppendError::Unavailable { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(documents(&uri).await.len(), acknowledged);
    let refused = store.append(one_event(99, ANY, 99)).await.unwrap_err();
    assert!(
        matches!(refused, AppendError::Unavailable { .. }),
        "{refused:?}"
    );
    // The driver's client is at its end, with no task left to run into the end of the runtime.
    assert!(store.client().list_database_names().await.is_err());
    store.close().await.unwrap();
}
