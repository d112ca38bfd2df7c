//! The hash chain on a real server: it holds whoever writes, and tells who changed what.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

#[path = "support/options.rs"]
mod options;

use es_core::testing::sample_event;
use es_core::{
    Append, AppendError, EventStore, EventStoreExt, ExpectedVersion, Position, ReadError, StreamId,
};
use es_serde::chain::{ChainError, HashChain};
use es_store_mongo::mongodb::Collection;
use es_store_mongo::mongodb::bson::{Bson, Document, doc};
use es_store_mongo::{ArchivePlan, MongoOptions, MongoStore, OpenError};
use es_testkit::mongo::shared;
use futures_util::future::join_all;
use options::{accept, options};

async fn uri() -> String {
    let server = shared().await;
    server.uri_for(&server.database())
}

async fn chained(uri: &str) -> MongoStore {
    open(uri, MongoOptions::default().hash_chain(true)).await
}

async fn open(uri: &str, options: MongoOptions) -> MongoStore {
    MongoStore::connect_with(uri, accept(options))
        .await
        .unwrap()
}

fn claim(id: u64) -> StreamId {
    StreamId::new("Claim", id).unwrap()
}

fn append(stream: u64, expected: ExpectedVersion, number: u64) -> Append {
    let events = [sample_event(number * 10), sample_event(number * 10 + 1)];
    Append::new(claim(stream), expected, events).unwrap()
}

/// Six appends of two events each.
async fn seed(store: &MongoStore) {
    for number in 1..=6 {
        let once = append(number % 2, ExpectedVersion::Any, number);
        store.append(once).await.unwrap();
    }
}

fn events(store: &MongoStore) -> Collection<Document> {
    store.database().collection("events")
}

/// Stores in several processes, as it were: some appends conflict, some write to two streams in a
/// transaction, and all lose races for positions.
#[tokio::test(flavor = "multi_thread")]
async fn it_holds_over_the_races_of_several_processes() {
    let uri = uri().await;
    let stores = [
        chained(&uri).await,
        chained(&uri).await,
        chained(&uri).await,
    ];
    let writers = (0..12_u64).map(|writer| {
        let store = stores[writer as usize % stores.len()].clone();
        tokio::spawn(async move { write(&store, writer).await })
    });
    let stored: u64 = join_all(writers)
        .await
        .into_iter()
        .map(Result::unwrap)
        .sum();
    for store in &stores {
        let head = HashChain::new(store.clone()).verify(|_| {}).await.unwrap();
        assert_eq!(head.position, Position::new(stored));
    }
}

