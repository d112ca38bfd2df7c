//! What a durable store still knows after it was stopped and started (I4, I5).

use std::time::Duration;

use futures_util::future::join;

use super::super::concurrency::together;
use super::super::material::{
    acknowledged, and, append, append_id, exact, of_events, position, seed, stream, version_of,
};
use super::super::observe::{
    assert_conflict, assert_holds, assert_id_reused, assert_nothing_written, assert_stored, history,
};
use super::super::subject::Subject;
use super::repeats::assert_repeats;
use super::{checkpoints, documents, snapshots};
use crate::ExpectedVersion::{Any, Exists, NoStream};
use crate::testing::sample_event;
use crate::{Clock, EventFilter, Metadata, Position, Subscription, Timestamp};

pub(crate) async fn an_empty_store_stays_empty(mut subject: Subject) {
    for _ in 0..2 {
        subject.reopen().await;
        assert_nothing_written(&*subject.events()).await;
    }
}

pub(crate) async fn keeps_every_event(mut subject: Subject) {
    let before = {
        let store = subject.events();
        for start in [1, 11, 21, 31] {
            seed(&*store, &format!("Claim/{}", start % 3), start..=start + 5).await;
        }
        let event = sample_event(50).with_metadata(
            Metadata::new()
                .with_actor("assessor:7")
                .with_header("tenant", "north"),
        );
        acknowledged(&*store, of_events("Policy/1", NoStream, vec![event])).await;
        history(&*store).await
    };
    subject.reopen().await;
    assert_eq!(
        history(&*subject.events()).await,
        before,
        "a restart changed the history"
    );
}

pub(crate) async fn keeps_large_events(mut subject: Subject) {
    let before = {
        let store = subject.events();
        let mut large = sample_event(1);
        large.payload.data = vec![3; 1024 * 1024].into();
        acknowledged(&*store, of_events("Claim/1", NoStream, vec![large])).await;
        seed(&*store, "Claim/2", 1_000..=4_999).await;
        history(&*store).await
    };
    subject.reopen().await;
    assert!(
        history(&*subject.events()).await == before,
        "a restart changed the history"
    );
}

pub(crate) async fn goes_on_with_the_next_position_and_version(mut subject: Subject) {
    seed(&*subject.events(), "Claim/1", 1..=3).await;
    seed(&*subject.events(), "Claim/2", 4..=4).await;
    subject.reopen().await;
    let store = subject.events();
    let appended = acknowledged(&*store, append("Claim/1", exact(3), 5..=6)).await;
    assert_eq!(appended.first_position, position(5));
    assert_eq!(appended.version(), version_of(5));
    assert_holds(&*store, 6).await;
}

pub(crate) async fn knows_versions_for_conflicts(mut subject: Subject) {
    seed(&*subject.events(), "Claim/1", 1..=3).await;
    subject.reopen().await;
    let store = subject.events();
    for (number, expected) in [NoStream, exact(0), exact(2), exact(4)]
        .into_iter()
        .enumerate()
    {
        let number = number as u64 + 10;
        let answer = store
            .append(append("Claim/1", expected, number..=number))
            .await;
        assert_conflict(answer, &stream("Claim/1"), expected, 3);
    }
    let answer = store.append(append("Claim/2", Exists, 20..=20)).await;
    assert_conflict(answer, &stream("Claim/2"), Exists, 0);
    assert_holds(&*store, 3).await;
}

pub(crate) async fn knows_repeats(mut subject: Subject) {
    let own = append("Claim/1", NoStream, 1..=2);
    let given = append("Claim/1", exact(2), 3..=4).with_id(append_id(7));
    let (first, second) = {
        let store = subject.events();
        (
            acknowledged(&*store, own.clone()).await,
            acknowledged(&*store, given.clone()).await,
        )
    };
    for _ in 0..2 {
        subject.reopen().await;
        let store = subject.events();
        assert_repeats(&acknowledged(&*store, own.clone()).await, &first);
        assert_repeats(&acknowledged(&*store, given.clone()).await, &second);
        assert_holds(&*store, 4).await;
    }
}

pub(crate) async fn knows_repeats_whatever_was_expected(mut subject: Subject) {
    let own = append("Claim/1", Any, 1..=2);
    let given = append("Claim/1", Exists, 3..=4).with_id(append_id(7));
    let (first, second) = {
        let store = subject.events();
        (
            acknowledged(&*store, own.clone()).await,
            acknowledged(&*store, given.clone()).await,
        )
    };
    subject.reopen().await;
    let store = subject.events();
    seed(&*store, "Claim/1", 10..=10).await;
    assert_repeats(&acknowledged(&*store, own).await, &first);
    assert_repeats(&acknowledged(&*store, given).await, &second);
    assert_holds(&*store, 5).await;
}

pub(crate) async fn knows_repeats_over_several_streams(mut subject: Subject) {
    let once = and(
        append("Claim/1", NoStream, 1..=2),
        "Claim/2",
        NoStream,
        3..=3,
    );
    let first = acknowledged(&*subject.events(), once.clone()).await;
    subject.reopen().await;
    let store = subject.events();
    assert_repeats(&acknowledged(&*store, once).await, &first);
    assert_holds(&*store, 3).await;
}

pub(crate) async fn refuses_reused_ids(mut subject: Subject) {
    acknowledged(&*subject.events(), append("Claim/1", NoStream, 1..=2)).await;
    subject.reopen().await;
    let store = subject.events();
    let other = append("Claim/1", NoStream, 1..=1);
    assert_id_reused(store.append(other.clone()).await, &other);
    assert_holds(&*store, 2).await;
}

