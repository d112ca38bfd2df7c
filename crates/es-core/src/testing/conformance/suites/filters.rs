//! Filtered reading: the same events that [`EventFilter::matches`] takes.

use super::super::material::{acknowledged, of_events, position, seed};
use super::super::observe::{history, read_all_of};
use super::super::subject::Subject;
use crate::ExpectedVersion::Any;
use crate::testing::sample_event;
use crate::{
    AllRange, EventFilter, EventStore, MAX_APPEND_EVENTS, Metadata, NewEvent, Position,
    RecordedEvent, TypeName,
};

pub(crate) async fn by_category_take_what_matches(subject: Subject) {
    let filters = [
        EventFilter::all().category("Claim"),
        EventFilter::all().category("Policy").category("Claim"),
        EventFilter::all().category("Clai"),
        EventFilter::all().category("Claims"),
        EventFilter::all().category("claim"),
        EventFilter::all().category(""),
        EventFilter::all().category("Claim/1"),
    ];
    assert_same_as_matches(&subject, &filters).await;
}

pub(crate) async fn by_name_take_what_matches(subject: Subject) {
    let filters = [
        EventFilter::all().name(TypeName::from_static("ClaimPaid")),
        EventFilter::all()
            .name(PAID)
            .name(TypeName::from_static("ClaimCreated")),
        EventFilter::all()
            .name(PAID)
            .name(TypeName::from_static("Unheard")),
        EventFilter::all().name(TypeName::from_static("Unheard")),
        EventFilter::all().name(TypeName::from_static("Claim")),
    ];
    assert_same_as_matches(&subject, &filters).await;
}

pub(crate) async fn by_correlation_take_what_matches(subject: Subject) {
    let filters = [
        EventFilter::all().correlation("flow-1"),
        EventFilter::all().correlation("flow-2"),
        EventFilter::all().correlation("flow-"),
        EventFilter::all().correlation(""),
    ];
    assert_same_as_matches(&subject, &filters).await;
}

pub(crate) async fn by_header_take_what_matches(subject: Subject) {
    let filters = [
        EventFilter::all().header("tenant", "north"),
        EventFilter::all()
            .header("tenant", "north")
            .header("vip", "yes"),
        EventFilter::all()
            .header("tenant", "north")
            .header("tenant", "south"),
        EventFilter::all().header("tenant", ""),
        EventFilter::all().header("absent", "x"),
    ];
    assert_same_as_matches(&subject, &filters).await;
}

pub(crate) async fn by_time_take_what_matches(subject: Subject) {
    let all = mixed_events(&subject).await;
    let [early, middle, late] = [5, 20, 35].map(|index: usize| all[index].recorded_at);
    assert!(
        early < middle && middle < late,
        "the fixture let no time pass"
    );
    let filters = [
        EventFilter::all().recorded_from(middle),
        EventFilter::all().recorded_before(middle),
        EventFilter::all()
            .recorded_from(early)
            .recorded_before(late),
        EventFilter::all()
            .recorded_from(late)
            .recorded_before(early),
        EventFilter::all()
            .recorded_from(middle)
            .recorded_before(middle),
        EventFilter::all().recorded_from(crate::Timestamp::from_micros(i64::MIN)),
        EventFilter::all().recorded_from(crate::Timestamp::from_micros(i64::MAX)),
        EventFilter::all().recorded_before(crate::Timestamp::from_micros(i64::MAX)),
    ];
    assert_same(&*subject.events(), &all, &filters).await;
}

pub(crate) async fn together_take_what_matches_all(subject: Subject) {
    let all = mixed_events(&subject).await;
    let middle = all[20].recorded_at;
    let north = EventFilter::all().header("tenant", "north");
    let filters = [
        north.clone().category("Claim").name(PAID),
        north
            .clone()
            .category("Claim")
            .category("Policy")
            .correlation("flow-1"),
        north.clone().recorded_from(middle).name(PAID),
        north
            .correlation("flow-0")
            .recorded_before(middle)
            .category("Policy"),
        EventFilter::all().category("Nothing").name(PAID),
    ];
    assert_same(&*subject.events(), &all, &filters).await;
}

pub(crate) async fn that_match_nothing_reach_the_end(subject: Subject) {
    let store = subject.events();
    let count = MAX_APPEND_EVENTS as u64;
    for round in 0..6 {
        seed(&*store, "Claim/1", round * count..=(round + 1) * count - 1).await;
    }
    let nothing = EventFilter::all().category("Nothing");
    for limit in [1, usize::MAX] {
        // The reading looks at the progress of each page.
        let range = AllRange::after(Position::START)
            .limit(limit)
            .filter(nothing.clone());
        assert_eq!(read_all_of(&*store, range).await, []);
    }
}

