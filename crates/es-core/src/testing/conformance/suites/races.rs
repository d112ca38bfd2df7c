//! Writers that race for one stream (I2).

use std::sync::Arc;

use super::super::concurrency::together;
use super::super::material::{append, exact, seed, stream, version_of};
use super::super::observe::{assert_conflict, assert_holds, history, version};
use super::super::subject::Subject;
use crate::ExpectedVersion::{self, Any, NoStream};
use crate::{AppendError, Appended, EventStore};

const WRITERS: u64 = 64;

pub(crate) async fn of_64_writers_expecting_one_version_exactly_one_wins(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1_000..=1_001).await;
    let answers = race(&store, exact(2)).await;
    assert_one_winner(answers, exact(2), 4);
    assert_holds(&*store, 4).await;
}

pub(crate) async fn of_64_creators_of_a_stream_exactly_one_wins(subject: Subject) {
    let store = subject.events();
    let answers = race(&store, NoStream).await;
    assert_one_winner(answers, NoStream, 2);
    assert_holds(&*store, 2).await;
}

pub(crate) async fn of_64_writers_expecting_any_version_all_win(subject: Subject) {
    let store = subject.events();
    let answers = race(&store, Any).await;
    let mut versions = Vec::new();
    for answer in answers {
        let appended = answer.expect("an append that expects nothing cannot lose");
        versions.push(appended.streams[0].first_version.get());
    }
    versions.sort_unstable();
    let due: Vec<u64> = (0..WRITERS).map(|writer| 2 * writer + 1).collect();
    assert_eq!(versions, due, "two appends were told the same versions");
    assert_holds(&*store, 2 * WRITERS as usize).await;
}

pub(crate) async fn writers_of_different_streams_all_win(subject: Subject) {
    let store = subject.events();
    let answers = together(WRITERS, |writer| {
        let store = store.clone();
        let append = append(
            &format!("Claim/{writer}"),
            NoStream,
            writer * 10..=writer * 10 + 2,
        );
        async move { store.append(append).await }
    })
    .await;
    for answer in answers {
        answer.expect("nobody else writes to this stream");
    }
    assert_holds(&*store, 3 * WRITERS as usize).await;
}

pub(crate) async fn the_first_appends_ever_may_race(subject: Subject) {
    let store = subject.events();
    let handles: Vec<_> = (0..32).map(|_| subject.events()).collect();
    let answers = together(32, |writer| {
        let store = handles[writer as usize].clone();
        let append = append(
            &format!("Claim/{}", writer % 4),
            Any,
            writer * 10..=writer * 10,
        );
        async move { store.append(append).await }
    })
    .await;
    for answer in answers {
        answer.expect("an append that expects nothing cannot lose");
    }
    assert_holds(&*store, 32).await;
}

pub(crate) async fn load_decide_append_with_retries_loses_no_update(subject: Subject) {
    let store = subject.events();
    together(8, |writer| {
        let store = store.clone();
        async move {
            for round in 0..6 {
                add_one(&*store, writer * 100 + round).await;
            }
        }
    })
    .await;
    assert_eq!(version(&*store, &stream("Counter/1")).await, version_of(48));
    assert_holds(&*store, 48).await;
}

pub(crate) async fn every_loser_learns_a_version_that_was_reached(subject: Subject) {
    let store = subject.events();
    let answers = together(32, |writer| {
        let store = store.clone();
        async move {
            let expected = exact(writer % 4);
            (
                writer % 4,
                store
                    .append(append("Claim/1", expected, writer..=writer))
                    .await,
            )
        }
    })
    .await;
    let reached = version(&*store, &stream("Claim/1")).await;
    let mut won = 0;
    for (expected, answer) in answers {
        match answer {
            Ok(appended) => {
                assert_eq!(appended.version(), version_of(expected + 1));
                won += 1;
            }
            Err(AppendError::Conflict(conflict)) => {
                assert_ne!(
                    conflict.actual,
                    version_of(expected),
                    "a conflict without a reason"
                );
                assert!(conflict.actual <= reached, "a version nobody reached");
            }
            Err(error) => panic!("neither won nor conflicted: {error:?}"),
        }
    }
    assert_eq!(
        version_of(won),
        reached,
        "another number of winners than of events"
    );
    assert_eq!(history(&*store).await.len() as u64, won);
}

/// Two events from each writer, for one stream, all at once.
async fn race(
    store: &Arc<dyn EventStore>,
    expected: ExpectedVersion,
) -> Vec<Result<Appended, AppendError>> {
    together(WRITERS, |writer| {
        let store = store.clone();
        let append = append("Claim/1", expected, writer * 10..=writer * 10 + 1);
        async move { store.append(append).await }
    })
    .await
}

fn assert_one_winner(
    answers: Vec<Result<Appended, AppendError>>,
    expected: ExpectedVersion,
    actual: u64,
) {
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(
        won.len(),
        1,
        "of writers that expect {expected} exactly one wins"
    );
    for answer in lost {
        assert_conflict(answer, &stream("Claim/1"), expected, actual);
    }
}

/// What a repository does: load, decide, append with the loaded version, again on a conflict.
async fn add_one(store: &dyn EventStore, number: u64) {
    loop {
        let loaded = version(store, &stream("Counter/1")).await;
        let append = append("Counter/1", ExpectedVersion::Exact(loaded), number..=number);
        match store.append(append).await {
            Ok(_) => return,
            Err(AppendError::Conflict(conflict)) => {
                assert!(
                    conflict.actual > loaded,
                    "a conflict with what was just read"
                );
            }
            Err(error) => panic!("neither won nor conflicted: {error:?}"),
        }
    }
}
