//! Appends over several streams: all or nothing (I1), and consecutive (I3).

use super::super::concurrency::together;
use super::super::material::{
    acknowledged, and, append, exact, position, seed, stream, version_of,
};
use super::super::observe::{
    assert_conflict, assert_history, assert_holds, assert_nothing_written, history, version,
};
use super::super::subject::Subject;
use crate::ExpectedVersion::{Any, Exists, NoStream};
use crate::{AppendError, EventStore, ExpectedVersion, MAX_APPEND_STREAMS};

pub(crate) async fn are_appended_together_in_the_order_of_writes(subject: Subject) {
    let store = subject.events();
    let first = append("Claim/9", NoStream, 1..=2);
    let first = and(
        and(first, "Account/1", Any, 3..=3),
        "Claim/1",
        exact(0),
        4..=6,
    );
    let appended = acknowledged(&*store, first.clone()).await;
    assert_eq!(appended.first_position, position(1));
    assert_eq!(appended.last_position, position(6));
    assert_history(&*store, &[(first, appended)]).await;
}

pub(crate) async fn go_on_from_their_own_versions(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=3).await;
    seed(&*store, "Claim/2", 4..=4).await;
    let both = and(append("Claim/2", exact(1), 5..=6), "Claim/1", Exists, 7..=7);
    let appended = acknowledged(&*store, both).await;
    let versions = appended
        .streams
        .iter()
        .map(|s| (s.first_version.get(), s.last_version.get()));
    assert_eq!(versions.collect::<Vec<_>>(), [(2, 3), (4, 4)]);
    assert_holds(&*store, 7).await;
}

pub(crate) async fn a_conflict_in_the_second_writes_nothing(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/2", 1..=2).await;
    let before = history(&*store).await;
    for expected in [NoStream, exact(1), exact(3), exact(0)] {
        let both = and(
            append("Claim/1", Any, 10..=12),
            "Claim/2",
            expected,
            13..=13,
        );
        assert_conflict(store.append(both).await, &stream("Claim/2"), expected, 2);
        assert_eq!(
            history(&*store).await,
            before,
            "a refused append changed the store"
        );
    }
    let missing = and(append("Claim/1", Any, 10..=12), "Claim/3", Exists, 13..=13);
    assert_conflict(store.append(missing).await, &stream("Claim/3"), Exists, 0);
    assert_eq!(
        history(&*store).await,
        before,
        "a refused append changed the store"
    );
}

pub(crate) async fn a_conflict_in_the_last_writes_nothing(subject: Subject) {
    let store = subject.events();
    let mut many = append("Claim/0", NoStream, 0..=0);
    for number in 1..20 {
        many = and(many, &format!("Claim/{number}"), NoStream, number..=number);
    }
    let many = and(many, "Claim/20", exact(1), 20..=20);
    assert_conflict(store.append(many).await, &stream("Claim/20"), exact(1), 0);
    assert_nothing_written(&*store).await;
}

pub(crate) async fn as_many_as_the_limit_allows_are_appended(subject: Subject) {
    let store = subject.events();
    let mut many = append("Claim/0", NoStream, 0..=1);
    for number in 1..MAX_APPEND_STREAMS as u64 {
        let name = format!("Claim/{number}");
        many = and(many, &name, NoStream, 2 * number..=2 * number + 1);
    }
    let appended = acknowledged(&*store, many.clone()).await;
    assert_history(&*store, &[(many, appended)]).await;
}

pub(crate) async fn of_racing_appends_over_the_same_two_exactly_one_wins(subject: Subject) {
    let store = subject.events();
    let answers = together(32, |writer| {
        let store = store.clone();
        let pair = if writer % 2 == 0 {
            ["Claim/1", "Claim/2"]
        } else {
            ["Claim/2", "Claim/1"]
        };
        let both = append(pair[0], exact(0), writer * 10..=writer * 10);
        let both = and(both, pair[1], exact(0), writer * 10 + 1..=writer * 10 + 2);
        async move { store.append(both).await }
    })
    .await;
    let won = answers.iter().filter(|answer| answer.is_ok()).count();
    let lost = answers
        .iter()
        .filter(|answer| answer.as_ref().is_err_and(AppendError::is_conflict));
    assert_eq!(
        (won, lost.count()),
        (1, 31),
        "exactly one wins, and the others are told why"
    );
    assert_holds(&*store, 3).await;
}

pub(crate) async fn racing_transfers_lose_nothing(subject: Subject) {
    let store = subject.events();
    together(4, |writer| {
        let store = store.clone();
        async move {
            for round in 0..5 {
                transfer(&*store, writer * 100 + round * 2).await;
            }
        }
    })
    .await;
    for name in ["Account/1", "Account/2"] {
        assert_eq!(
            version(&*store, &stream(name)).await,
            version_of(20),
            "{name}"
        );
    }
    let history = history(&*store).await;
    for pair in history.chunks(2) {
        let lower = pair[0].id.uuid().as_u128();
        assert_eq!(
            pair[1].id.uuid().as_u128(),
            lower + 1,
            "a transfer was torn apart"
        );
    }
}

/// One event for each of two accounts, at the versions just read, until nobody was faster.
async fn transfer(store: &dyn EventStore, number: u64) {
    loop {
        let from = ExpectedVersion::Exact(version(store, &stream("Account/1")).await);
        let to = ExpectedVersion::Exact(version(store, &stream("Account/2")).await);
        let out = append("Account/1", from, number..=number);
        match store
            .append(and(out, "Account/2", to, number + 1..=number + 1))
            .await
        {
            Ok(_) => return,
            Err(error) => assert!(error.is_conflict(), "neither won nor conflicted: {error:?}"),
        }
    }
}
