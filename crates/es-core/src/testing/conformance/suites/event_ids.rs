//! Events found by their ids (I4).

use super::super::material::{acknowledged, and, append, exact, seed};
use super::super::observe::history;
use super::super::subject::Subject;
use crate::ExpectedVersion::{Any, NoStream};
use crate::testing::sample_event;
use crate::{EventId, EventStore, RecordedEvent};

pub(crate) async fn find_each_event(subject: Subject) {
    let store = subject.events();
    for start in [1, 11, 21] {
        seed(&*store, &format!("Claim/{}", start % 2), start..=start + 3).await;
    }
    seed(&*store, "Claim/9", 1_000..=1_500).await;
    for event in history(&*store).await {
        assert_eq!(
            find(&*store, event.id).await.as_ref(),
            Some(&event),
            "found another event"
        );
    }
}

pub(crate) async fn find_nothing_where_there_is_nothing(subject: Subject) {
    let store = subject.events();
    assert_eq!(
        find(&*store, sample_event(1).id).await,
        None,
        "in an empty store"
    );
    seed(&*store, "Claim/1", 1..=3).await;
    for number in [0, 4, u64::MAX] {
        assert_eq!(find(&*store, sample_event(number).id).await, None);
    }
}

pub(crate) async fn find_the_first_of_several_with_one_id(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=3).await;
    acknowledged(&*store, append("Claim/2", NoStream, 2..=3)).await;
    acknowledged(&*store, append("Claim/1", exact(3), 3..=3)).await;
    let history = history(&*store).await;
    for first in &history[..3] {
        let found = find(&*store, first.id).await;
        assert_eq!(
            found.as_ref(),
            Some(first),
            "not the first event with this id"
        );
    }
}

pub(crate) async fn find_nothing_of_an_append_that_conflicted(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=1).await;
    let refused = store.append(append("Claim/1", NoStream, 2..=4)).await;
    assert!(refused.is_err_and(|error| error.is_conflict()));
    for number in 2..=4 {
        assert_eq!(
            find(&*store, sample_event(number).id).await,
            None,
            "a refused event is there"
        );
    }
}

pub(crate) async fn find_events_of_several_streams(subject: Subject) {
    let store = subject.events();
    let both = and(append("Claim/1", Any, 1..=2), "Claim/2", Any, 3..=4);
    acknowledged(&*store, both).await;
    for event in history(&*store).await {
        assert_eq!(
            find(&*store, event.id).await.as_ref(),
            Some(&event),
            "found another event"
        );
    }
}

async fn find(store: &dyn EventStore, id: EventId) -> Option<RecordedEvent> {
    store.read_event(id).await.expect("a look-up by id")
}
