//! One append id for two contents, and ids that only look used (I5).

use super::super::Ability;
use super::super::concurrency::together;
use super::super::material::{
    acknowledged, and, append, append_id, events, exact, of_events, seed, stream,
};
use super::super::observe::{assert_conflict, assert_holds, assert_id_reused, history};
use super::super::subject::Subject;
use super::repeats::assert_repeats;
use crate::ExpectedVersion::{Any, NoStream};
use crate::testing::sample_event;
use crate::{Append, AppendError, Appended, Metadata, NewEvent, TypeName};

pub(crate) async fn with_another_payload_are_refused(subject: Subject) {
    let other = |mut events: Vec<NewEvent>| {
        events[1].payload.data = "{\"n\":7}".into();
        events
    };
    assert_refused(&subject, other).await;
}

pub(crate) async fn with_another_name_are_refused(subject: Subject) {
    let other = |mut events: Vec<NewEvent>| {
        events[0].name = TypeName::from_static("ClaimRejected");
        events
    };
    assert_refused(&subject, other).await;
}

pub(crate) async fn with_other_metadata_are_refused(subject: Subject) {
    let other = |mut events: Vec<NewEvent>| {
        events[2].metadata = Metadata::new().with_actor("assessor:8");
        events
    };
    assert_refused(&subject, other).await;
}

pub(crate) async fn with_fewer_events_are_refused(subject: Subject) {
    assert_refused(&subject, |events| events[..2].to_vec()).await;
}

pub(crate) async fn with_more_events_are_refused(subject: Subject) {
    let other = |mut events: Vec<NewEvent>| {
        events.push(sample_event(50));
        events
    };
    assert_refused(&subject, other).await;
}

pub(crate) async fn with_events_in_another_order_are_refused(subject: Subject) {
    let other = |mut events: Vec<NewEvent>| {
        events.swap(1, 2);
        events
    };
    assert_refused(&subject, other).await;
}

pub(crate) async fn with_other_event_ids_are_refused(subject: Subject) {
    let other = |mut events: Vec<NewEvent>| {
        events[1].id = sample_event(51).id;
        events
    };
    assert_refused(&subject, other).await;
}

pub(crate) async fn with_another_stream_are_refused(subject: Subject) {
    let store = subject.events();
    acknowledged(&*store, append("Claim/1", NoStream, 1..=3)).await;
    for expected in [NoStream, Any] {
        let elsewhere = append("Claim/2", expected, 1..=3);
        assert_id_reused(store.append(elsewhere.clone()).await, &elsewhere);
    }
    assert_holds(&*store, 3).await;
}

pub(crate) async fn with_another_distribution_over_streams_are_refused(subject: Subject) {
    let store = subject.events();
    let once = and(
        append("Claim/1", NoStream, 1..=2),
        "Claim/2",
        NoStream,
        3..=4,
    );
    let first = acknowledged(&*store, once.clone()).await;
    let others = [
        and(
            append("Claim/1", NoStream, 1..=1),
            "Claim/2",
            NoStream,
            2..=4,
        ),
        and(
            append("Claim/1", NoStream, 1..=2),
            "Claim/3",
            NoStream,
            3..=4,
        ),
        append("Claim/1", NoStream, 1..=4),
        append("Claim/1", NoStream, 1..=2),
    ];
    for other in others {
        assert_id_reused(store.append(other.clone()).await, &other);
    }
    assert_repeats(&acknowledged(&*store, once).await, &first);
    assert_holds(&*store, 4).await;
}

pub(crate) async fn leave_the_first_append_as_it_was(subject: Subject) {
    let store = subject.events();
    let once = append("Claim/1", NoStream, 1..=2);
    let first = acknowledged(&*store, once.clone()).await;
    for _ in 0..3 {
        let other = append("Claim/1", NoStream, 1..=1);
        assert_id_reused(store.append(other.clone()).await, &other);
        assert_repeats(&acknowledged(&*store, once.clone()).await, &first);
    }
    assert_holds(&*store, 2).await;
}

