//! Reading one stream: ranges, pages, and names.

use futures_util::future::join;

use super::super::concurrency::together;
use super::super::material::{acknowledged, append, events, of_events, seed, stream, version_of};
use super::super::observe::{history, ids, read_stream_of, version, whole_stream};
use super::super::subject::Subject;
use crate::ExpectedVersion::{Any, NoStream};
use crate::testing::sample_event;
use crate::{
    Direction, EventId, EventStore, MAX_APPEND_EVENTS, MAX_PAGE_BYTES, MAX_PAGE_EVENTS, NewEvent,
    RecordedEvent, StreamRange, StreamVersion,
};

pub(crate) async fn one_never_written_to_has_no_events(subject: Subject) {
    let store = subject.events();
    for _ in 0..2 {
        for range in [StreamRange::all(), StreamRange::all().backward()] {
            let page = store
                .read_stream(&stream("Claim/1"), range)
                .await
                .expect("a page");
            assert!(page.events.is_empty() && page.rest.is_none(), "{page:?}");
        }
        assert!(version(&*store, &stream("Claim/1")).await.is_empty());
        seed(&*store, "Claim/2", 1..=1).await;
    }
}

pub(crate) async fn every_range_holds_what_it_says(subject: Subject) {
    let store = subject.events();
    let all = twelve_events(&*store).await;
    let ends = [0, 1, 2, 6, 11, 12, 13, 100, u64::MAX];
    for from in ends {
        for to in ends {
            for limit in [0, 1, 5, 11, 12, 13, u64::MAX] {
                let range = StreamRange::all().from(version_of(from)).to(version_of(to));
                let range = range.limit(limit);
                assert_reads(&*store, range, &all).await;
                assert_reads(&*store, range.backward(), &all).await;
            }
        }
    }
}

pub(crate) async fn backwards_is_newest_first(subject: Subject) {
    let store = subject.events();
    let all = twelve_events(&*store).await;
    let last = StreamRange::all().backward().limit(3);
    let page = store
        .read_stream(&stream("Claim/1"), last)
        .await
        .expect("a page");
    let due: Vec<_> = all.iter().rev().take(3).cloned().collect();
    assert_eq!(page.events, due);
    let up_to_five = StreamRange::all().backward().to(version_of(5));
    let page = store
        .read_stream(&stream("Claim/1"), up_to_five)
        .await
        .expect("a page");
    assert_eq!(
        page.events.first().map(|event| event.version),
        Some(version_of(5))
    );
}

pub(crate) async fn the_rest_goes_on_where_the_page_ended(subject: Subject) {
    let store = subject.events();
    let mut all = Vec::new();
    for round in 0..3 {
        let numbers = round * 4_000 + 1..=(round + 1) * 4_000;
        all.extend(events(numbers.clone()));
        seed(&*store, "Claim/1", numbers).await;
        seed(&*store, "Claim/2", 100_000 + round..=100_000 + round).await;
    }
    let due: Vec<EventId> = all.iter().map(|event| event.id).collect();
    let claim = stream("Claim/1");
    let forward = read_stream_of(&*store, &claim, StreamRange::all()).await;
    assert!(
        ids(&forward) == due,
        "pages forward do not make up the stream"
    );
    let backward = read_stream_of(&*store, &claim, StreamRange::all().backward()).await;
    assert!(
        ids(&backward).into_iter().rev().eq(due.iter().copied()),
        "pages backward do not"
    );
    let middle = StreamRange::all().from(version_of(3)).limit(9_000);
    let middle = read_stream_of(&*store, &claim, middle).await;
    assert!(
        ids(&middle) == due[2..9_002],
        "a limit over several pages is not kept to"
    );
}

pub(crate) async fn a_limit_of_nothing_reads_nothing(subject: Subject) {
    let store = subject.events();
    let all = twelve_events(&*store).await;
    assert_reads(&*store, StreamRange::all().limit(0), &all).await;
    assert_reads(&*store, StreamRange::all().backward().limit(0), &all).await;
}

pub(crate) async fn a_range_that_ends_before_it_starts_is_empty(subject: Subject) {
    let store = subject.events();
    let all = twelve_events(&*store).await;
    for (from, to) in [(6, 5), (12, 1), (13, 12), (2, 0)] {
        let range = StreamRange::all().from(version_of(from)).to(version_of(to));
        assert_reads(&*store, range, &all).await;
        assert_reads(&*store, range.backward(), &all).await;
    }
}

