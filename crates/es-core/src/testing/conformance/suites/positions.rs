//! The one order over all streams (I3).

use super::super::concurrency::together;
use super::super::material::{acknowledged, append, position, seed};
use super::super::observe::{assert_holds, assert_nothing_written, assert_stored, history};
use super::super::subject::Subject;
use crate::ExpectedVersion::{Any, Exists, NoStream};
use crate::Position;

pub(crate) async fn count_from_one_over_all_streams(subject: Subject) {
    let store = subject.events();
    let mut next = 1;
    for (number, name) in ["Claim/1", "Policy/1", "Claim/1", "Account/1"]
        .into_iter()
        .enumerate()
    {
        let start = number as u64 * 10;
        let appended = seed(&*store, name, start..=start + number as u64).await;
        assert_eq!(appended.first_position, position(next));
        assert_eq!(appended.last_position, position(next + number as u64));
        next += number as u64 + 1;
    }
    assert_holds(&*store, 10).await;
}

pub(crate) async fn an_empty_store_has_its_head_at_the_start(subject: Subject) {
    let store = subject.events();
    assert_eq!(store.head().await.expect("the head"), Position::START);
    assert_nothing_written(&*store).await;
}

pub(crate) async fn the_head_is_the_position_of_the_last_event(subject: Subject) {
    let store = subject.events();
    for start in [1, 11, 21] {
        let appended = seed(&*store, &format!("Claim/{start}"), start..=start + 4).await;
        assert_eq!(
            store.head().await.expect("the head"),
            appended.last_position
        );
    }
}

pub(crate) async fn one_append_has_consecutive_positions_while_others_append(subject: Subject) {
    let store = subject.events();
    let appends = together(32, |writer| {
        let store = store.clone();
        let once = append(
            &format!("Claim/{}", writer % 5),
            Any,
            writer * 10..=writer * 10 + 6,
        );
        async move { (once.clone(), acknowledged(&*store, once).await) }
    })
    .await;
    let history = history(&*store).await;
    assert_eq!(history.len(), 32 * 7);
    for (append, appended) in &appends {
        assert_stored(&history, append, appended);
    }
}

pub(crate) async fn a_failed_append_takes_none(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=1).await;
    for number in 10..15 {
        let refused = store
            .append(append("Claim/1", NoStream, number..=number))
            .await;
        assert!(refused.is_err_and(|error| error.is_conflict()));
        let refused = store
            .append(append("Claim/2", Exists, number..=number))
            .await;
        assert!(refused.is_err_and(|error| error.is_conflict()));
    }
    let appended = seed(&*store, "Claim/3", 20..=20).await;
    assert_eq!(
        appended.first_position,
        position(2),
        "failed appends took positions"
    );
    assert_holds(&*store, 2).await;
}
