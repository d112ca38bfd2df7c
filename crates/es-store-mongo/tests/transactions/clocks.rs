//! Processes whose clocks are far apart: recorded times are advice, and never go back (I3).

use std::sync::Arc;
use std::time::Duration;

use es_core::testing::ManualClock;
use es_core::{EventStore, RecordedEvent};
use es_store_mongo::{MongoOptions, MongoStore};
use futures_util::future::join_all;

use crate::gate::Gate;
use crate::log::{ANY, NEW, numbers, one_event, open, over_two, stored};
use crate::servers::patient;

const HOUR: Duration = Duration::from_secs(3_600);

/// Two processes at one log, the first an hour ahead of the second.
async fn an_hour_apart(uri: &str) -> [MongoStore; 2] {
    let (ahead, behind) = (ManualClock::new(), ManualClock::new());
    ahead.advance(HOUR);
    let options = |clock| MongoOptions::default().clock(Arc::new(clock));
    [
        open(uri, "ahead", options(ahead)).await,
        open(uri, "behind", options(behind)).await,
    ]
}

fn times_never_go_back(log: &[RecordedEvent]) {
    assert!(
        log.is_sorted_by_key(|event| event.recorded_at),
        "{:?}",
        log.iter()
            .map(|event| event.recorded_at)
            .collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_times_do_not_go_back_where_two_processes_write_in_turns() {
    let uri = patient().await.uri_for("clocks-turns");
    let [ahead, behind] = an_hour_apart(&uri).await;
    behind.append(one_event(1, ANY, 1)).await.unwrap();
    ahead.append(one_event(1, ANY, 2)).await.unwrap();
    for event in (3..43).step_by(4) {
        behind.append(one_event(1, ANY, event)).await.unwrap();
        let two = over_two([1, 2], ANY, event + 1);
        behind.append(two).await.unwrap();
        ahead.append(one_event(2, ANY, event + 3)).await.unwrap();
    }
    let log = stored(&uri).await;
    assert_eq!(numbers(&log), (1..=42).collect::<Vec<_>>());
    times_never_go_back(&log);
    let span = log[41].recorded_at.as_micros() - log[0].recorded_at.as_micros();
    assert_eq!(span, i64::try_from(HOUR.as_micros()).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn recorded_times_do_not_go_back_where_two_processes_write_at_once() {
    let uri = patient().await.uri_for("clocks-at-once");
    let stores = an_hour_apart(&uri).await;
    let writers = (0..16_u64).map(|writer| {
        let store = stores[writer as usize % 2].clone();
        tokio::spawn(async move {
            for n in 0..10 {
                let event = 1 + writer * 1_000 + 2 * n;
                let append = match n % 3 {
                    0 => over_two([writer % 4, 4 + writer % 3], ANY, event),
                    _ => one_event(writer % 4, ANY, event),
                };
                store.append(append).await.unwrap();
            }
        })
    });
    for done in join_all(writers).await {
        done.unwrap();
    }
    let log = stored(&uri).await;
    assert_eq!(log.len(), 16 * (10 + 4));
    times_never_go_back(&log);
}

/// The batch that waits was given its time before it was known what it comes after.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_behind_an_open_transaction_is_not_recorded_before_it() {
    let uri = patient().await.uri_for("clocks-held");
    let [ahead, behind] = an_hour_apart(&uri).await;
    behind.append(one_event(9, NEW, 1)).await.unwrap();
    let gate = Gate::default();
    let closure = gate.closure();
    let held = async move { ahead.append_with(over_two([1, 2], NEW, 2), closure).await };
    let held = tokio::spawn(held);
    gate.entered().await;
    let waiting = tokio::spawn(async move { behind.append(one_event(3, NEW, 4)).await });
    crate::log::pause(300).await;
    gate.commit();
    held.await.unwrap().unwrap();
    waiting.await.unwrap().unwrap();
    let log = stored(&uri).await;
    assert_eq!(numbers(&log), [1, 2, 3, 4]);
    times_never_go_back(&log);
}
