//! Streams that are only checked, while another process writes them: no write skew, and no append
//! that rests on what is no longer true.

use std::collections::HashMap;

use es_core::testing::sample_event;
use es_core::{Append, AppendError, EventStore, NewEvent, RecordedEvent};
use es_store_mongo::{MongoOptions, MongoStore};
use es_testkit::mongo::shared;
use futures_util::future::join_all;

use crate::log::{ANY, claim, exact, one_event, open, stored};
use crate::turn::turn;

const ROUNDS: u64 = 200;
/// The header of an event that says of which stream it was checked that it is at this version.
const CHECKED: &str = "checked";

/// Two processes at one log, each of which remembers so many streams.
async fn two_processes(streams: usize) -> (String, [MongoStore; 2]) {
    let server = shared().await;
    let uri = server.uri_for(&server.database());
    let options = || MongoOptions::default().cache_streams(streams);
    let one = open(&uri, "one", options()).await;
    let two = open(&uri, "two", options()).await;
    (uri, [one, two])
}

/// An event for `stream` if `other` is at this version; the event says so.
fn checking(stream: u64, other: u64, version: u64, event: u64) -> Append {
    let event = noting(sample_event(event), other, version);
    let append = Append::new(claim(stream), ANY, [event]).unwrap();
    append.check(claim(other), exact(version)).unwrap()
}

fn noting(mut event: NewEvent, stream: u64, version: u64) -> NewEvent {
    event.metadata = event
        .metadata
        .with_header(CHECKED, format!("{}@{version}", claim(stream)));
    event
}

/// At the position of each event the stream that was checked for it is at the version that it says.
fn every_check_was_true(log: &[RecordedEvent]) {
    let mut versions: HashMap<String, u64> = HashMap::new();
    for event in log {
        if let Some(note) = event.metadata.header(CHECKED) {
            let (stream, version) = note.split_once('@').unwrap();
            let actual = versions.get(stream).copied().unwrap_or_default();
            assert_eq!(
                actual.to_string(),
                version,
                "{stream}, as checked for position {}",
                event.position
            );
        }
        versions.insert(event.stream.to_string(), event.version.get());
    }
}

/// Each writes its stream if the other one's has not moved: never both, and always one.
async fn one_of_two_wins(streams: usize, others: u64) {
    let _turn = turn().await;
    let (uri, [one, two]) = two_processes(streams).await;
    let (mut x, mut y) = (0, 0);
    for round in 1..=ROUNDS {
        let event = round * 100;
        let noise = (0..others).map(|n| one_event(10 + n, ANY, event + 10 + n));
        for append in noise.collect::<Vec<_>>() {
            one.append(append).await.unwrap();
        }
        let (first, second) = tokio::join!(
            spawned(&one, checking(1, 2, y, event)),
            spawned(&two, checking(2, 1, x, event + 1)),
        );
        match (first, second) {
            (Ok(_), Err(AppendError::Conflict(conflict))) => {
                x += 1;
                assert_eq!((conflict.stream, conflict.actual.get()), (claim(1), x));
            }
            (Err(AppendError::Conflict(conflict)), Ok(_)) => {
                y += 1;
                assert_eq!((conflict.stream, conflict.actual.get()), (claim(2), y));
            }
            other => panic!("round {round}: {other:?}"),
        }
    }
    let log = stored(&uri).await;
    every_check_was_true(&log);
    println!("of {ROUNDS} rounds one won {x}, the other {y}");
}

async fn spawned(store: &MongoStore, append: Append) -> Result<es_core::Appended, AppendError> {
    let store = store.clone();
    let appending = tokio::spawn(async move { store.append(append).await });
    appending.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_that_each_check_what_the_other_writes_one_wins() {
    one_of_two_wins(65_536, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_remember_one_stream_and_write_others_between_one_wins() {
    one_of_two_wins(1, 3).await;
}

/// What one process was told is stored, the other one's check sees.
async fn checks_see_what_was_acknowledged(rounds: u64, streams: usize, others: u64) {
    let _turn = turn().await;
    let (uri, stores) = two_processes(streams).await;
    for round in 1..=rounds {
        let event = round * 100;
        let (writer, checker) = match round % 2 {
            0 => (&stores[0], &stores[1]),
            _ => (&stores[1], &stores[0]),
        };
        writer.append(one_event(1, ANY, event)).await.unwrap();
        for n in 0..others {
            let between = one_event(10 + n, ANY, event + 10 + n);
            checker.append(between).await.unwrap();
        }
        let late = checker.append(checking(2, 1, round - 1, event + 1)).await;
        assert!(
            late.as_ref().is_err_and(AppendError::is_conflict),
            "round {round}: {late:?}"
        );
        let right = checker.append(checking(2, 1, round, event + 2)).await;
        assert!(right.is_ok(), "round {round}: {right:?}");
    }
    every_check_was_true(&stored(&uri).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_sees_every_append_before_it() {
    checks_see_what_was_acknowledged(ROUNDS, 65_536, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_a_stream_that_was_forgotten_sees_every_append_before_it() {
    // Every append here reads several times, and waits for it: fewer rounds.
    checks_see_what_was_acknowledged(40, 1, 3).await;
}

/// Many at once in both processes: whatever was acknowledged was true where it stands in the log.
async fn every_check_holds_in_a_crowd(streams: usize) {
    let _turn = turn().await;
    let (uri, stores) = two_processes(streams).await;
    let tasks = (0..24_u64).map(|task| {
        let store = stores[task as usize % 2].clone();
        tokio::spawn(async move {
            let mut stored = 0;
            // A guess of the version, which conflicts set right.
            let mut version = 0;
            for n in 0..40 {
                let event = 1 + task * 1_000 + n;
                if task % 4 < 2 {
                    let append = one_event(task % 3, ANY, event);
                    store.append(append).await.unwrap();
                    continue;
                }
                match store
                    .append(checking(10 + task, task % 3, version, event))
                    .await
                {
                    Ok(_) => stored += 1,
                    Err(AppendError::Conflict(conflict)) => version = conflict.actual.get(),
                    Err(other) => panic!("{other:?}"),
                }
            }
            stored
        })
    });
    let mut checked = 0;
    for task in join_all(tasks).await {
        checked += task.unwrap();
    }
    println!("{checked} appends were checked and stored");
    every_check_was_true(&stored(&uri).await);
    assert!(checked > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_in_a_crowd_was_true_where_it_stands() {
    every_check_holds_in_a_crowd(65_536).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_in_a_crowd_that_remembers_one_stream_was_true_where_it_stands() {
    every_check_holds_in_a_crowd(1).await;
}
