//! Waiting for what comes next.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::super::concurrency::{assert_waits, together};
use super::super::material::{position, seed};
use super::super::subject::Subject;
use crate::{AllRange, EventStore, Position};

pub(crate) async fn ends_at_once_where_there_is_an_event(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=5).await;
    for after in 0..5 {
        store
            .wait_past(position(after))
            .await
            .expect("there is an event already");
    }
}

pub(crate) async fn ends_with_the_next_append(subject: Subject) {
    let store = subject.events();
    for number in 0..5 {
        let mut waiter = pin!(wait_until_past(&*store, position(number)));
        assert_waits(&mut waiter).await;
        seed(&*store, "Claim/1", number..=number).await;
        waiter.await;
    }
}

pub(crate) async fn ends_for_every_waiter(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 0..=0).await;
    let waiters = (0..32).map(|_| wait_until_past(&*store, position(1)));
    let mut waiters = pin!(join_all(waiters));
    assert_waits(&mut waiters).await;
    seed(&*store, "Claim/2", 1..=1).await;
    waiters.await;
}

/// The window in which a wake-up is lost if the store looks first and listens afterwards.
pub(crate) async fn ends_with_an_append_that_comes_between_reading_and_waiting(subject: Subject) {
    let store = subject.events();
    for round in 0..50 {
        together(2, |task| {
            let store = store.clone();
            async move {
                if task == 0 {
                    seed(&*store, "Claim/1", round..=round).await;
                } else {
                    wait_until_past(&*store, position(round)).await;
                }
            }
        })
        .await;
    }
}

pub(crate) async fn for_a_far_position_lasts_until_it_is_passed(subject: Subject) {
    let store = subject.events();
    let mut waiter = pin!(wait_until_past(&*store, position(5)));
    for number in 1..=6 {
        assert_waits(&mut waiter).await;
        seed(&*store, "Claim/1", number..=number).await;
    }
    waiter.await;
}

/// It may return early, but not all the time: a consumer would ask again and again.
pub(crate) async fn does_not_spin(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=2).await;
    for after in [position(2), position(50), Position::MAX] {
        let mut returns = 0;
        let idle = timeout(Duration::from_millis(60), async {
            loop {
                store.wait_past(after).await.expect("a wait");
                returns += 1;
                assert!(returns < 30, "waiting returns at once though nothing came");
            }
        });
        let _: Result<(), _> = idle.await;
    }
}

pub(crate) async fn may_be_dropped_and_begun_again(subject: Subject) {
    let store = subject.events();
    for _ in 0..20 {
        let _ = timeout(Duration::from_micros(200), store.wait_past(Position::START)).await;
    }
    let mut waiter = pin!(wait_until_past(&*store, Position::START));
    assert_waits(&mut waiter).await;
    seed(&*store, "Claim/1", 1..=1).await;
    waiter.await;
    assert_eq!(store.head().await.expect("the head"), position(1));
}

/// Waits as a subscription does: an early return leads to another look.
async fn wait_until_past(store: &dyn EventStore, after: Position) {
    loop {
        store.wait_past(after).await.expect("a wait");
        let page = store
            .read_all(&AllRange::after(after).limit(1))
            .await
            .expect("a page");
        if !page.events.is_empty() {
            return;
        }
    }
}
