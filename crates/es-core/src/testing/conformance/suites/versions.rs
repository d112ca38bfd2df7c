//! Versions of a stream, and what appends expect of them (I2).

use super::super::material::{acknowledged, append, exact, seed, stream, version_of};
use super::super::observe::{
    assert_conflict, assert_history, assert_holds, history, ids, version, whole_stream,
};
use super::super::subject::Subject;
use crate::ExpectedVersion::{Any, Exists, NoStream};
use crate::StreamVersion;

pub(crate) async fn count_from_one_without_a_hole(subject: Subject) {
    let store = subject.events();
    let mut appends = Vec::new();
    for numbers in [1..=1, 2..=4, 5..=5, 6..=10] {
        let append = append("Claim/1", Any, numbers.clone());
        let appended = acknowledged(&*store, append.clone()).await;
        assert!(!appended.repeated, "a new append was taken for a repeat");
        assert_eq!(appended.version(), version_of(*numbers.end()));
        assert_eq!(
            appended.streams[0].first_version,
            version_of(*numbers.start())
        );
        appends.push((append, appended));
    }
    assert_history(&*store, &appends).await;
    assert_eq!(version(&*store, &stream("Claim/1")).await, version_of(10));
}

pub(crate) async fn are_counted_for_each_stream_alone(subject: Subject) {
    let store = subject.events();
    for round in 0..3 {
        for (offset, name) in ["Claim/1", "Claim/2", "Policy/1"].into_iter().enumerate() {
            let number = round * 3 + offset as u64 + 1;
            let appended = seed(&*store, name, number..=number).await;
            assert_eq!(appended.version(), version_of(round + 1), "in {name}");
        }
    }
    assert_holds(&*store, 9).await;
}

pub(crate) async fn expecting_any_appends_after_whatever_is_there(subject: Subject) {
    let store = subject.events();
    let first = acknowledged(&*store, append("Claim/1", Any, 1..=2)).await;
    let second = acknowledged(&*store, append("Claim/1", Any, 3..=3)).await;
    assert_eq!(
        (first.version(), second.version()),
        (version_of(2), version_of(3))
    );
    assert_holds(&*store, 3).await;
}

pub(crate) async fn expecting_no_stream_needs_an_empty_one(subject: Subject) {
    let store = subject.events();
    acknowledged(&*store, append("Claim/1", NoStream, 1..=2)).await;
    let answer = store.append(append("Claim/1", NoStream, 3..=3)).await;
    assert_conflict(answer, &stream("Claim/1"), NoStream, 2);
    acknowledged(&*store, append("Claim/2", NoStream, 4..=4)).await;
    assert_holds(&*store, 3).await;
}

pub(crate) async fn expecting_an_existing_stream_needs_an_event(subject: Subject) {
    let store = subject.events();
    let answer = store.append(append("Claim/1", Exists, 1..=1)).await;
    assert_conflict(answer, &stream("Claim/1"), Exists, 0);
    seed(&*store, "Claim/1", 2..=2).await;
    let appended = acknowledged(&*store, append("Claim/1", Exists, 3..=3)).await;
    assert_eq!(appended.version(), version_of(2));
    assert_holds(&*store, 2).await;
}

pub(crate) async fn expecting_an_exact_version_needs_that_version(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=3).await;
    for stale in [0, 1, 2] {
        let answer = store
            .append(append("Claim/1", exact(stale), 10 + stale..=10 + stale))
            .await;
        assert_conflict(answer, &stream("Claim/1"), exact(stale), 3);
    }
    let appended = acknowledged(&*store, append("Claim/1", exact(3), 20..=21)).await;
    assert_eq!(appended.streams[0].first_version, version_of(4));
    assert_holds(&*store, 5).await;
}

pub(crate) async fn expecting_exactly_the_empty_version_needs_an_empty_stream(subject: Subject) {
    let store = subject.events();
    acknowledged(&*store, append("Claim/1", exact(0), 1..=1)).await;
    let answer = store.append(append("Claim/1", exact(0), 2..=2)).await;
    assert_conflict(answer, &stream("Claim/1"), exact(0), 1);
    assert_holds(&*store, 1).await;
}

pub(crate) async fn a_version_that_is_not_reached_yet_conflicts(subject: Subject) {
    let store = subject.events();
    let answer = store.append(append("Claim/1", exact(1), 1..=1)).await;
    assert_conflict(answer, &stream("Claim/1"), exact(1), 0);
    seed(&*store, "Claim/1", 2..=3).await;
    for ahead in [3, 4, 1_000_000, StreamVersion::MAX.get()] {
        let answer = store.append(append("Claim/1", exact(ahead), 4..=4)).await;
        assert_conflict(answer, &stream("Claim/1"), exact(ahead), 2);
    }
    assert_holds(&*store, 2).await;
}

pub(crate) async fn a_conflict_says_the_actual_version_and_writes_nothing(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=5).await;
    let before = history(&*store).await;
    let answer = store.append(append("Claim/1", exact(4), 10..=12)).await;
    assert_conflict(answer, &stream("Claim/1"), exact(4), 5);
    assert_eq!(
        history(&*store).await,
        before,
        "a refused append changed the store"
    );
}

pub(crate) async fn a_conflict_leaves_the_stream_open_for_the_next_append(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=1).await;
    let answer = store.append(append("Claim/1", NoStream, 2..=2)).await;
    assert_conflict(answer, &stream("Claim/1"), NoStream, 1);
    acknowledged(&*store, append("Claim/1", exact(1), 3..=3)).await;
    let stored = ids(&whole_stream(&*store, &stream("Claim/1")).await);
    assert_eq!(stored, ids_of(&[1, 3]));
    assert_holds(&*store, 2).await;
}

fn ids_of(numbers: &[u64]) -> Vec<crate::EventId> {
    numbers
        .iter()
        .map(|n| crate::testing::sample_event(*n).id)
        .collect()
}
