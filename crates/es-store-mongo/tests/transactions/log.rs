//! What the tests of appends share: samples, stores, and what the log holds in the end.

#![allow(
    dead_code,
    reason = "every program of tests that includes this uses a part of it"
)]

use std::collections::HashMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use es_core::testing::sample_event;
use es_core::{
    AllRange, Append, Appended, Clock, EventStore, ExpectedVersion, Position, RecordedEvent,
    StreamId, StreamVersion, SystemClock,
};
use es_store_mongo::mongodb::bson::{Bson, Document, doc};
use es_store_mongo::{MongoOptions, MongoStore};
use es_testkit::mongo::FailPoint;

use crate::options::accept;

pub(crate) const ANY: ExpectedVersion = ExpectedVersion::Any;
pub(crate) const NEW: ExpectedVersion = ExpectedVersion::NoStream;

/// Longer than anything takes on a busy machine, and shorter than a person's patience.
pub(crate) const AT_MOST: Duration = Duration::from_secs(60);

pub(crate) fn claim(id: u64) -> StreamId {
    StreamId::new("Claim", id).unwrap()
}

pub(crate) fn exact(version: u64) -> ExpectedVersion {
    ExpectedVersion::Exact(StreamVersion::new(version))
}

pub(crate) fn append(stream: u64, expected: ExpectedVersion, events: Range<u64>) -> Append {
    Append::new(claim(stream), expected, events.map(sample_event)).unwrap()
}

pub(crate) fn one_event(stream: u64, expected: ExpectedVersion, event: u64) -> Append {
    append(stream, expected, event..event + 1)
}

/// Event `event` for one stream and the next one for another, in one append.
pub(crate) fn over_two(streams: [u64; 2], expected: ExpectedVersion, event: u64) -> Append {
    one_event(streams[0], expected, event)
        .and(claim(streams[1]), expected, [sample_event(event + 1)])
        .unwrap()
}

pub(crate) async fn open(uri: &str, app_name: &str, options: MongoOptions) -> MongoStore {
    let options = accept(options.app_name(app_name));
    MongoStore::connect_with(uri, options).await.unwrap()
}

pub(crate) async fn pause(millis: u64) {
    SystemClock.sleep(Duration::from_millis(millis)).await;
}

/// Repeats an append for as long as that is said to help, and not for ever.
pub(crate) async fn until_answered(store: &MongoStore, append: &Append) -> Appended {
    let started = Instant::now();
    loop {
        match store.append(append.clone()).await {
            Ok(appended) => return appended,
            Err(error) => {
                assert!(error.is_retryable(), "{error:?}");
                let waited = started.elapsed();
                assert!(waited < AT_MOST, "not answered in {waited:?}: {error:?}");
            }
        }
        pause(100).await;
    }
}

/// A fault of one kind of command, for the clients of one name.
pub(crate) async fn fault(
    uri: &str,
    app_name: &str,
    command: &str,
    mode: impl Into<Bson>,
    effect: Document,
) -> FailPoint {
    let mut data = doc! { "failCommands": [command], "appName": app_name };
    data.extend(effect);
    let point = doc! { "configureFailPoint": "failCommand", "mode": mode.into(), "data": data };
    FailPoint::set(uri, point).await.unwrap()
}

pub(crate) fn times(times: i32) -> Document {
    doc! { "times": times }
}

/// All events, as a process sees them that has nothing to do with who wrote them. Positions, and
/// the versions of each stream, are 1, 2, 3 ... (I2, I3), and no event is there twice.
pub(crate) async fn stored(uri: &str) -> Vec<RecordedEvent> {
    let store = open(uri, "reader", MongoOptions::default()).await;
    let events = all(&store).await;
    let mut versions: HashMap<&StreamId, u64> = HashMap::new();
    let mut ids = HashMap::new();
    for (event, position) in events.iter().zip(1..) {
        assert_eq!(event.position, Position::new(position));
        let version = versions.entry(&event.stream).or_default();
        *version += 1;
        assert_eq!(event.version.get(), *version, "of {}", event.stream);
        let twin = ids.insert(event.id, position);
        assert_eq!(twin, None, "event {} is stored twice", event.id);
    }
    events
}

pub(crate) async fn all(store: &MongoStore) -> Vec<RecordedEvent> {
    let mut events = Vec::new();
    let mut after = Position::START;
    loop {
        let page = store.read_all(&AllRange::after(after)).await.unwrap();
        after = page.scanned_to;
        events.extend(page.events);
        if page.at_end {
            return events;
        }
    }
}

/// Which sample events these are.
pub(crate) fn numbers(events: &[RecordedEvent]) -> Vec<u64> {
    let number = |event: &RecordedEvent| u64::try_from(event.id.uuid().as_u128()).unwrap();
    events.iter().map(number).collect()
}
