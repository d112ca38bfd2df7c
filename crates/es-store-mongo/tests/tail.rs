//! Following the log, in one process and across processes, while things go wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

#[path = "support/options.rs"]
mod options;

use std::time::{Duration, Instant};

use es_core::testing::sample_event;
use es_core::{
    AllRange, Append, Clock, CodecId, EventFilter, EventStore, EventStoreExt, ExpectedVersion,
    NewEvent, Payload, Position, ReadError, RecordedEvent, Subscription, SystemClock, TypeVersion,
};
use es_store_mongo::MongoStore;
use es_store_mongo::mongodb::Client;
use es_store_mongo::mongodb::bson::{Document, doc};
use es_testkit::mongo::{Cluster, ClusterOptions, FailPoint, Server, ServerOptions, shared};
use es_testkit::skipped;
use options::options;
use tokio::time::timeout;

/// Long enough for a busy machine; what is measured is stated at each place.
const AT_MOST: Duration = Duration::from_secs(60);

async fn uri() -> String {
    let server = shared().await;
    server.uri_for(&server.database())
}

async fn store(uri: &str) -> MongoStore {
    MongoStore::connect_with(uri, options()).await.unwrap()
}

async fn named(uri: &str, name: &str) -> MongoStore {
    let options = options().app_name(name);
    MongoStore::connect_with(uri, options).await.unwrap()
}

fn append(stream: &str, events: impl IntoIterator<Item = NewEvent>) -> Append {
    Append::new(stream.parse().unwrap(), ExpectedVersion::Any, events).unwrap()
}

async fn seed(store: &MongoStore, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        let stream = format!("Claim/{}", number % 7);
        store
            .append(append(&stream, [sample_event(number)]))
            .await
            .unwrap();
    }
}

async fn take(events: &mut Subscription, count: usize) -> Vec<RecordedEvent> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let next = timeout(AT_MOST, events.next()).await;
        taken.push(next.expect("an event in time").unwrap());
    }
    taken
}

fn positions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position.get()).collect()
}

