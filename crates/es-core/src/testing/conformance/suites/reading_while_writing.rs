//! Readers beside writers (I1, I3, I4).

use std::sync::Arc;

use futures_util::future::{join, join_all};

use super::super::concurrency::together;
use super::super::material::{acknowledged, and, append, position, seed, stream};
use super::super::observe::{assert_dense, history};
use super::super::subject::Subject;
use crate::ExpectedVersion::Any;
use crate::{AllRange, EventFilter, EventStore, Position, RecordedEvent, StreamRange};

const WRITERS: u64 = 8;
const ROUNDS: u64 = 10;
/// Events of one append.
const BATCH: u64 = 4;
const ALL: u64 = WRITERS * ROUNDS * BATCH;

pub(crate) async fn readers_see_dense_prefixes_of_whole_appends(subject: Subject) {
    let store = subject.events();
    let readers = [1, 3, 50, 5_000].map(|limit| follow(store.clone(), limit, EventFilter::all()));
    let (_, seen) = join(write(&store), join_all(readers)).await;
    let history = history(&*store).await;
    for seen in seen {
        assert_dense(&seen);
        assert!(seen == history, "what a reader saw has changed since");
    }
}

pub(crate) async fn readers_of_several_streams_see_whole_appends(subject: Subject) {
    let store = subject.events();
    let writers = together(4, |writer| {
        let store = store.clone();
        async move {
            for round in 0..10 {
                let start = (writer * 10 + round) * 4;
                let three = append(&format!("Claim/{writer}"), Any, start..=start + 1);
                let three = and(three, "Policy/1", Any, start + 2..=start + 2);
                acknowledged(&*store, and(three, "Account/1", Any, start + 3..=start + 3)).await;
            }
        }
    });
    let reader = async {
        let mut head = 0;
        while head < 160 {
            head = store.head().await.expect("the head").get();
            assert!(head.is_multiple_of(4), "the head stands inside an append");
            let range = AllRange::after(Position::START);
            let page = store.read_all(&range).await.expect("a page");
            let whole = page.events.len().is_multiple_of(4);
            assert!(whole, "{} events, not whole appends", page.events.len());
            tokio::task::yield_now().await;
        }
    };
    join(writers, reader).await;
    history(&*store).await;
}

pub(crate) async fn filtered_readers_miss_nothing(subject: Subject) {
    let store = subject.events();
    let categories = ["W0", "W1", "W7"];
    let readers =
        categories.map(|category| follow(store.clone(), 5, EventFilter::all().category(category)));
    let (_, seen) = join(write(&store), join_all(readers)).await;
    let history = history(&*store).await;
    for (category, seen) in categories.into_iter().zip(seen) {
        let due = history
            .iter()
            .filter(|event| event.stream.category() == category);
        assert!(seen.iter().eq(due), "a reader of {category} missed events");
    }
}

pub(crate) async fn the_head_never_goes_back_and_is_readable(subject: Subject) {
    let store = subject.events();
    let reader = async {
        let mut last = Position::START;
        while last < position(ALL) {
            let head = store.head().await.expect("the head");
            assert!(head >= last, "the head went from {last} back to {head}");
            assert!(
                head.get().is_multiple_of(BATCH),
                "the head stands inside an append"
            );
            let newest = AllRange::after(head.previous()).limit(1);
            let page = store.read_all(&newest).await.expect("a page");
            let there = page
                .events
                .first()
                .is_some_and(|event| event.position == head);
            assert!(
                there || head == Position::START,
                "the event at the head is not there"
            );
            last = head;
            tokio::task::yield_now().await;
        }
    };
    join(write(&store), reader).await;
}

pub(crate) async fn an_acknowledged_append_is_readable_by_version_and_position(subject: Subject) {
    let store = subject.events();
    together(WRITERS, |writer| {
        let store = store.clone();
        async move {
            for round in 0..ROUNDS {
                let start = (writer * ROUNDS + round) * 2;
                let name = format!("Claim/{}", writer % 3);
                assert_readable(&*store, &name, start).await;
            }
        }
    })
    .await;
}