pub(crate) async fn finds_events_by_id(mut subject: Subject) {
    seed(&*subject.events(), "Claim/1", 1..=5).await;
    subject.reopen().await;
    let store = subject.events();
    for event in history(&*store).await {
        let found = store.read_event(event.id).await.expect("a look-up by id");
        assert_eq!(found, Some(event));
    }
    let nothing = store
        .read_event(sample_event(9).id)
        .await
        .expect("a look-up by id");
    assert_eq!(nothing, None);
}

pub(crate) async fn keeps_snapshots(mut subject: Subject) {
    {
        let store = subject.snapshots();
        for version in [3, 6, 9] {
            snapshots::save(
                &*store,
                &snapshots::snapshot("Claim/1", version, version),
                2,
            )
            .await;
        }
        snapshots::save(&*store, &snapshots::snapshot("Claim/2", 1, 1), 2).await;
        store
            .delete_snapshots(&stream("Claim/2"))
            .await
            .expect("a deletion");
    }
    subject.reopen().await;
    let store = subject.snapshots();
    for (at_most, due) in [(9, Some(9)), (8, Some(6)), (5, None)] {
        let due = due.map(|version| snapshots::snapshot("Claim/1", version, version));
        assert_eq!(
            snapshots::load(&*store, "Claim/1", at_most).await,
            due,
            "at most {at_most}"
        );
    }
    assert_eq!(snapshots::load(&*store, "Claim/2", 9).await, None);
}

pub(crate) async fn keeps_checkpoints(mut subject: Subject) {
    {
        let store = subject.checkpoints();
        for (name, from, to) in [
            ("a", 0, 5),
            ("b", 0, 6),
            ("b", 6, 0),
            ("c", 0, 7),
            ("c", 7, 2),
        ] {
            checkpoints::save(&*store, name, from, to)
                .await
                .expect("it stands there");
        }
    }
    subject.reopen().await;
    let store = subject.checkpoints();
    let due = [("a".to_owned(), 5), ("c".to_owned(), 2)];
    assert_eq!(checkpoints::list(&*store).await, due);
    assert!(
        checkpoints::save(&*store, "a", 4, 8).await.is_err(),
        "moved from elsewhere"
    );
    checkpoints::save(&*store, "a", 5, 8)
        .await
        .expect("it stands there");
}

pub(crate) async fn keeps_documents(mut subject: Subject) {
    {
        let store = subject.documents();
        for (kind, name, from, text) in [
            ("rules", "a", 0, "one"),
            ("rules", "b", 0, "two"),
            ("rules", "b", 1, "three"),
            ("keys", "a", 0, ""),
        ] {
            documents::save(&*store, kind, name, from, text)
                .await
                .expect("it stands there");
        }
    }
    for _ in 0..2 {
        subject.reopen().await;
        let store = subject.documents();
        let due = [
            documents::document("a", 1, "one"),
            documents::document("b", 2, "three"),
        ];
        assert_eq!(documents::list(&*store, "rules").await, due);
        let due = [documents::document("a", 1, "")];
        assert_eq!(documents::list(&*store, "keys").await, due);
    }
    let store = subject.documents();
    let elsewhere = documents::save(&*store, "rules", "b", 1, "four").await;
    documents::assert_changed(elsewhere, ("rules", "b"), 1, 2);
    documents::save(&*store, "rules", "b", 2, "four")
        .await
        .expect("it stands there");
}

pub(crate) async fn never_goes_back_in_time(mut subject: Subject) {
    seed(&*subject.events(), "Claim/1", 1..=2).await;
    let before = subject.clock().now();
    subject.reopen().await;
    let clock = subject.clock();
    clock.set(Timestamp::from_micros(before.as_micros() - 3_600_000_000));
    seed(&*subject.events(), "Claim/1", 3..=3).await;
    // The history looks at the times.
    assert_holds(&*subject.events(), 3).await;
    clock.set(before.plus(Duration::from_secs(1)));
    seed(&*subject.events(), "Claim/1", 4..=4).await;
    assert_holds(&*subject.events(), 4).await;
}

pub(crate) async fn lets_subscriptions_go_on(mut subject: Subject) {
    let place = {
        let store = subject.events();
        seed(&*store, "Claim/1", 1..=3).await;
        let mut events = Subscription::new(store, Position::START, EventFilter::all());
        events.next().await.expect("the first event");
        events.position()
    };
    subject.reopen().await;
    let store = subject.events();
    let mut events = Subscription::new(store.clone(), place, EventFilter::all());
    for due in 2..=3 {
        assert_eq!(
            events.next().await.expect("a stored event").position,
            position(due)
        );
    }
    let (next, _) = join(events.next(), seed(&*store, "Claim/2", 4..=4)).await;
    assert_eq!(next.expect("a live event").position, position(4));
}

pub(crate) async fn may_happen_many_times(mut subject: Subject) {
    for round in 0..6 {
        let store = subject.events();
        let once = append("Claim/1", exact(round * 2), round * 2..=round * 2 + 1);
        assert!(!acknowledged(&*store, once).await.repeated);
        assert_holds(&*store, (round as usize + 1) * 2).await;
        drop(store);
        subject.reopen().await;
    }
    assert_holds(&*subject.events(), 12).await;
}

pub(crate) async fn right_after_a_race_loses_nothing(mut subject: Subject) {
    let appends = {
        let store = subject.events();
        together(16, |writer| {
            let store = store.clone();
            let once = append(
                &format!("Claim/{}", writer % 3),
                Any,
                writer * 10..=writer * 10 + 2,
            );
            async move { (once.clone(), acknowledged(&*store, once).await) }
        })
        .await
    };
    subject.reopen().await;
    let history = history(&*subject.events()).await;
    assert_eq!(history.len(), 48);
    for (append, appended) in &appends {
        assert_stored(&history, append, appended);
    }
}