/// Returns how many events it stored.
async fn write(store: &MongoStore, writer: u64) -> u64 {
    let mut stored = 0;
    for round in 0..25 {
        let number = writer * 100 + round;
        let once = match round % 4 {
            0 => append(0, exact_head(store).await, number),
            1 => append(1, ExpectedVersion::Any, number)
                .and(
                    claim(100 + writer),
                    ExpectedVersion::Any,
                    [sample_event(number * 10 + 2)],
                )
                .unwrap(),
            _ => append(writer, ExpectedVersion::Any, number),
        };
        let events = once.event_count() as u64;
        match store.append(once).await {
            Ok(_) => stored += events,
            Err(AppendError::Conflict(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    stored
}

/// What a stream that everybody writes to had a moment ago.
async fn exact_head(store: &MongoStore) -> ExpectedVersion {
    ExpectedVersion::Exact(store.stream_version(&claim(0)).await.unwrap())
}

#[tokio::test]
async fn a_log_is_chained_from_the_beginning_or_never() {
    let uri = uri().await;
    open(&uri, options()).await.close().await.unwrap();
    let refused = MongoStore::connect_with(&uri, options().hash_chain(true)).await;
    assert!(matches!(refused, Err(OpenError::NotChained)), "{refused:?}");
    let plain = open(&uri, options()).await;
    let error = HashChain::new(plain).head().await.unwrap_err();
    assert!(matches!(error, ChainError::NotChained), "{error:?}");
}

#[tokio::test]
async fn it_holds_when_events_are_archived_and_when_they_are_back() {
    let uri = uri().await;
    let store = open(
        &uri,
        MongoOptions::default().hash_chain(true).read_archive(true),
    )
    .await;
    seed(&store).await;
    let chain = HashChain::new(store.clone());
    let head = chain.head().await.unwrap();
    let plan = ArchivePlan::up_to(Position::new(7));
    store.archive(&plan, |_| {}).await.unwrap();
    assert_eq!(chain.verify(|_| {}).await.unwrap(), head);
    // Who does not read the archive is told so, and not that it was tampered with.
    let error = HashChain::new(chained(&uri).await).verify(|_| {}).await;
    let error = error.unwrap_err();
    assert!(
        matches!(error, ChainError::Read(ReadError::Archived { .. })),
        "{error:?}"
    );
    assert!(!error.is_tampering());
    store.restore(&plan, |_| {}).await.unwrap();
    assert_eq!(chain.verify(|_| {}).await.unwrap(), head);
}

/// Changes documents behind the store's back, and says what a verification finds.
async fn found_after(tamper: impl AsyncFnOnce(&Collection<Document>)) -> ChainError {
    let uri = uri().await;
    let store = chained(&uri).await;
    seed(&store).await;
    let head = HashChain::new(store.clone()).verify(|_| {}).await.unwrap();
    tamper(&events(&store)).await;
    store.close().await.unwrap();

    let chain = HashChain::new(chained(&uri).await);
    let against = chain.verify_against(head).await.unwrap_err();
    assert!(against.is_tampering(), "{against:?}");
    let error = chain.verify(|_| {}).await;
    error.err().unwrap_or(against)
}

fn assert_broken_at(error: &ChainError, up_to: u64) {
    match error {
        ChainError::Broken { after, up_to: end } => {
            assert_eq!((after.get(), end.get()), (up_to - 2, up_to));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_changed_payload_is_found() {
    let error = found_after(async |events| {
        let set = doc! { "$set": { "e.1.d": payload("{\"n\":999}") } };
        let changed = events.update_one(doc! { "_id": 5_i64 }, set).await;
        assert_eq!(changed.unwrap().modified_count, 1);
    })
    .await;
    assert_broken_at(&error, 6);
}

fn payload(text: &str) -> Bson {
    let subtype = es_store_mongo::mongodb::bson::spec::BinarySubtype::Generic;
    let bytes = text.as_bytes().to_vec();
    es_store_mongo::mongodb::bson::Binary { subtype, bytes }.into()
}

#[tokio::test]
async fn a_changed_time_or_actor_is_found() {
    for set in [doc! { "at": 1_i64 }, doc! { "m": { "b": "somebody else" } }] {
        let error = found_after(async |events| {
            let changed = events
                .update_one(doc! { "_id": 5_i64 }, doc! { "$set": set })
                .await;
            assert_eq!(changed.unwrap().modified_count, 1);
        })
        .await;
        assert_broken_at(&error, 6);
    }
}

#[tokio::test]
async fn swapped_contents_are_found() {
    let error = found_after(async |events| {
        let mut one = take(events, 3).await;
        let mut other = take(events, 7).await;
        let (a, b) = (one.get("e").cloned(), other.get("e").cloned());
        one.insert("e", b.unwrap());
        other.insert("e", a.unwrap());
        events.insert_many([one, other]).await.unwrap();
    })
    .await;
    assert_broken_at(&error, 4);
}

async fn take(events: &Collection<Document>, position: i64) -> Document {
    let taken = events.find_one_and_delete(doc! { "_id": position }).await;
    taken.unwrap().unwrap()
}

#[tokio::test]
async fn a_removed_append_is_found() {
    let in_the_middle = found_after(async |events| drop(take(events, 5).await)).await;
    assert!(in_the_middle.is_tampering());
    let at_the_end = found_after(async |events| drop(take(events, 11).await)).await;
    assert!(
        matches!(at_the_end, ChainError::Removed { .. }),
        "{at_the_end:?}"
    );
}

#[tokio::test]
async fn a_removed_or_foreign_hash_is_found() {
    let removed = found_after(async |events| {
        let unset = doc! { "$unset": { "h": "" } };
        events
            .update_one(doc! { "_id": 5_i64 }, unset)
            .await
            .unwrap();
    })
    .await;
    assert!(removed.is_tampering(), "{removed:?}");
    let foreign = found_after(async |events| {
        let before = events
            .find_one(doc! { "_id": 3_i64 })
            .await
            .unwrap()
            .unwrap();
        let set = doc! { "$set": { "h": before.get("h").unwrap() } };
        events.update_one(doc! { "_id": 5_i64 }, set).await.unwrap();
    })
    .await;
    assert_broken_at(&foreign, 6);
}