pub(crate) async fn from_racing_tasks_store_one_content(subject: Subject) {
    let store = subject.events();
    let answers = together(16, |task| {
        let store = store.clone();
        let first = vec![sample_event(1)];
        let events = first
            .into_iter()
            .chain(events(100 + task..=100 + task))
            .collect();
        let once = of_events("Claim/1", NoStream, events);
        async move { store.append(once).await }
    })
    .await;
    let refused =
        |answer: &Result<Appended, _>| matches!(answer, Err(AppendError::IdReused { .. }));
    let stored = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused = answers.iter().filter(|answer| refused(answer)).count();
    assert_eq!((stored, refused), (1, 15), "{answers:?}");
    assert_holds(&*store, 2).await;
}

pub(crate) async fn are_not_those_of_an_append_that_conflicted(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 100..=100).await;
    let refused = append("Claim/1", NoStream, 1..=2).with_id(append_id(7));
    assert_conflict(store.append(refused).await, &stream("Claim/1"), NoStream, 1);
    let other = append("Claim/1", exact(1), 3..=5).with_id(append_id(7));
    let first = acknowledged(&*store, other.clone()).await;
    assert!(!first.repeated, "a failed append left its id used");
    assert_repeats(&acknowledged(&*store, other).await, &first);
    assert_holds(&*store, 4).await;
}

pub(crate) async fn are_not_those_of_events_in_other_appends(subject: Subject) {
    let store = subject.events();
    acknowledged(&*store, append("Claim/1", NoStream, 1..=3)).await;
    // The id of event 2, as the id of other events and as that of itself.
    let id = sample_event(2).id.into();
    let other = append("Claim/1", exact(3), 4..=5).with_id(id);
    assert!(
        !acknowledged(&*store, other).await.repeated,
        "an event id was taken for an append id"
    );
    acknowledged(&*store, append("Claim/2", NoStream, 11..=13)).await;
    let again = append("Claim/2", exact(3), 12..=13);
    assert!(
        !acknowledged(&*store, again).await.repeated,
        "an event id was taken for an append id"
    );
    assert_holds(&*store, 10).await;
}

pub(crate) async fn are_not_those_of_first_events_of_appends_with_another_id(subject: Subject) {
    let store = subject.events();
    let once = append("Claim/1", NoStream, 1..=2).with_id(append_id(7));
    let first = acknowledged(&*store, once.clone()).await;
    // The same first event, and with it the id that an append has unless it is given one.
    let other = append("Claim/1", exact(2), 1..=1);
    let second = acknowledged(&*store, other.clone()).await;
    assert!(
        !second.repeated,
        "the id of a first event was taken for that of its append"
    );
    assert_repeats(&acknowledged(&*store, once).await, &first);
    assert_repeats(&acknowledged(&*store, other).await, &second);
    assert_holds(&*store, 3).await;
}

/// Appends three events, and then others under the same append id; once under the id of the first
/// event and once under one of the caller's.
async fn assert_refused(subject: &Subject, other: impl Fn(Vec<NewEvent>) -> Vec<NewEvent>) {
    let store = subject.events();
    let own = append("Claim/1", NoStream, 1..=3);
    assert_others_refused(subject, own, &other).await;
    seed(&*store, "Claim/1", 40..=40).await;
    let given = append("Claim/2", NoStream, 11..=13).with_id(append_id(7));
    assert_others_refused(subject, given, &other).await;
    assert_holds(&*store, 7).await;
}

async fn assert_others_refused(
    subject: &Subject,
    first: Append,
    other: impl Fn(Vec<NewEvent>) -> Vec<NewEvent>,
) {
    let store = subject.events();
    acknowledged(&*store, first.clone()).await;
    let before = history(&*store).await;
    let write = &first.writes()[0];
    let mut expectations = vec![NoStream];
    if subject.supports(Ability::AppendIdsForAny) {
        expectations.extend([exact(3), exact(2), Any]);
    }
    for expected in expectations {
        let events = other(write.events.clone());
        let other = of_events(write.stream.as_str(), expected, events).with_id(first.id());
        assert_id_reused(store.append(other.clone()).await, &other);
    }
    assert_eq!(
        history(&*store).await,
        before,
        "a refused append changed the store"
    );
}
