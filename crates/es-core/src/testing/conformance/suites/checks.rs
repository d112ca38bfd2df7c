//! Streams that an append only looks at (I1, I2).

use futures_util::future::join;

use super::super::concurrency::together;
use super::super::material::{acknowledged, and, append, exact, seed, stream, version_of};
use super::super::observe::{
    assert_conflict, assert_holds, assert_nothing_written, history, version, whole_stream,
};
use super::super::subject::Subject;
use crate::ExpectedVersion::{Any, Exists, NoStream};
use crate::{Append, AppendError, ExpectedVersion};

pub(crate) async fn a_checked_stream_is_not_written_to(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Policy/1", 1..=2).await;
    let before = whole_stream(&*store, &stream("Policy/1")).await;
    let checked = check(append("Claim/1", Any, 3..=4), "Policy/1", exact(2));
    let appended = acknowledged(&*store, checked).await;
    let named: Vec<_> = appended
        .streams
        .iter()
        .map(|answer| answer.stream.as_str())
        .collect();
    assert_eq!(
        named,
        ["Claim/1"],
        "the answer is about written streams only"
    );
    assert_eq!(whole_stream(&*store, &stream("Policy/1")).await, before);
    assert_holds(&*store, 4).await;
}

pub(crate) async fn each_expectation_is_checked(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Policy/1", 1..=2).await;
    let passes = [
        ("Policy/1", Exists),
        ("Policy/1", exact(2)),
        ("Policy/2", NoStream),
    ];
    let passes = passes.into_iter().chain([("Policy/2", exact(0))]);
    for (number, (name, expected)) in passes.enumerate() {
        let number = number as u64 + 10;
        let checked = check(append("Claim/1", Any, number..=number), name, expected);
        acknowledged(&*store, checked).await;
    }
    let fails = [
        ("Policy/1", NoStream, 2),
        ("Policy/1", exact(1), 2),
        ("Policy/1", exact(3), 2),
    ];
    let fails = fails.into_iter().chain([
        ("Policy/1", exact(0), 2),
        ("Policy/2", Exists, 0),
        ("Policy/2", exact(1), 0),
    ]);
    for (name, expected, actual) in fails {
        let checked = check(append("Claim/1", Any, 99..=99), name, expected);
        assert_conflict(store.append(checked).await, &stream(name), expected, actual);
    }
    assert_holds(&*store, 6).await;
}

pub(crate) async fn a_failed_check_says_the_actual_version_and_writes_nothing(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Policy/1", 1..=3).await;
    let before = history(&*store).await;
    let checked = check(append("Claim/1", NoStream, 10..=12), "Policy/1", exact(2));
    assert_conflict(
        store.append(checked).await,
        &stream("Policy/1"),
        exact(2),
        3,
    );
    assert_eq!(
        history(&*store).await,
        before,
        "a refused append changed the store"
    );
}

pub(crate) async fn a_failed_check_stops_all_writes(subject: Subject) {
    let store = subject.events();
    let both = and(
        append("Claim/1", NoStream, 1..=2),
        "Claim/2",
        NoStream,
        3..=3,
    );
    let checked = check(check(both, "Policy/1", NoStream), "Policy/2", Exists);
    assert_conflict(store.append(checked).await, &stream("Policy/2"), Exists, 0);
    assert_nothing_written(&*store).await;
}

/// Write skew: each of two writes what the other one checks.
pub(crate) async fn of_two_appends_that_check_each_other_at_most_one_wins(subject: Subject) {
    let store = subject.events();
    let mut stored = 0;
    for round in 0..20 {
        let [left, right] = [
            format!("Doctor/left-{round}"),
            format!("Doctor/right-{round}"),
        ];
        let answers = together(2, |side| {
            let store = store.clone();
            let (own, other) = if side == 0 {
                (&left, &right)
            } else {
                (&right, &left)
            };
            let number = round * 2 + side;
            let checked = check(append(own, NoStream, number..=number), other, NoStream);
            async move { store.append(checked).await }
        })
        .await;
        let won = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(
            won, 1,
            "both saw the other's stream empty, or neither did: {answers:?}"
        );
        stored += won;
    }
    assert_holds(&*store, stored).await;
}

pub(crate) async fn a_check_sees_every_append_before_it(subject: Subject) {
    let store = subject.events();
    let (writer, checker) = (store.clone(), store.clone());
    let bump = async move {
        for number in 0..20 {
            acknowledged(&*writer, append("Policy/1", exact(number), number..=number)).await;
        }
    };
    let judge = async move {
        let mut judged = Vec::new();
        for number in 100..120 {
            let seen = version(&*checker, &stream("Policy/1")).await;
            let claim = append("Claim/1", Any, number..=number);
            match checker
                .append(check(claim, "Policy/1", ExpectedVersion::Exact(seen)))
                .await
            {
                Ok(appended) => judged.push((appended.first_position, seen)),
                Err(AppendError::Conflict(conflict)) => assert!(conflict.actual > seen),
                Err(error) => panic!("neither won nor conflicted: {error:?}"),
            }
        }
        judged
    };
    let (bumped, judged) = join(tokio::spawn(bump), tokio::spawn(judge)).await;
    bumped.expect("the writer");
    let history = history(&*store).await;
    for (position, seen) in judged.expect("the checker") {
        let before = history.iter().take_while(|event| event.position < position);
        let policies = before
            .filter(|event| event.stream.category() == "Policy")
            .count();
        assert_eq!(
            seen,
            version_of(policies as u64),
            "the check at {position} was stale"
        );
    }
}

fn check(append: Append, name: &str, expected: ExpectedVersion) -> Append {
    append
        .check(stream(name), expected)
        .expect("a valid append")
}