fn from_start(store: &MongoStore) -> Subscription {
    store.subscribe(Position::START, EventFilter::all())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_appends_is_delivered_in_order_within_moments() {
    let uri = uri().await;
    let (writer, reader) = (store(&uri).await, store(&uri).await);
    let mut events = from_start(&reader);
    seed(&writer, 1..=1).await;
    take(&mut events, 1).await;
    let mut late = Vec::new();
    for number in 2..=60 {
        seed(&writer, [number]).await;
        let acknowledged = Instant::now();
        let next = take(&mut events, 1).await;
        late.push(acknowledged.elapsed());
        assert_eq!(next[0].position, Position::new(number));
    }
    late.sort();
    // About 1 ms on a quiet machine; the slow timer alone would take a second.
    assert!(late[30] < Duration::from_millis(500), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn live_readers_of_the_own_process_need_no_round_trip_for_the_events() {
    let store = store(&uri().await).await;
    let mut events = from_start(&store);
    seed(&store, 1..=1).await;
    take(&mut events, 1).await;
    let mut late = Vec::new();
    for number in 2..=200 {
        let reader = tokio::spawn(async move {
            let next = take(&mut events, 1).await;
            assert_eq!(next[0].position, Position::new(number));
            (events, Instant::now())
        });
        // So that the reader waits when the event comes.
        SystemClock.sleep(Duration::from_millis(3)).await;
        seed(&store, [number]).await;
        let acknowledged = Instant::now();
        let (subscription, delivered) = reader.await.unwrap();
        events = subscription;
        late.push(delivered.saturating_duration_since(acknowledged));
    }
    late.sort();
    println!("p50 {:?}, p99 {:?}", late[100], late[197]);
    // The slow timer alone would take a second.
    assert!(late[100] < Duration::from_millis(500), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn catching_up_hands_over_to_live_while_another_process_writes_at_full_speed() {
    let uri = uri().await;
    let (writer, reader) = (store(&uri).await, store(&uri).await);
    seed(&writer, 1..=200).await;
    let writing = tokio::spawn(async move {
        let tasks = (0..8).map(|task: u64| {
            let writer = writer.clone();
            tokio::spawn(async move {
                for number in 0..150 {
                    seed(&writer, [1_000 + task * 1_000 + number]).await;
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        writer
    });
    let mut subscriptions = vec![from_start(&reader), from_start(&reader).read_ahead(13)];
    for events in &mut subscriptions {
        let all = take(events, 1_400).await;
        assert_eq!(positions(&all), (1..=1_400).collect::<Vec<_>>());
        assert_eq!(events.catch_up().await.unwrap(), None);
    }
    writing.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_from_memory_are_the_pages_of_the_collection() {
    let uri = uri().await;
    let (writer, other) = (store(&uri).await, store(&uri).await);
    for number in 0..60 {
        let events = (0..number % 9 + 1).map(|event| sample_event(number * 100 + event));
        let stream = format!(
            "{}/{}",
            ["Claim", "Policy"][number as usize % 2],
            number % 5
        );
        writer.append(append(&stream, events)).await.unwrap();
    }
    let log = other
        .read_all(&AllRange::after(Position::START))
        .await
        .unwrap();
    let head = writer.head().await.unwrap().get();
    assert_eq!(log.events.len() as u64, head);
    for after in 0..=head {
        for limit in [1, 2, 7, 5_000] {
            let until = if after % 3 == 0 { head + 9 } else { after + 11 };
            let range = AllRange::after(Position::new(after)).limit(limit);
            let range = range.until(Position::new(until));
            let page = writer.read_all(&range).await.unwrap();
            let end = page.scanned_to.get();
            let expected = &log.events[after as usize..end as usize];
            assert!(page.events == expected, "not what is stored: {range:?}");
            assert!(page.events.len() <= limit && end <= until, "{range:?}");
            assert!(end > after || after == head, "no progress: {range:?}");
        }
    }
    for filter in [
        EventFilter::all().category("Policy"),
        EventFilter::all().category("Nobody"),
    ] {
        for after in [0, 1, 17, head] {
            let all = |store: &MongoStore| {
                let mut events = store.subscribe(Position::new(after), filter.clone());
                async move {
                    let mut found = Vec::new();
                    while let Some(page) = events.catch_up().await.unwrap() {
                        found.extend(page);
                    }
                    (found, events.position())
                }
            };
            assert!(
                all(&writer).await == all(&other).await,
                "{filter:?} after {after}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tiny_memory_for_the_tail_delivers_everything_all_the_same() {
    let uri = uri().await;
    let options = options().tail_bytes(600);
    let store = MongoStore::connect_with(&uri, options).await.unwrap();
    let mut events = from_start(&store);
    let writer = store.clone();
    let writing = tokio::spawn(async move { seed(&writer, 1..=300).await });
    let all = take(&mut events, 300).await;
    assert_eq!(positions(&all), (1..=300).collect::<Vec<_>>());
    writing.await.unwrap();
}

/// The end of the log is never taken for granted from what this process wrote.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_sees_what_another_process_was_told_is_stored() {
    let uri = uri().await;
    let (one, two) = (store(&uri).await, store(&uri).await);
    for round in 0..50 {
        seed(&one, [round * 2]).await;
        seed(&two, [round * 2 + 1]).await;
        let last = Position::new(round * 2 + 2);
        assert_eq!(one.head().await.unwrap(), last);
        let mut after = Position::new(round * 2);
        loop {
            let page = one.read_all(&AllRange::after(after)).await.unwrap();
            after = page.scanned_to;
            if page.at_end {
                break;
            }
        }
        assert_eq!(after, last, "round {round}");
    }
}

/// The history that a change stream would resume from is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_stream_that_fails_for_good_loses_nothing() {
    if skipped("fail-points") {
        return;
    }
    let uri = uri().await;
    let name = "tail-history-lost";
    let (writer, reader) = (store(&uri).await, named(&uri, name).await);
    let mut events = from_start(&reader);
    seed(&writer, 1..=10).await;
    take(&mut events, 10).await;
    for (round, code) in [(1, 280), (2, 286), (3, 91), (4, 237)] {
        let fails = FailPoint::set(
            &uri,
            doc! {
                "configureFailPoint": "failCommand",
                "mode": { "times": 3 },
                "data": {
                    "failCommands": ["getMore"],
                    "errorCode": code,
                    "appName": format!("{name}-tail"),
                },
            },
        )
        .await
        .unwrap();
        let waiting = tokio::spawn(async move {
            let next = take(&mut events, 10).await;
            (events, next)
        });
        fails.entered(1).await.unwrap();
        let from = round * 10;
        seed(&writer, from + 1..=from + 10).await;
        let (subscription, next) = waiting.await.unwrap();
        events = subscription;
        assert_eq!(positions(&next), (from + 1..=from + 10).collect::<Vec<_>>());
        fails.off().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_append_there_may_be_is_delivered() {
    let uri = uri().await;
    let (writer, reader) = (store(&uri).await, store(&uri).await);
    let mut events = from_start(&reader);
    seed(&writer, 1..=1).await;
    take(&mut events, 1).await;
    let large = (2..=4).map(|number| {
        let mut event = sample_event(number);
        let data = vec![b'x'; 4_150_000];
        event.payload = Payload::new(CodecId::from_static("raw"), TypeVersion::INITIAL, data);
        event
    });
    writer.append(append("Claim/1", large)).await.unwrap();
    seed(&writer, [5]).await;
    assert_eq!(positions(&take(&mut events, 4).await), [2, 3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_change_streams_other_processes_are_followed_by_polling() {
    if skipped("own-server") {
        return;
    }
    let mut options = ServerOptions::default();
    options.replica_set = false;
    let server = Server::start(options).await.unwrap();
    let uri = server.uri_for("standalone");
    let (writer, reader) = (store(&uri).await, store(&uri).await);
    let mut events = from_start(&reader);
    for number in 1..=20 {
        seed(&writer, [number]).await;
        let then = Instant::now();
        let next = take(&mut events, 1).await;
        assert_eq!(next[0].position, Position::new(number));
        assert!(
            then.elapsed() < Duration::from_secs(2),
            "{:?}",
            then.elapsed()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_ends_waiting() {
    let store = store(&uri().await).await;
    let waiting = store.clone();
    let waiting = tokio::spawn(async move { waiting.wait_past(Position::START).await });
    SystemClock.sleep(Duration::from_millis(50)).await;
    store.close().await.unwrap();
    let answer = timeout(AT_MOST, waiting).await.unwrap().unwrap();
    assert!(matches!(answer, Err(ReadError::Closed)), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_idle_subscribers_cost_the_server_a_few_commands_a_second() {
    if skipped("own-server") {
        return;
    }
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let store = store(&server.uri_for("idle")).await;
    seed(&store, 1..=3).await;
    for _ in 0..50 {
        let mut events = from_start(&store);
        tokio::spawn(async move { while events.next().await.is_ok() {} });
    }
    SystemClock.sleep(Duration::from_secs(2)).await;
    let client = Client::with_uri_str(server.uri()).await.unwrap();
    let before = reads(&client).await;
    SystemClock.sleep(Duration::from_secs(5)).await;
    let between = reads(&client).await - before;
    assert!(between <= 40, "{between} reads in 5 s");
}

/// How many reads a server was asked for since it started.
async fn reads(client: &Client) -> i64 {
    let admin = client.database("admin");
    let status = admin.run_command(doc! { "serverStatus": 1 }).await.unwrap();
    let counters: &Document = status.get_document("opcounters").unwrap();
    ["query", "getmore"]
        .iter()
        .map(|name| {
            let count = counters.get(name).unwrap();
            count.as_i64().or(count.as_i32().map(i64::from)).unwrap()
        })
        .sum()
}

/// What a rolling restart does: subscribers catch up soon (in under three seconds where nothing else
/// runs), and not after the driver's 30 s of looking for the server that has left.
#[tokio::test(flavor = "multi_thread")]
async fn subscribers_catch_up_soon_after_the_primary_was_lost() {
    if skipped("own-server") {
        return;
    }
    let cluster = Cluster::start(ClusterOptions::default()).await.unwrap();
    let uri = cluster.uri_for("failover");
    let (writer, reader) = (store(&uri).await, store(&uri).await);
    let mut events = from_start(&reader);
    let mut number = 0;
    for how in ["terminated", "killed"] {
        for _ in 0..10 {
            number += 1;
            seed(&writer, [number]).await;
            take(&mut events, 1).await;
        }
        let primary = cluster.primary().await.unwrap();
        match how {
            "terminated" => cluster.terminate(primary).await.unwrap(),
            _ => cluster.kill(primary),
        }
        cluster.wait_for_primary_other_than(primary).await.unwrap();
        for _ in 0..5 {
            number += 1;
            until_stored(&writer, number).await;
            let acknowledged = Instant::now();
            let next = after_errors(&mut events).await;
            assert_eq!(next.position, Position::new(number));
            let late = acknowledged.elapsed();
            println!("primary {how}: delivered {late:?} after the acknowledgement");
            assert!(
                late < Duration::from_secs(15),
                "{late:?} after it was {how}"
            );
        }
        cluster.restart(primary).await.unwrap();
        cluster.wait_steady().await.unwrap();
    }
}

async fn until_stored(store: &MongoStore, number: u64) {
    let append = append("Claim/0", [sample_event(number)]);
    while let Err(error) = store.append(append.clone()).await {
        assert!(error.is_retryable(), "{error}");
    }
}

async fn after_errors(events: &mut Subscription) -> RecordedEvent {
    loop {
        match timeout(AT_MOST, events.next())
            .await
            .expect("an event in time")
        {
            Ok(event) => return event,
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
}