pub(crate) async fn an_acknowledged_append_is_readable_by_id(subject: Subject) {
    let store = subject.events();
    together(WRITERS, |writer| {
        let store = store.clone();
        async move {
            for round in 0..ROUNDS {
                let start = (writer * ROUNDS + round) * 2;
                let once = append(&format!("Claim/{}", writer % 3), Any, start..=start + 1);
                let appended = acknowledged(&*store, once.clone()).await;
                for (offset, event) in once.events().enumerate() {
                    let found = store.read_event(event.id).await.expect("a look-up by id");
                    let found = found.expect("an acknowledged event is found by its id");
                    assert_eq!(found.position, appended.first_position.plus(offset as u64));
                    assert!(found.is(event), "found another event");
                }
            }
        }
    })
    .await;
}

pub(crate) async fn an_acknowledged_append_is_seen_by_every_handle(subject: Subject) {
    let (writer, reader) = (subject.events(), subject.events());
    for number in 1..=10 {
        let appended = seed(&*writer, "Claim/1", number..=number).await;
        assert_eq!(
            reader.head().await.expect("the head"),
            appended.last_position
        );
        let last = StreamRange::all().backward().limit(1);
        let page = reader
            .read_stream(&stream("Claim/1"), last)
            .await
            .expect("a page");
        assert_eq!(page.events[0].version, appended.version());
    }
}

/// Eight writers, each to a stream of its own category, in appends of four.
async fn write(store: &Arc<dyn EventStore>) {
    together(WRITERS, |writer| {
        let store = store.clone();
        async move {
            for round in 0..ROUNDS {
                let start = (writer * ROUNDS + round) * BATCH;
                seed(&*store, &format!("W{writer}/1"), start..=start + BATCH - 1).await;
            }
        }
    })
    .await;
}

/// Reads on and on until all that the writers write was scanned. Where the store says that it
/// ended, it must have ended after a whole append.
async fn follow(
    store: Arc<dyn EventStore>,
    limit: usize,
    filter: EventFilter,
) -> Vec<RecordedEvent> {
    let mut seen: Vec<RecordedEvent> = Vec::new();
    let mut range = AllRange::after(Position::START).limit(limit).filter(filter);
    while range.after < position(ALL) {
        let page = store.read_all(&range).await.expect("a page");
        assert!(page.scanned_to >= range.after, "a reader was sent back");
        let whole = page.scanned_to.get().is_multiple_of(BATCH);
        assert!(whole || !page.at_end, "the store ended inside an append");
        let after = |event: &RecordedEvent| event.position > range.after;
        assert!(
            page.events.iter().all(after),
            "an event came at or below what was read"
        );
        seen.extend(page.events);
        range.after = page.scanned_to;
        tokio::task::yield_now().await;
    }
    seen
}

/// Appends two events, and reads them back at once.
async fn assert_readable(store: &dyn EventStore, name: &str, start: u64) {
    let once = append(name, Any, start..=start + 1);
    let appended = acknowledged(store, once.clone()).await;
    let place = &appended.streams[0];
    let versions = StreamRange::all()
        .from(place.first_version)
        .to(place.last_version);
    let page = store
        .read_stream(&stream(name), versions)
        .await
        .expect("a page");
    let same = page
        .events
        .iter()
        .zip(once.events())
        .filter(|(old, new)| old.is(new))
        .count();
    assert_eq!(same, 2, "an acknowledged append is not there by version");
    let range = AllRange::after(appended.first_position.previous()).until(appended.last_position);
    let by_position = store.read_all(&range).await.expect("a page").events;
    assert!(
        by_position == page.events,
        "an acknowledged append is not there by position"
    );
    let head = store.head().await.expect("the head");
    assert!(
        head >= appended.last_position,
        "the head is below an acknowledged append"
    );
}
