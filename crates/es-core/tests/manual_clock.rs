//! The manual clock and the sequential ids of the test kit (I12).

use std::sync::Arc;
use std::time::Duration;

use es_core::testing::{ManualClock, SequentialIds, run, sample_event};
use es_core::{Clock, IdGenerator, Timestamp};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn it_stands_still_until_it_is_moved() {
    let clock = ManualClock::new();
    assert_eq!(
        (clock.now(), clock.now()),
        (ManualClock::EPOCH, ManualClock::EPOCH)
    );
    clock.advance(SECOND);
    assert_eq!(clock.clone().now(), ManualClock::EPOCH.plus(SECOND));
}

#[test]
fn its_epoch_is_the_first_of_january_2026() {
    assert_eq!(ManualClock::EPOCH.to_string(), "2026-01-01T00:00:00Z");
}

#[test]
fn a_sleep_ends_when_its_time_is_over_and_not_before() {
    run(async {
        let clock = ManualClock::new();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(3 * SECOND).await }
        });
        clock.wait_for_sleepers(1).await;
        clock.advance(2 * SECOND);
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(SECOND);
        sleeper.await.unwrap();
        assert_eq!(clock.sleepers(), 0);
    });
}

#[test]
fn sleeps_end_in_the_order_of_their_times() {
    run(async {
        let (clock, order) = (
            ManualClock::new(),
            Arc::new(std::sync::Mutex::new(Vec::new())),
        );
        let sleepers = [3, 1, 2].map(|seconds| {
            let (clock, order) = (clock.clone(), order.clone());
            tokio::spawn(async move {
                clock.sleep(seconds * SECOND).await;
                order.lock().unwrap().push(seconds);
            })
        });
        clock.wait_for_sleepers(3).await;
        for left in [2, 1, 0] {
            clock.advance(SECOND);
            while clock.sleepers() > left || order.lock().unwrap().len() < 3 - left {
                tokio::task::yield_now().await;
            }
        }
        for sleeper in sleepers {
            sleeper.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [1, 2, 3]);
    });
}

#[test]
fn sleeping_for_no_time_returns_at_once() {
    run(async { ManualClock::new().sleep(Duration::ZERO).await });
}

#[test]
fn a_dropped_sleep_is_no_sleeper_any_more() {
    run(async {
        let clock = ManualClock::new();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(SECOND).await }
        });
        clock.wait_for_sleepers(1).await;
        sleeper.abort();
        assert!(sleeper.await.unwrap_err().is_cancelled());
        assert_eq!(clock.sleepers(), 0);
    });
}

#[test]
fn setting_the_clock_ends_no_sleep() {
    run(async {
        let clock = ManualClock::new();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(SECOND).await }
        });
        clock.wait_for_sleepers(1).await;
        for time in [
            Timestamp::UNIX_EPOCH,
            ManualClock::EPOCH.plus(1_000 * SECOND),
        ] {
            clock.set(time);
            assert_eq!(clock.now(), time);
            tokio::task::yield_now().await;
            assert!(!sleeper.is_finished());
        }
        clock.advance(SECOND);
        sleeper.await.unwrap();
    });
}

#[test]
fn ids_count_on_over_clones_and_differ_by_seed() {
    let ids = SequentialIds::new();
    let clone = ids.clone();
    let made = [ids.next_id(), clone.next_id(), ids.next_id()].map(|id| id.as_u128());
    assert_eq!(made, [1, 2, 3]);
    let seeded = SequentialIds::seeded(9).next_id();
    assert_eq!(seeded.as_u64_pair(), (9, 1));
}

#[test]
fn sample_events_differ_in_id_and_payload_by_number() {
    let [a, b] = [1, 2].map(sample_event);
    assert_ne!(a.id, b.id);
    assert_ne!(a.payload, b.payload);
    assert_eq!(&a.payload.data[..], b"{\"n\":1}");
}