pub(crate) async fn a_range_past_the_end_is_empty(subject: Subject) {
    let store = subject.events();
    let all = twelve_events(&*store).await;
    for from in [13, 14, 5_000, u64::MAX] {
        let range = StreamRange::all().from(version_of(from));
        assert_reads(&*store, range, &all).await;
        assert_reads(&*store, range.backward(), &all).await;
    }
}

pub(crate) async fn extreme_numbers_are_ranges_too(subject: Subject) {
    let store = subject.events();
    let all = twelve_events(&*store).await;
    let (empty, max) = (StreamVersion::EMPTY, StreamVersion::MAX);
    for (from, to) in [(empty, max), (empty, empty), (max, max), (max, empty)] {
        for limit in [0, 1, u64::MAX - 1, u64::MAX] {
            let range = StreamRange::all().from(from).to(to).limit(limit);
            assert_reads(&*store, range, &all).await;
            assert_reads(&*store, range.backward(), &all).await;
        }
    }
}

pub(crate) async fn a_page_is_bounded_in_events(subject: Subject) {
    let store = subject.events();
    let count = MAX_APPEND_EVENTS as u64;
    seed(&*store, "Claim/1", 1..=count).await;
    seed(&*store, "Claim/1", count + 1..=2 * count).await;
    for range in [
        StreamRange::all(),
        StreamRange::all().backward(),
        StreamRange::all().limit(6_000),
    ] {
        let page = store
            .read_stream(&stream("Claim/1"), range)
            .await
            .expect("a page");
        assert!(
            page.events.len() <= MAX_PAGE_EVENTS,
            "{} events",
            page.events.len()
        );
        assert!(page.rest.is_some(), "the page is cut, and no rest is named");
    }
}

pub(crate) async fn a_page_is_bounded_in_bytes(subject: Subject) {
    let store = subject.events();
    let written = forty_mebibytes(&*store).await;
    let page = store
        .read_stream(&stream("Claim/1"), StreamRange::all())
        .await
        .expect("a page");
    assert_page_bytes(&page.events, written);
    let all = whole_stream(&*store, &stream("Claim/1")).await;
    assert_eq!(
        all.len(),
        40,
        "pages cut by bytes do not make up the stream"
    );
    let backward = StreamRange::all().backward();
    let page = store
        .read_stream(&stream("Claim/1"), backward)
        .await
        .expect("a page");
    assert_page_bytes(&page.events, written);
}

pub(crate) async fn names_that_share_a_beginning_do_not_mix(subject: Subject) {
    assert_apart(
        subject,
        &[
            "Claim/1",
            "Claim/10",
            "Claim/100",
            "Claim/1/2",
            "Claim/1/",
            "Claim/1//",
            "Claim/1 ",
            "Claim/2",
            "Cl/1",
            "Claim2/1",
            "Claim/01",
            "Claim/ 1",
            "C/laim/1",
            "Claim/1.",
            "Claim/.",
            "Claim-1/1",
            "Claim/1-1",
            "Claim/1$",
            "Claim/%",
        ],
    )
    .await;
}

pub(crate) async fn names_are_compared_byte_by_byte(subject: Subject) {
    let long = "x".repeat(400);
    assert_apart(
        subject,
        &[
            "Claim/a",
            "claim/a",
            "Claim/A",
            "CLAIM/A",
            "Claim/ä",
            "Claim/a\u{308}",
            "Claim/ａ",
            "Claim/ß",
            "Claim/ss",
            "Claim/\u{1F980}",
            "Claim/\u{FFFD}",
            "Claim/\u{200B}a",
            &format!("Claim/{long}1"),
            &format!("Claim/{long}2"),
            &format!("Claim/{long}"),
            "Claim/\u{10FFFF}",
            "Claim/null",
            "Claim/0",
        ],
    )
    .await;
}

/// Appends of five, read while they come: never four of them.
pub(crate) async fn readers_see_whole_appends_only(subject: Subject) {
    let store = subject.events();
    let writers = together(4, |writer| {
        let store = store.clone();
        async move {
            for round in 0..10 {
                let start = (writer * 10 + round) * 5;
                seed(&*store, "Claim/1", start..=start + 4).await;
            }
        }
    });
    let reader = async {
        let mut seen = 0;
        while seen < 200 {
            let events = whole_stream(&*store, &stream("Claim/1")).await;
            assert!(
                events.len().is_multiple_of(5),
                "{} events, not whole appends",
                events.len()
            );
            assert!(events.len() >= seen, "events went away");
            seen = events.len();
            let last = StreamRange::all().backward().limit(5);
            let last = read_stream_of(&*store, &stream("Claim/1"), last).await;
            let whole = last
                .first()
                .is_none_or(|e| e.version.get().is_multiple_of(5));
            assert!(whole, "the newest event is not the last of its append");
            tokio::task::yield_now().await;
        }
    };
    join(writers, reader).await;
}