pub(crate) async fn few_matches_among_many_events_are_found(subject: Subject) {
    let store = subject.events();
    let count = MAX_APPEND_EVENTS as u64 - 1;
    let mut due = Vec::new();
    for round in 0..5 {
        seed(&*store, "Claim/1", round * 10_000..=round * 10_000 + count).await;
        let rare = seed(
            &*store,
            "Rare/1",
            round * 10_000 + 5_000..=round * 10_000 + 5_000,
        )
        .await;
        due.push(rare.first_position);
    }
    for limit in [1, 2, usize::MAX] {
        let filter = EventFilter::all().category("Rare");
        let range = AllRange::after(Position::START).limit(limit).filter(filter);
        let read = read_all_of(&*store, range).await;
        let found: Vec<_> = read.iter().map(|event| event.position).collect();
        assert_eq!(found, due, "by pages of {limit}");
    }
}

pub(crate) async fn move_on_over_events_that_do_not_match(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=1).await;
    seed(&*store, "Policy/1", 2..=9).await;
    seed(&*store, "Claim/1", 10..=10).await;
    seed(&*store, "Policy/1", 11..=15).await;
    let claims = AllRange::after(Position::START).filter(EventFilter::all().category("Claim"));
    let page = store.read_all(&claims).await.expect("a page");
    assert_eq!(page.scanned_to, position(15));
    let first = store.read_all(&claims.limit(1)).await.expect("a page");
    assert_eq!(first.events.len(), 1);
    assert!(
        first.scanned_to < position(10),
        "scanned to an event that it did not return"
    );
    assert!(!first.at_end, "there is another match");
}

pub(crate) async fn work_within_a_range(subject: Subject) {
    let all = mixed_events(&subject).await;
    let store = subject.events();
    let filter = EventFilter::all().category("Claim");
    for (after, until) in [(0, 10), (7, 31), (39, 40), (40, 50), (10, 5)] {
        for limit in [1, 3, 100] {
            let range = AllRange::after(position(after))
                .until(position(until))
                .limit(limit);
            let read = read_all_of(&*store, range.filter(filter.clone())).await;
            let inside = |e: &&RecordedEvent| e.position.get() > after && e.position.get() <= until;
            let due: Vec<_> = matching(&all, &filter).filter(inside).cloned().collect();
            assert_eq!(read, due, "({after}, {until}]");
        }
    }
}

pub(crate) async fn over_large_appends_stop_in_the_middle(subject: Subject) {
    let store = subject.events();
    let numbers = 1..=1_000;
    let event = |number: u64| {
        let tenant = if number.is_multiple_of(3) {
            "north"
        } else {
            "south"
        };
        sample_event(number).with_metadata(Metadata::new().with_header("tenant", tenant))
    };
    acknowledged(
        &*store,
        of_events("Claim/1", Any, numbers.map(event).collect()),
    )
    .await;
    let all = history(&*store).await;
    assert_same(
        &*store,
        &all,
        &[EventFilter::all().header("tenant", "north")],
    )
    .await;
}

const PAID: TypeName = TypeName::from_static("ClaimPaid");

async fn assert_same_as_matches(subject: &Subject, filters: &[EventFilter]) {
    let all = mixed_events(subject).await;
    assert_same(&*subject.events(), &all, filters).await;
}

/// The store and the filter itself take the same events, whatever the pages.
async fn assert_same(store: &dyn EventStore, all: &[RecordedEvent], filters: &[EventFilter]) {
    for filter in filters {
        let due: Vec<_> = matching(all, filter).cloned().collect();
        for limit in [1, 3, 7, usize::MAX] {
            let range = AllRange::after(Position::START)
                .limit(limit)
                .filter(filter.clone());
            let read = read_all_of(store, range).await;
            let [read, due] = [&read, &due]
                .map(|events| events.iter().map(|e| e.position.get()).collect::<Vec<_>>());
            assert_eq!(
                read, due,
                "positions by pages of {limit} through {filter:?}"
            );
        }
    }
}

fn matching<'a>(
    all: &'a [RecordedEvent],
    filter: &'a EventFilter,
) -> impl Iterator<Item = &'a RecordedEvent> {
    all.iter().filter(|event| filter.matches(event))
}

/// Forty events that differ in everything a filter can ask for, in ten appends.
async fn mixed_events(subject: &Subject) -> Vec<RecordedEvent> {
    let store = subject.events();
    let streams = ["Claim/1", "Policy/1", "Claim/2", "Claims/1", "claim/1"];
    for round in 0..10_u64 {
        let events = (round * 4..round * 4 + 4).map(mixed_event).collect();
        let name = streams[round as usize % streams.len()];
        acknowledged(&*store, of_events(name, Any, events)).await;
        subject.let_time_pass().await;
    }
    history(&*store).await
}

fn mixed_event(number: u64) -> NewEvent {
    let mut metadata = Metadata::new();
    if !number.is_multiple_of(5) {
        metadata = metadata.with_correlation(format!("flow-{}", number % 3));
    }
    if !number.is_multiple_of(4) {
        let tenant = if number.is_multiple_of(2) {
            "north"
        } else {
            "south"
        };
        metadata = metadata.with_header("tenant", tenant);
    }
    if number.is_multiple_of(7) {
        metadata = metadata
            .with_header("vip", "yes")
            .with_header("tenant", "north");
    }
    // The name goes by another rule than the number's last bits, which the header follows.
    let name = sample_event(number / 3).name;
    NewEvent {
        name,
        ..sample_event(number)
    }
    .with_metadata(metadata)
}
