//! Archiving: what stays the same, what is refused, and that nothing is lost however a run ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

#[path = "support/options.rs"]
mod options;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use es_core::testing::{ManualClock, sample_event};
use es_core::{
    AllRange, Append, Appended, CodecId, EventFilter, EventStore, EventStoreExt, ExpectedVersion,
    Metadata, Payload, Place, Position, ReadError, RecordedEvent, StreamId, StreamRange,
    StreamVersion, Timestamp, TypeVersion,
};
use es_store_mongo::mongodb::Collection;
use es_store_mongo::mongodb::bson::{Document, RawDocumentBuf, doc};
use es_store_mongo::{
    ArchiveError, ArchivePlan, ArchiveProgress, Index, Indexes, MongoOptions, MongoStore,
};
use es_testkit::mongo::shared;
use futures_util::TryStreamExt;
use futures_util::future::join_all;
use options::{accept, options};

const DAY: Duration = Duration::from_secs(86_400);

async fn uri() -> String {
    let server = shared().await;
    server.uri_for(&server.database())
}

async fn store(uri: &str, options: MongoOptions) -> MongoStore {
    MongoStore::connect_with(uri, accept(options))
        .await
        .unwrap()
}

async fn reading_archive(uri: &str) -> MongoStore {
    store(uri, MongoOptions::default().read_archive(true)).await
}

fn claim(id: u64) -> StreamId {
    StreamId::new("Claim", id).unwrap()
}

/// The append number `number`: to one of five streams, or to two of them.
fn append(number: u64) -> Append {
    let events = |from: u64, count: u64| {
        (from..from + count).map(move |event| {
            let metadata = Metadata::new().with_correlation(format!("c{}", number % 3));
            sample_event(number * 100 + event).with_metadata(metadata)
        })
    };
    let any = ExpectedVersion::Any;
    let one = Append::new(claim(number % 5), any, events(0, number % 4 + 1)).unwrap();
    if number % 6 == 5 {
        let other = StreamId::new("Policy", number % 2).unwrap();
        one.and(other, any, events(50, 2)).unwrap()
    } else {
        one
    }
}

async fn seed(store: &MongoStore, numbers: std::ops::Range<u64>) -> Vec<Appended> {
    let mut appended = Vec::new();
    for number in numbers {
        appended.push(store.append(append(number)).await.unwrap());
    }
    appended
}

/// Everything from a position on, as pages give it.
async fn everything(store: &MongoStore, after: Position) -> Result<Vec<RecordedEvent>, ReadError> {
    let mut events = store.subscribe(after, EventFilter::all());
    let mut all = Vec::new();
    while let Some(page) = events.catch_up().await? {
        all.extend(page);
    }
    Ok(all)
}

async fn all(store: &MongoStore) -> Vec<RecordedEvent> {
    everything(store, Position::START).await.unwrap()
}

async fn history(store: &MongoStore, stream: &StreamId) -> Vec<RecordedEvent> {
    let mut range = Some(StreamRange::all());
    let mut all = Vec::new();
    while let Some(part) = range {
        let page = store.read_stream(stream, part).await.unwrap();
        all.extend(page.events);
        range = page.rest;
    }
    all
}

/// The documents as they are stored.
async fn raw(store: &MongoStore) -> Vec<RawDocumentBuf> {
    let events: Collection<RawDocumentBuf> = store.database().collection("events");
    let found = events.find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
    found.try_collect().await.unwrap()
}

async fn stubs(store: &MongoStore) -> u64 {
    let events: Collection<Document> = store.database().collection("events");
    events.count_documents(doc! { "z": true }).await.unwrap()
}

fn silent(_: ArchiveProgress) {}