pub(crate) async fn readers_see_only_what_stays(subject: Subject) {
    let store = subject.events();
    let claim = stream("Claim/1");
    let writers = together(4, |writer| {
        let store = store.clone();
        async move {
            for round in 0..10 {
                let number = writer * 10 + round;
                seed(&*store, "Claim/1", number..=number).await;
            }
        }
    });
    let reader = async {
        let mut seen: Vec<RecordedEvent> = Vec::new();
        while seen.len() < 40 {
            let now = whole_stream(&*store, &claim).await;
            assert!(now.starts_with(&seen), "what was read has changed since");
            seen = now;
            tokio::task::yield_now().await;
        }
    };
    join(writers, reader).await;
    assert_eq!(history(&*store).await.len(), 40);
}

/// Twelve events in appends of one to four, with those of another stream between them.
async fn twelve_events(store: &dyn EventStore) -> Vec<RecordedEvent> {
    for numbers in [1..=3, 4..=4, 5..=8, 9..=12] {
        let other = 100 + *numbers.start();
        seed(store, "Claim/1", numbers).await;
        seed(store, "Claim/12", other..=other).await;
    }
    let all = whole_stream(store, &stream("Claim/1")).await;
    assert_eq!(
        ids(&all),
        events(1..=12)
            .iter()
            .map(|event| event.id)
            .collect::<Vec<_>>()
    );
    all
}

async fn assert_reads(store: &dyn EventStore, range: StreamRange, all: &[RecordedEvent]) {
    let inside = all
        .iter()
        .filter(|e| e.version >= range.from && e.version <= range.to);
    let limit = usize::try_from(range.limit).unwrap_or(usize::MAX);
    let due: Vec<_> = match range.direction {
        Direction::Forward => inside.take(limit).cloned().collect(),
        Direction::Backward => inside.rev().take(limit).cloned().collect(),
    };
    let read = read_stream_of(store, &stream("Claim/1"), range).await;
    let [read, due] = [&read, &due].map(|e| e.iter().map(|e| e.version.get()).collect::<Vec<_>>());
    assert_eq!(read, due, "the versions of {range:?}");
}

/// Each name gets as many events as its place says, and then has just those.
async fn assert_apart(subject: Subject, names: &[&str]) {
    let store = subject.events();
    let numbers = |index: usize| index as u64 * 100..=index as u64 * 100 + (index % 4) as u64;
    for (index, name) in names.iter().enumerate() {
        acknowledged(&*store, append(name, NoStream, numbers(index))).await;
    }
    for (index, name) in names.iter().enumerate() {
        let due: Vec<_> = events(numbers(index))
            .iter()
            .map(|event| event.id)
            .collect();
        assert_eq!(
            ids(&whole_stream(&*store, &stream(name)).await),
            due,
            "stream {name}"
        );
        let backward = read_stream_of(&*store, &stream(name), StreamRange::all().backward()).await;
        assert!(
            ids(&backward).iter().rev().eq(&due),
            "stream {name} backwards"
        );
    }
    history(&*store).await;
}

/// Four appends of ten events of a mebibyte each; how many bytes one append has.
pub(super) async fn forty_mebibytes(store: &dyn EventStore) -> usize {
    let mut bytes = 0;
    for round in 0..4_u64 {
        let large = |number: u64| {
            let mut event = sample_event(round * 10 + number);
            event.payload.data = vec![b'x'; 1024 * 1024].into();
            event
        };
        let append = of_events("Claim/1", Any, (0..10).map(large).collect());
        bytes = append.events().map(NewEvent::approximate_bytes).sum();
        acknowledged(store, append).await;
    }
    bytes
}

/// A page passes the bound by at most one append.
pub(super) fn assert_page_bytes(events: &[RecordedEvent], of_append: usize) {
    assert!(!events.is_empty(), "an empty page");
    let bytes: usize = events.iter().map(|event| event.payload.data.len()).sum();
    assert!(
        bytes <= MAX_PAGE_BYTES + of_append,
        "a page of {bytes} bytes"
    );
}
