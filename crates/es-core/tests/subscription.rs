//! What a subscription promises beyond the store's conformance: where it ends, and that it stops.

#![allow(
    dead_code,
    reason = "the probe is shared with the tests of the repository"
)]
#![allow(
    clippy::unwrap_used,
    reason = "what fails in a helper of a test fails the test"
)]

mod probe;

use es_core::testing::sample_event;
use es_core::{
    Append, EventFilter, EventStore, EventStoreExt, ExpectedVersion, Position, ReadError,
};
use probe::Probe;

async fn filled(probe: &Probe, from: u64) {
    for n in from..from + 10 {
        let stream = if n % 2 == 0 { "Even/1" } else { "Odd/1" };
        let append = Append::new(
            stream.parse().unwrap(),
            ExpectedVersion::Any,
            [sample_event(n)],
        );
        probe.append(append.unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn catching_up_ends_at_the_end_also_when_the_filter_takes_nothing() {
    let probe = Probe::default();
    filled(&probe, 1).await;
    let none = EventFilter::all().category("Nobody");
    let mut events = probe.subscribe(Position::START, none);
    assert_eq!(events.catch_up().await.unwrap(), None);
    assert_eq!(events.position(), Position::new(10));

    let mut events = probe.subscribe(Position::START, EventFilter::all().category("Odd"));
    let first = events.catch_up().await.unwrap().unwrap();
    assert_eq!((first.len(), events.position()), (5, Position::new(10)));
    assert_eq!(events.catch_up().await.unwrap(), None);
    filled(&probe, 11).await;
    assert_eq!(events.catch_up().await.unwrap().unwrap().len(), 5);
}

#[tokio::test]
async fn catching_up_returns_what_next_has_left() {
    let probe = Probe::default();
    filled(&probe, 1).await;
    let mut events = probe.subscribe(Position::START, EventFilter::all());
    events.next().await.unwrap();
    assert_eq!(events.catch_up().await.unwrap().unwrap().len(), 9);
}

/// I6: a hole stops the consumer, loudly.
#[tokio::test]
async fn a_hole_in_the_positions_stops_it() {
    for lost in [1, 5, 10] {
        let mut probe = Probe::default();
        filled(&probe, 1).await;
        probe.lost_position = Some(Position::new(lost));
        let mut events = probe.subscribe(Position::START, EventFilter::all());
        let error = events.next_batch().await.unwrap_err();
        assert!(matches!(error, ReadError::Hole { .. }), "{error}");
        assert_eq!(events.position(), Position::START);
    }
}

#[tokio::test]
async fn it_stays_live_over_pages_that_end_before_the_end_until_it_falls_behind_a_whole_page() {
    let probe = Probe {
        never_sure: true,
        ..Probe::default()
    };
    filled(&probe, 1).await;
    let mut events = probe
        .subscribe(Position::START, EventFilter::all())
        .read_ahead(10);
    assert_eq!(events.next_batch().await.unwrap().len(), 10);
    assert!(!events.is_live(), "there may be more");
    assert_eq!(events.catch_up().await.unwrap(), None);
    assert!(events.is_live());
    let one = Append::new(
        "Even/1".parse().unwrap(),
        ExpectedVersion::Any,
        [sample_event(99)],
    );
    probe.append(one.unwrap()).await.unwrap();
    events.next().await.unwrap();
    assert!(events.is_live());
    filled(&probe, 11).await;
    events.next().await.unwrap();
    assert!(!events.is_live());
}
