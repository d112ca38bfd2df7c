//! Reading what somebody tampered with, and filters with and without their indexes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

#[path = "support/options.rs"]
mod options;

use es_core::testing::sample_event;
use es_core::{
    AllRange, Append, EventFilter, EventStore, ExpectedVersion, Metadata, Position, ReadError,
    RecordedEvent, StreamId, StreamRange, StreamVersion,
};
use es_store_mongo::mongodb::bson::{Document, doc};
use es_store_mongo::mongodb::options::{CollectionOptions, WriteConcern};
use es_store_mongo::mongodb::{Client, Collection};
use es_store_mongo::{Index, Indexes, MongoStore};
use es_testkit::mongo::shared;
use options::options;

async fn opened(indexes: Indexes) -> (MongoStore, Collection<Document>, String) {
    let server = shared().await;
    let uri = server.uri_for(&server.database());
    let options = options().indexes(indexes);
    let store = MongoStore::connect_with(&uri, options).await.unwrap();
    let client = Client::with_uri_str(&uri).await.unwrap();
    // What only the primary has yet, no store reads; and up to 4.4 that is the default.
    let majority = CollectionOptions::builder().write_concern(WriteConcern::majority());
    let database = client.default_database().unwrap();
    let events = database.collection_with_options("events", majority.build());
    (store, events, uri)
}

fn claim() -> StreamId {
    "Claim/1".parse().unwrap()
}

/// Ten appends of three events.
async fn thirty_events(store: &MongoStore) {
    for round in 0..10 {
        let events = (0..3).map(|number| sample_event(round * 3 + number));
        let append = Append::new(claim(), ExpectedVersion::Any, events).unwrap();
        store.append(append).await.unwrap();
    }
}

async fn everything(store: &MongoStore, mut range: AllRange) -> Vec<RecordedEvent> {
    let mut all = Vec::new();
    loop {
        let page = store.read_all(&range).await.unwrap();
        all.extend(page.events);
        range.after = page.scanned_to;
        if page.at_end {
            return all;
        }
    }
}

#[tokio::test]
async fn a_deleted_document_is_a_hole_and_never_read_over() {
    let (store, events, uri) = opened(Indexes::minimal()).await;
    thirty_events(&store).await;
    events.delete_one(doc! { "_id": 13_i64 }).await.unwrap();
    // Without the newest events in memory.
    let store = MongoStore::connect_with(&uri, options()).await.unwrap();
    let all = store.read_all(&AllRange::after(Position::START)).await;
    assert!(matches!(all, Err(ReadError::Hole { .. })), "{all:?}");
    for range in [StreamRange::all(), StreamRange::all().backward()] {
        let stream = store.read_stream(&claim(), range).await;
        assert!(matches!(stream, Err(ReadError::Hole { .. })), "{stream:?}");
    }
    let before = store
        .read_stream(&claim(), StreamRange::all().to(StreamVersion::new(12)))
        .await;
    assert_eq!(before.unwrap().events.len(), 12);
}

#[tokio::test]
async fn a_document_that_was_changed_by_hand_is_reported_as_damage() {
    let (store, events, uri) = opened(Indexes::minimal()).await;
    thirty_events(&store).await;
    for change in [
        doc! { "$set": { "e.1.d": "text" } },
        doc! { "$pop": { "e": 1 } },
        doc! { "$set": { "n": 2 } },
        doc! { "$unset": { "e": 1 } },
    ] {
        let id = doc! { "_id": 4_i64 };
        let before = events.find_one(id.clone()).await.unwrap().unwrap();
        events.update_one(id.clone(), change.clone()).await.unwrap();
        let fresh = MongoStore::connect_with(&uri, options()).await.unwrap();
        let page = fresh.read_all(&AllRange::after(Position::START)).await;
        let reported = matches!(
            page,
            Err(ReadError::Corrupt { .. } | ReadError::Hole { .. })
        );
        assert!(reported, "{change}: {page:?}");
        events.replace_one(id, before).await.unwrap();
    }
    assert_eq!(
        store
            .read_stream(&claim(), StreamRange::all())
            .await
            .unwrap()
            .events
            .len(),
        30
    );
}

