//! Reading everything in the order of positions: ranges and pages.

use super::super::material::{position, seed};
use super::super::observe::{history, read_all_of};
use super::super::subject::Subject;
use super::reading_streams::{assert_page_bytes, forty_mebibytes};
use crate::{AllRange, EventStore, MAX_APPEND_EVENTS, MAX_PAGE_EVENTS, Position, RecordedEvent};

pub(crate) async fn gives_every_event_in_the_order_of_positions(subject: Subject) {
    let store = subject.events();
    let all = twenty_events(&*store).await;
    let page = store
        .read_all(&AllRange::after(Position::START))
        .await
        .expect("a page");
    assert_eq!(page.events, all);
    assert_eq!(page.scanned_to, position(20));
    let page = store
        .read_all(&AllRange::after(position(20)))
        .await
        .expect("a page");
    assert!(page.events.is_empty() && page.at_end, "{page:?}");
}

pub(crate) async fn pages_of_any_size_give_the_same(subject: Subject) {
    let store = subject.events();
    let all = twenty_events(&*store).await;
    for limit in [1, 2, 3, 7, 19, 20, 21, usize::MAX] {
        for after in [0, 1, 4, 5, 19, 20] {
            let range = AllRange::after(position(after)).limit(limit);
            let read = read_all_of(&*store, range).await;
            assert_eq!(
                read,
                all[after as usize..],
                "after {after} by pages of {limit}"
            );
        }
    }
}

pub(crate) async fn a_page_holds_at_most_the_limit_and_at_least_one(subject: Subject) {
    let store = subject.events();
    twenty_events(&*store).await;
    for (limit, due) in [
        (0, 1),
        (1, 1),
        (2, 2),
        (6, 6),
        (20, 20),
        (21, 20),
        (usize::MAX, 20),
    ] {
        let range = AllRange::after(Position::START).limit(limit);
        let page = store.read_all(&range).await.expect("a page");
        assert!(
            page.events.len() <= due,
            "{} events, limit {limit}",
            page.events.len()
        );
        assert!(!page.events.is_empty(), "an empty page before the end");
        let read = read_all_of(&*store, range).await;
        assert_eq!(read.len(), 20, "pages of {limit} do not make up the store");
    }
}

pub(crate) async fn a_page_is_bounded_in_events(subject: Subject) {
    let store = subject.events();
    let count = MAX_APPEND_EVENTS as u64;
    for round in 0..3 {
        seed(&*store, "Claim/1", round * count..=(round + 1) * count - 1).await;
    }
    for limit in [MAX_PAGE_EVENTS, MAX_PAGE_EVENTS + 1, usize::MAX] {
        let range = AllRange::after(position(1)).limit(limit);
        let page = store.read_all(&range).await.expect("a page");
        assert!(
            page.events.len() <= MAX_PAGE_EVENTS,
            "{} events",
            page.events.len()
        );
        assert!(!page.at_end, "a cut page is not the end");
        let read = read_all_of(&*store, range).await;
        assert_eq!(
            read.len() as u64,
            3 * count - 1,
            "pages do not make up the store"
        );
    }
    history(&*store).await;
}

pub(crate) async fn a_page_is_bounded_in_bytes(subject: Subject) {
    let store = subject.events();
    let written = forty_mebibytes(&*store).await;
    let range = AllRange::after(Position::START);
    let page = store.read_all(&range).await.expect("a page");
    assert_page_bytes(&page.events, written);
    assert!(!page.at_end, "a cut page is not the end");
    assert_eq!(
        read_all_of(&*store, range).await.len(),
        40,
        "pages do not make up the store"
    );
}

pub(crate) async fn until_is_the_last_position_read(subject: Subject) {
    let store = subject.events();
    let all = twenty_events(&*store).await;
    for after in [0, 3, 19, 20, 25] {
        for until in [0, 1, 3, 4, 19, 20, 21, 1_000] {
            for limit in [1, 4, 1_000] {
                let range = AllRange::after(position(after))
                    .until(position(until))
                    .limit(limit);
                let read = read_all_of(&*store, range).await;
                assert_eq!(read, between(&all, after, until), "({after}, {until}]");
            }
        }
    }
}

pub(crate) async fn after_the_head_there_is_nothing(subject: Subject) {
    let store = subject.events();
    twenty_events(&*store).await;
    for after in [20, 21, 1_000_000] {
        let page = store
            .read_all(&AllRange::after(position(after)))
            .await
            .expect("a page");
        assert!(page.events.is_empty() && page.at_end, "{page:?}");
        assert_eq!(
            page.scanned_to,
            position(after),
            "a reader at {after} was sent elsewhere"
        );
    }
}

pub(crate) async fn extreme_positions_are_ranges_too(subject: Subject) {
    let store = subject.events();
    let all = twenty_events(&*store).await;
    let (start, max) = (Position::START, Position::MAX);
    for (after, until, due) in [
        (start, max, 20),
        (max, max, 0),
        (max, start, 0),
        (start, start, 0),
    ] {
        for limit in [0, 1, usize::MAX] {
            let range = AllRange::after(after).until(until).limit(limit);
            assert_eq!(
                read_all_of(&*store, range).await,
                all[..due],
                "({after}, {until}]"
            );
        }
    }
}

pub(crate) async fn an_empty_store_ends_at_the_start(subject: Subject) {
    let store = subject.events();
    for limit in [0, 1, usize::MAX] {
        let range = AllRange::after(Position::START).limit(limit);
        let page = store.read_all(&range).await.expect("a page");
        assert!(page.events.is_empty() && page.at_end, "{page:?}");
        assert_eq!(page.scanned_to, Position::START);
    }
}

/// Twenty events in three streams, in appends of one to six.
async fn twenty_events(store: &dyn EventStore) -> Vec<RecordedEvent> {
    for (index, numbers) in [1..=5, 6..=6, 7..=12, 13..=14, 15..=20]
        .into_iter()
        .enumerate()
    {
        seed(store, &format!("Claim/{}", index % 3), numbers).await;
    }
    history(store).await
}

fn between(all: &[RecordedEvent], after: u64, until: u64) -> Vec<RecordedEvent> {
    let inside = |e: &&RecordedEvent| e.position.get() > after && e.position.get() <= until;
    all.iter().filter(inside).cloned().collect()
}
