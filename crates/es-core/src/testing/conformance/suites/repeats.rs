//! The same append again (I5).

use std::sync::Arc;

use super::super::concurrency::together;
use super::super::material::{acknowledged, and, append, append_id, exact, seed, stream};
use super::super::observe::{assert_holds, history};
use super::super::subject::Subject;
use crate::ExpectedVersion::{Any, Exists, NoStream};
use crate::{Append, Appended, EventStore, MAX_APPEND_EVENTS};

pub(crate) async fn give_the_first_result_and_write_nothing(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/2", 100..=100).await;
    for expected in [NoStream, exact(2)] {
        let start = if expected == NoStream { 1 } else { 11 };
        let once = append("Claim/1", expected, start..=start + 1);
        let first = acknowledged(&*store, once.clone()).await;
        let before = history(&*store).await;
        for _ in 0..3 {
            assert_repeats(&acknowledged(&*store, once.clone()).await, &first);
        }
        assert_eq!(history(&*store).await, before, "a repeat changed the store");
    }
}

pub(crate) async fn are_known_after_the_stream_moved_on(subject: Subject) {
    let store = subject.events();
    let creation = append("Claim/1", NoStream, 1..=2);
    let change = append("Claim/1", exact(2), 3..=3);
    let created = acknowledged(&*store, creation.clone()).await;
    let changed = acknowledged(&*store, change.clone()).await;
    for number in 10..15 {
        seed(&*store, "Claim/1", number..=number).await;
        seed(&*store, "Claim/2", number + 100..=number + 101).await;
    }
    assert_repeats(&acknowledged(&*store, creation).await, &created);
    assert_repeats(&acknowledged(&*store, change).await, &changed);
    assert_holds(&*store, 18).await;
}

pub(crate) async fn do_not_look_at_expected_versions(subject: Subject) {
    let store = subject.events();
    let created = acknowledged(&*store, append("Claim/1", NoStream, 1..=2)).await;
    let changed = acknowledged(&*store, append("Claim/1", exact(2), 3..=4)).await;
    for expected in [NoStream, exact(0), exact(1), exact(7)] {
        let again = append("Claim/1", expected, 1..=2);
        assert_repeats(&acknowledged(&*store, again).await, &created);
        let again = append("Claim/1", expected, 3..=4);
        assert_repeats(&acknowledged(&*store, again).await, &changed);
    }
    assert_holds(&*store, 4).await;
}

pub(crate) async fn are_known_by_an_id_of_the_callers(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=1).await;
    let once = append("Claim/1", exact(1), 2..=3).with_id(append_id(0xCAFE));
    let first = acknowledged(&*store, once.clone()).await;
    seed(&*store, "Claim/1", 4..=4).await;
    assert_repeats(&acknowledged(&*store, once).await, &first);
    assert_holds(&*store, 4).await;
}

pub(crate) async fn of_a_large_append_are_known(subject: Subject) {
    let store = subject.events();
    let once = append("Claim/1", NoStream, 1..=MAX_APPEND_EVENTS as u64);
    let first = acknowledged(&*store, once.clone()).await;
    seed(&*store, "Claim/1", 9_999..=9_999).await;
    assert_repeats(&acknowledged(&*store, once).await, &first);
    assert_holds(&*store, MAX_APPEND_EVENTS + 1).await;
}

pub(crate) async fn are_known_whatever_was_expected(subject: Subject) {
    let store = subject.events();
    for (start, expected) in [(1, Any), (11, Exists), (21, Any)] {
        let once = append("Claim/1", expected, start..=start + 1);
        let first = acknowledged(&*store, once.clone()).await;
        assert_repeats(&acknowledged(&*store, once.clone()).await, &first);
        seed(&*store, "Claim/1", start + 5..=start + 5).await;
        assert_repeats(&acknowledged(&*store, once).await, &first);
    }
    assert_holds(&*store, 9).await;
}

pub(crate) async fn are_known_by_an_id_of_the_callers_whatever_was_expected(subject: Subject) {
    let store = subject.events();
    let once = append("Claim/1", Any, 1..=2).with_id(append_id(0xCAFE));
    let first = acknowledged(&*store, once.clone()).await;
    seed(&*store, "Claim/1", 3..=3).await;
    assert_repeats(&acknowledged(&*store, once).await, &first);
    assert_holds(&*store, 3).await;
}

pub(crate) async fn over_several_streams_are_known(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/2", 100..=100).await;
    let once = and(
        append("Claim/1", NoStream, 1..=2),
        "Claim/2",
        exact(1),
        3..=4,
    );
    let first = acknowledged(&*store, once.clone()).await;
    assert_repeats(&acknowledged(&*store, once.clone()).await, &first);
    seed(&*store, "Claim/2", 101..=101).await;
    assert_repeats(&acknowledged(&*store, once).await, &first);
    assert_holds(&*store, 6).await;
}

pub(crate) async fn with_a_check_that_fails_now_are_known(subject: Subject) {
    let store = subject.events();
    let once = append("Claim/1", NoStream, 1..=2).check(stream("Policy/1"), NoStream);
    let once = once.expect("a valid append");
    let first = acknowledged(&*store, once.clone()).await;
    seed(&*store, "Policy/1", 3..=3).await;
    assert_repeats(&acknowledged(&*store, once).await, &first);
    assert_holds(&*store, 3).await;
}

pub(crate) async fn from_16_tasks_at_once_store_one(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 100..=100).await;
    for round in 0..5 {
        let once = append("Claim/1", exact(1 + round * 3), round * 3..=round * 3 + 2);
        assert_one_stored(&store, once).await;
    }
    assert_holds(&*store, 16).await;
}

pub(crate) async fn from_16_tasks_at_once_store_one_whatever_was_expected(subject: Subject) {
    let store = subject.events();
    for round in 0..5 {
        let once = append("Claim/1", Any, round * 3..=round * 3 + 2);
        assert_one_stored(&store, once).await;
    }
    assert_holds(&*store, 15).await;
}

pub(crate) async fn over_several_streams_from_16_tasks_store_one(subject: Subject) {
    let store = subject.events();
    for round in 0..5 {
        let expected = if round == 0 { NoStream } else { exact(round) };
        let once = append("Claim/1", expected, round * 2..=round * 2);
        let once = and(once, "Claim/2", expected, round * 2 + 1..=round * 2 + 1);
        assert_one_stored(&store, once).await;
    }
    assert_holds(&*store, 10).await;
}

/// Sixteen tasks send one append; one of them finds it new, and all get the same places.
async fn assert_one_stored(store: &Arc<dyn EventStore>, once: Append) {
    let answers = together(16, |_| {
        let (store, once) = (store.clone(), once.clone());
        async move { acknowledged(&*store, once).await }
    })
    .await;
    let new: Vec<_> = answers
        .iter()
        .filter(|appended| !appended.repeated)
        .collect();
    let [first] = new[..] else {
        panic!("{} of 16 repeats were stored as new", new.len())
    };
    for again in answers.iter().filter(|appended| appended.repeated) {
        assert_repeats(again, first);
    }
}

/// The answer says that it is a repeat, and where the first one went.
pub(super) fn assert_repeats(again: &Appended, first: &Appended) {
    assert!(again.repeated, "a repeat was not recognised: {again:?}");
    let first = Appended {
        repeated: true,
        ..first.clone()
    };
    assert_eq!(*again, first, "a repeat was told another place");
}