#[tokio::test]
async fn a_filter_gives_the_same_with_and_without_its_index() {
    let (plain, _, uri) = opened(Indexes::minimal()).await;
    for round in 0..200_u64 {
        let metadata = Metadata::new().with_correlation(format!("process-{}", round % 7));
        let own = Metadata::new().with_correlation(format!("process-{}", round % 5));
        let stream = StreamId::new(["Claim", "Policy"][round as usize % 2], round % 11).unwrap();
        let events = [
            sample_event(round * 3).with_metadata(metadata.clone()),
            sample_event(round * 3 + 1).with_metadata(own),
            sample_event(round * 3 + 2).with_metadata(metadata),
        ];
        let append = Append::new(stream, ExpectedVersion::Any, events).unwrap();
        plain.append(append).await.unwrap();
    }
    let options = options().indexes(Indexes::eager());
    let indexed = MongoStore::connect_with(&uri, options).await.unwrap();
    let all = everything(&indexed, AllRange::after(Position::START)).await;
    let name = all[0].name.clone();
    for filter in [
        EventFilter::all().category("Policy"),
        EventFilter::all().name(name.clone()),
        EventFilter::all().correlation("process-3"),
        EventFilter::all()
            .correlation("process-6")
            .category("Claim"),
        EventFilter::all().correlation("process-1").name(name),
        EventFilter::all().correlation("process-9"),
    ] {
        for after in [0, 1, 2, 300, 599, 600] {
            for limit in [1, 7, 5_000] {
                let range = AllRange::after(Position::new(after)).filter(filter.clone());
                let due = all.iter().filter(|event| event.position.get() > after);
                let due: Vec<_> = due.filter(|event| filter.matches(event)).collect();
                for store in [&plain, &indexed] {
                    let read = everything(store, range.clone().limit(limit)).await;
                    assert_eq!(read.iter().collect::<Vec<_>>(), due, "{range:?}, {limit}");
                }
            }
        }
    }
}

#[tokio::test]
async fn an_event_is_found_by_id_only_with_the_index_that_this_needs() {
    let (store, _, uri) = opened(Indexes::minimal()).await;
    thirty_events(&store).await;
    let wanted = sample_event(7).id;
    let refused = store.read_event(wanted).await;
    assert!(
        matches!(refused, Err(ReadError::Unsupported { .. })),
        "{refused:?}"
    );
    let options = options().indexes(Indexes::of([Index::EventIds]));
    let store = MongoStore::connect_with(&uri, options).await.unwrap();
    let found = store.read_event(wanted).await.unwrap().unwrap();
    assert_eq!((found.id, found.position), (wanted, Position::new(8)));
}

#[tokio::test]
async fn a_lazy_index_is_made_once_it_is_wanted() {
    let (store, events, uri) = opened(Indexes::minimal()).await;
    thirty_events(&store).await;
    // One that has to ask the server, since it has nothing in memory.
    let options = options().indexes(Indexes::lazy());
    let store = MongoStore::connect_with(&uri, options).await.unwrap();
    let before = events.list_index_names().await.unwrap();
    assert!(!before.contains(&"categories".to_owned()), "{before:?}");
    let range = AllRange::after(Position::START).filter(EventFilter::all().category("Claim"));
    for _ in 0..1_000 {
        assert_eq!(everything(&store, range.clone()).await.len(), 30);
        let names = events.list_index_names().await.unwrap();
        if names.contains(&"categories".to_owned()) {
            return;
        }
    }
    panic!("the index was not made");
}

#[tokio::test]
async fn whatever_the_size_of_the_pages_a_scan_gives_each_event_once() {
    let (store, _, uri) = opened(Indexes::minimal()).await;
    for round in 0..300_u64 {
        let events = (0..=round % 9).map(|number| sample_event(round * 10 + number));
        let stream = StreamId::new("Claim", round % 17).unwrap();
        let append = Append::new(stream, ExpectedVersion::Any, events).unwrap();
        store.append(append).await.unwrap();
    }
    let head = store.head().await.unwrap().get();
    let options = options().tail_bytes(0);
    let store = MongoStore::connect_with(&uri, options).await.unwrap();
    for limit in [1, 2, 5, 13, 100, 1_000, 5_000] {
        let all = everything(&store, AllRange::after(Position::START).limit(limit)).await;
        let positions: Vec<u64> = all.iter().map(|event| event.position.get()).collect();
        assert_eq!(
            positions,
            (1..=head).collect::<Vec<_>>(),
            "pages of {limit}"
        );
    }
}