fn assert_archived_at(error: &ReadError, position: u64) {
    let ReadError::Archived {
        position: at,
        remedy,
    } = error
    else {
        panic!("not the expected error: {error:?}");
    };
    assert_eq!(at.get(), position);
    assert!(remedy.contains("read_archive"), "{remedy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_archived_reads_the_same_with_the_switch_and_is_refused_without_it() {
    let uri = uri().await;
    let writer = store(&uri, MongoOptions::default()).await;
    seed(&writer, 0..60).await;
    let before = all(&writer).await;
    let claims = history(&writer, &claim(1)).await;
    let cut = before[70].position;
    let done = writer
        .archive(&ArchivePlan::up_to(cut), silent)
        .await
        .unwrap();
    assert!(done.position <= cut && done.position.get() > cut.get() - 8);
    assert_eq!(done.events, done.position.get());
    assert_eq!(stubs(&writer).await, done.documents);

    let with = reading_archive(&uri).await;
    assert!(all(&with).await == before);
    assert!(history(&with, &claim(1)).await == claims);
    for after in 0..before.len() {
        let range = AllRange::after(Position::new(after as u64)).limit(9);
        let page = with.read_all(&range).await.unwrap();
        let end = usize::try_from(page.scanned_to.get()).unwrap();
        assert!(
            end > after && page.events == before[after..end],
            "after {after}"
        );
    }
    let mut backward = claims.clone();
    backward.reverse();
    let range = StreamRange::all().backward();
    let page = with.read_stream(&claim(1), range).await.unwrap();
    assert!(page.events == backward[..page.events.len()] && !page.events.is_empty());

    let without = store(&uri, MongoOptions::default()).await;
    let error = everything(&without, Position::START).await.unwrap_err();
    assert_archived_at(&error, 1);
    let error = without.read_stream(&claim(1), StreamRange::all()).await;
    assert!(matches!(error, Err(ReadError::Archived { .. })));
    let rest = everything(&without, done.position).await.unwrap();
    assert!(rest == before[done.position.get() as usize..]);
    let last = claims.last().unwrap().version;
    let tail = StreamRange::all().from(last);
    let page = without.read_stream(&claim(1), tail).await.unwrap();
    assert!(page.events == claims[claims.len() - 1..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_and_ids_find_what_is_archived_and_never_skip_it_unseen() {
    let uri = uri().await;
    let indexed = || MongoOptions::default().indexes(Indexes::eager());
    let writer = store(&uri, indexed()).await;
    seed(&writer, 0..40).await;
    let before = all(&writer).await;
    // Opened before there is an archive.
    let without = store(&uri, indexed()).await;
    let with = store(&uri, indexed().read_archive(true)).await;
    let cut = before[before.len() / 2].position;
    writer
        .archive(&ArchivePlan::up_to(cut), silent)
        .await
        .unwrap();

    let names = before[0].name.clone();
    for filter in [
        EventFilter::all().category("Policy"),
        EventFilter::all().correlation("c1"),
        EventFilter::all().name(names),
        EventFilter::all().category("Claim").correlation("c2"),
        EventFilter::all().recorded_from(before[3].recorded_at),
    ] {
        let expected: Vec<_> = before
            .iter()
            .filter(|event| filter.matches(event))
            .collect();
        let mut events = with.subscribe(Position::START, filter.clone());
        let mut found = Vec::new();
        while let Some(page) = events.catch_up().await.unwrap() {
            found.extend(page);
        }
        assert!(found.iter().collect::<Vec<_>>() == expected, "{filter:?}");
        let mut events = without.subscribe(Position::START, filter.clone());
        let error = events.catch_up().await.unwrap_err();
        assert!(
            matches!(error, ReadError::Archived { .. }),
            "{filter:?}: {error}"
        );
    }
    for event in [&before[0], &before[before.len() - 1]] {
        let found = with.read_event(event.id).await.unwrap();
        assert!(found.as_ref() == Some(event), "{}", event.position);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_repeats_and_conflicts_go_on_as_if_nothing_had_been_archived() {
    let uri = uri().await;
    let options = || MongoOptions::default().indexes(Indexes::of([Index::AppendIds]));
    let writer = store(&uri, options()).await;
    let appended = seed(&writer, 0..30).await;
    let head = writer.head().await.unwrap();
    writer
        .archive(&ArchivePlan::up_to(head), silent)
        .await
        .unwrap();
    assert_eq!(writer.head().await.unwrap(), head);
    // A store that knows nothing yet.
    let fresh = store(&uri, options()).await;
    assert_eq!(fresh.head().await.unwrap(), head);
    for (number, first) in (0..30).zip(&appended) {
        let again = fresh.append(append(number)).await;
        let expected = Appended {
            repeated: true,
            ..first.clone()
        };
        assert_eq!(again.unwrap(), expected, "append {number}");
    }
    let first = Append::new(claim(0), ExpectedVersion::NoStream, [sample_event(9_000)]).unwrap();
    let error = fresh.append(first).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
    let versions = appended.iter().flat_map(|appended| &appended.streams);
    let last = versions
        .filter(|written| written.stream == claim(0))
        .map(|written| written.last_version)
        .max()
        .unwrap();
    let expected = ExpectedVersion::Exact(last);
    let next = Append::new(claim(0), expected, [sample_event(9_001)]).unwrap();
    let next = fresh.append(next).await.unwrap();
    assert_eq!(next.first_position, head.next());
    let tail = everything(&fresh, head).await.unwrap();
    assert_eq!((tail.len(), tail[0].version), (1, last.next()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retention_period_takes_what_is_older_by_the_clock_of_the_store() {
    let uri = uri().await;
    let start = Timestamp::from_micros(1_700_000_000_000_000);
    let clock = Arc::new(ManualClock::at(start));
    // Nothing is kept in memory, so that reads show what is stored.
    let options = MongoOptions::default()
        .clock(Arc::clone(&clock) as _)
        .tail_bytes(0);
    let store = store(&uri, options).await;
    for day in 0..10 {
        seed(&store, day * 10..day * 10 + 10).await;
        clock.advance(DAY);
    }
    let events = all(&store).await;
    for (age, days) in [(20, 0), (10, 1), (7, 4), (7, 4), (1, 10)] {
        let plan = ArchivePlan::older_than(DAY * age - DAY / 2);
        let done = store.archive(&plan, silent).await.unwrap();
        let old = |event: &&RecordedEvent| event.recorded_at < start.plus(DAY * days);
        let old = events.iter().filter(old).count() as u64;
        let error = everything(&store, Position::new(old.saturating_sub(1))).await;
        assert_eq!(error.is_err(), old > 0, "{age} days: {done:?}");
        assert!(everything(&store, Position::new(old)).await.is_ok());
    }
    let per_day = store.events_per_day(12).await.unwrap();
    let counted: Vec<_> = per_day.iter().map(|day| day.events).collect();
    assert_eq!(counted.iter().sum::<u64>(), events.len() as u64);
    assert_eq!(counted[..2], [0, 0], "nothing was there yet");
    assert!(
        counted[2..].iter().all(|events| *events >= 10),
        "{counted:?}"
    );

    let plan = ArchivePlan::recorded_before(start.plus(DAY * 2));
    let done = store.restore(&plan, silent).await.unwrap();
    let young = events
        .iter()
        .find(|event| event.recorded_at >= start.plus(DAY * 2));
    assert_eq!(done.events, young.unwrap().position.get() - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn single_streams_can_be_archived_and_restored() {
    let uri = uri().await;
    let store = reading_archive(&uri).await;
    seed(&store, 0..40).await;
    let (before, documents) = (all(&store).await, raw(&store).await);
    let plan = ArchivePlan::streams([claim(2), claim(77), claim(3)]).batch_documents(3);
    let done = store.archive(&plan, silent).await.unwrap();
    let meant = |event: &&RecordedEvent| [claim(2), claim(3)].contains(&event.stream);
    assert_eq!(done.events, before.iter().filter(meant).count() as u64);
    assert!(all(&store).await == before);
    let without = MongoStore::connect_with(&uri, options()).await.unwrap();
    assert!(history(&without, &claim(1)).await == history(&store, &claim(1)).await);
    let refused = without.read_stream(&claim(2), StreamRange::all()).await;
    assert!(matches!(refused, Err(ReadError::Archived { .. })));

    let restored = store.restore(&plan, silent).await.unwrap();
    assert_eq!(restored.events, done.events);
    assert!(raw(&store).await == documents, "byte for byte");
    assert_eq!(store.restore(&plan, silent).await.unwrap().documents, 0);
    assert_eq!(store.archive(&plan, silent).await.unwrap(), done);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_restored_is_archived_by_the_next_run_by_position() {
    let uri = uri().await;
    let store = reading_archive(&uri).await;
    seed(&store, 0..30).await;
    let head = store.head().await.unwrap();
    let everything = ArchivePlan::up_to(head);
    let first = store.archive(&everything, silent).await.unwrap();
    let one = ArchivePlan::streams([claim(1)]);
    let restored = store.restore(&one, silent).await.unwrap();
    assert!(restored.documents > 0);
    let again = store.archive(&everything, silent).await.unwrap();
    assert_eq!(again.documents, restored.documents);
    assert_eq!(stubs(&store).await, first.documents);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_serves_as_the_archive() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    let uri = uri().await;
    let writer = store(&uri, MongoOptions::default()).await;
    seed(&writer, 0..50).await;
    let (before, documents) = (all(&writer).await, raw(&writer).await);
    let plan = ArchivePlan::up_to(before[60].position).to_file(&path);
    let done = writer
        .archive(&plan.clone().batch_documents(7), silent)
        .await
        .unwrap();
    let size = std::fs::metadata(&path).unwrap().len();
    assert_eq!(size, done.bytes);

    let without_file = reading_archive(&uri).await;
    let error = everything(&without_file, Position::START)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("archive_file"), "{error}");
    let options = || {
        MongoOptions::default()
            .read_archive(true)
            .archive_file(&path)
    };
    let with = store(&uri, options()).await;
    assert!(all(&with).await == before);
    // What is archived after it was opened is found as well.
    let more = ArchivePlan::up_to(before[80].position).to_file(&path);
    writer.archive(&more, silent).await.unwrap();
    assert!(all(&with).await == before);

    let collection = ArchivePlan::up_to(before[80].position);
    let none = writer.restore(&collection, silent).await.unwrap();
    assert_eq!(none.documents, 0, "it is not in the collection");
    writer.restore(&more, silent).await.unwrap();
    assert!(raw(&writer).await == documents, "byte for byte");

    let missing = options().archive_file(directory.path().join("missing.bson"));
    let error = MongoStore::connect_with(&uri, accept(missing))
        .await
        .unwrap_err();
    assert!(causes(&error).contains("missing.bson"), "{error}");
}

/// More than one command of the server takes: 1,100 appends of 20 KB, then 4,500 of 4 KB.
async fn seed_large(store: &MongoStore) {
    let large = |number: u64| {
        let size = if number < 1_100 { 20_000 } else { 4_000 };
        let mut event = sample_event(number);
        let data = vec![b'x'; size];
        event.payload = Payload::new(CodecId::from_static("raw"), TypeVersion::INITIAL, data);
        Append::new(claim(number % 50), ExpectedVersion::Any, [event]).unwrap()
    };
    let appends = (0..5_600).map(|number| store.append(large(number)));
    for appended in join_all(appends).await {
        appended.unwrap();
    }
}

async fn archives_and_restores_more_than_a_command_holds(file: Option<&Path>) {
    let store = store(&uri().await, MongoOptions::default()).await;
    seed_large(&store).await;
    let documents = raw(&store).await;
    for batch_documents in [1_000, 5_000] {
        let mut plan = ArchivePlan::up_to(Position::MAX).batch_documents(batch_documents);
        if let Some(path) = file {
            plan = plan.to_file(path);
        }
        let done = store.archive(&plan, silent).await.unwrap();
        assert_eq!(done.documents, 5_600);
        assert_eq!(stubs(&store).await, 5_600);
        let restored = store.restore(&plan, silent).await.unwrap();
        assert_eq!(restored.documents, 5_600);
        assert!(raw(&store).await == documents, "byte for byte");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_command_holds_is_archived_and_restored() {
    archives_and_restores_more_than_a_command_holds(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_command_holds_is_archived_to_a_file_and_restored() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    archives_and_restores_more_than_a_command_holds(Some(&path)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_zeros_where_a_crash_ended_it_opens_and_is_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.bson");
    let uri = uri().await;
    let writer = store(&uri, MongoOptions::default()).await;
    seed(&writer, 0..20).await;
    let before = all(&writer).await;
    let plan = |position: u64| ArchivePlan::up_to(Position::new(position)).to_file(&path);
    writer.archive(&plan(10), silent).await.unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let size = file.metadata().unwrap().len();
    file.set_len(size + 4_096).unwrap();

    let options = MongoOptions::default().archive_file(&path);
    let reader = store(&uri, options).await;
    assert!(all(&reader).await == before);
    writer.archive(&plan(20), silent).await.unwrap();
    assert!(all(&reader).await == before);
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Kills a run after one of its steps, by a panic; returns whether it got that far.
async fn killed(store: &MongoStore, plan: &ArchivePlan, restore: bool, after: usize) -> bool {
    let (store, plan) = (store.clone(), plan.clone());
    let run = tokio::spawn(async move {
        let mut steps = 0;
        let die = move |_: ArchiveProgress| {
            assert_ne!(steps, after, "killed here, as the test wants");
            steps += 1;
        };
        let done = if restore {
            store.restore(&plan, die).await
        } else {
            store.archive(&plan, die).await
        };
        done.unwrap();
    });
    run.await.is_err()
}

async fn survives_a_kill_after_every_step(file: Option<&Path>) {
    let uri = uri().await;
    let mut options = MongoOptions::default().read_archive(true);
    let mut plan = ArchivePlan::up_to(Position::new(40)).batch_documents(5);
    if let Some(path) = file {
        std::fs::File::create(path).unwrap();
        options = options.archive_file(path);
        plan = plan.to_file(path);
    }
    let store = store(&uri, options).await;
    seed(&store, 0..30).await;
    let (before, documents) = (all(&store).await, raw(&store).await);
    for restore in [false, true] {
        let mut step = 0;
        loop {
            let was_killed = killed(&store, &plan, restore, step).await;
            assert!(
                all(&store).await == before,
                "restore: {restore}, step {step}"
            );
            if !was_killed {
                break;
            }
            // Another run goes on from there, so the next kill comes later than this one.
            step = (step + 1) % 4;
        }
        if restore {
            assert!(raw(&store).await == documents, "byte for byte");
        } else {
            assert!(stubs(&store).await > 10);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_whichever_step_a_run_dies_after() {
    survives_a_kill_after_every_step(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_with_a_file_whichever_step_a_run_dies_after() {
    let directory = tempfile::tempdir().unwrap();
    survives_a_kill_after_every_step(Some(&directory.path().join("a.bson"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_differs_keeps_the_original() {
    let uri = uri().await;
    let store = reading_archive(&uri).await;
    seed(&store, 0..10).await;
    let documents = raw(&store).await;
    let fourth = documents[3].get_i64("_id").unwrap();
    let archive: Collection<Document> = store.database().collection("events_archive");
    let other = doc! { "_id": fourth, "v": 1_i64, "at": 1_i64, "n": 1, "s": "Other/1", "e": [] };
    archive.insert_one(other).await.unwrap();
    let plan = ArchivePlan::up_to(Position::MAX);
    let error = store.archive(&plan, silent).await.unwrap_err();
    let there = u64::try_from(fourth).unwrap();
    assert!(matches!(error, ArchiveError::Differs { position } if position.get() == there));
    assert!(raw(&store).await == documents);
}

/// A stub says its append id, which so far followed from its first event; and another document has
/// that one too.
#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_replaced_does_not_count_as_archived() {
    let uri = uri().await;
    let before = store(&uri, MongoOptions::default()).await;
    seed(&before, 0..5).await;
    let events: Collection<Document> = before.database().collection("events");
    let second = events
        .find_one(doc! { "v": 1_i64 })
        .skip(1)
        .await
        .unwrap()
        .unwrap();
    assert!(!second.contains_key("a"));
    let event = second.get_array("e").unwrap()[0].as_document().unwrap();
    let same = doc! { "$set": { "a": event.get("i").unwrap() } };
    let last = doc! { "_id": raw(&before).await[4].get_i64("_id").unwrap() };
    events.update_one(last, same).await.unwrap();

    let options = MongoOptions::default().indexes(Indexes::of([Index::AppendIds]));
    let store = store(&uri, options).await;
    let documents = raw(&store).await;
    let plan = ArchivePlan::up_to(Position::MAX);
    let error = store.archive(&plan, silent).await.unwrap_err();
    assert!(causes(&error).contains("duplicate key"), "{error:?}");
    assert!(raw(&store).await[1..] == documents[1..]);
    let noted = store.statistics().await.unwrap().archived_up_to;
    assert_eq!(noted, Some(Position::START));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_copy_of_another_stream_is_not_restored() {
    let uri = uri().await;
    let store = reading_archive(&uri).await;
    seed(&store, 0..10).await;
    let plan = ArchivePlan::up_to(Position::MAX);
    store.archive(&plan, silent).await.unwrap();
    let archive: Collection<Document> = store.database().collection("events_archive");
    let tampered = doc! { "$set": { "s": "Claim/4711" } };
    archive
        .update_one(doc! { "_id": 1_i64 }, tampered)
        .await
        .unwrap();
    let stored = raw(&store).await;
    let error = store.restore(&plan, silent).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Differs { .. }), "{error}");
    assert!(raw(&store).await == stored);
}

#[tokio::test(flavor = "multi_thread")]
async fn archiving_and_restoring_disturb_neither_appends_nor_readers() {
    let uri = uri().await;
    let store = reading_archive(&uri).await;
    seed(&store, 0..60).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writers = (0..3).map(|writer: u64| {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut number = 1_000 * (writer + 1);
            while !stop.load(Ordering::Relaxed) {
                seed(&store, number..number + 1).await;
                number += 1;
            }
        })
    });
    let readers = (0..2).map(|_| {
        let (uri, stop) = (uri.clone(), Arc::clone(&stop));
        tokio::spawn(async move {
            let store = reading_archive(&uri).await;
            let mut seen = 0;
            while !stop.load(Ordering::Relaxed) {
                // A subscription stops at a hole.
                seen = all(&store).await.len();
                let events = history(&store, &claim(1)).await;
                let dense = (1..).zip(&events);
                for (version, event) in dense {
                    assert_eq!(event.version, StreamVersion::new(version));
                }
            }
            seen
        })
    });
    let (writers, readers): (Vec<_>, Vec<_>) = (writers.collect(), readers.collect());
    for round in 0..4 {
        let head = store.head().await.unwrap();
        let plan = ArchivePlan::up_to(head).batch_documents(40);
        let streams = ArchivePlan::streams([claim(1), claim(2)]);
        let runs = tokio::join!(store.archive(&plan, silent), store.archive(&plan, silent));
        runs.0.unwrap();
        runs.1.unwrap();
        if round < 3 {
            store.restore(&streams, silent).await.unwrap();
            store.restore(&plan, silent).await.unwrap();
        }
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    for reader in readers {
        assert!(reader.await.unwrap() > 100);
    }
    let events = all(&store).await;
    for (position, event) in (1..).zip(&events) {
        assert_eq!(event.position, Position::new(position));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stub_without_a_copy_is_reported() {
    let uri = uri().await;
    let store = reading_archive(&uri).await;
    seed(&store, 0..10).await;
    store
        .archive(&ArchivePlan::up_to(Position::MAX), silent)
        .await
        .unwrap();
    let archive: Collection<Document> = store.database().collection("events_archive");
    let third = raw(&store).await[2].get_i64("_id").unwrap();
    archive.delete_one(doc! { "_id": third }).await.unwrap();
    let fresh = reading_archive(&uri).await;
    let mut events = fresh.subscribe(Position::START, EventFilter::all());
    let error = loop {
        match events.next().await {
            Ok(event) => assert!(event.position.get().cast_signed() < third),
            Err(error) => break error,
        }
    };
    let lost = Place::Position(Position::new(third.cast_unsigned()));
    match error {
        ReadError::Archived { position, .. } => assert_eq!(Place::Position(position), lost),
        other => panic!("not the expected error: {other:?}"),
    }
}
