//! What the cases append: streams, events and appends, made of small numbers.

use std::ops::RangeInclusive;

use uuid::Uuid;

use crate::testing::sample_event;
use crate::{
    Append, AppendId, Appended, EventStore, ExpectedVersion, NewEvent, Position, StreamId,
    StreamVersion,
};

pub(super) fn stream(name: &str) -> StreamId {
    name.parse().expect("a valid stream name")
}

pub(super) fn events(numbers: RangeInclusive<u64>) -> Vec<NewEvent> {
    numbers.map(sample_event).collect()
}

pub(super) fn exact(version: u64) -> ExpectedVersion {
    ExpectedVersion::Exact(version_of(version))
}

pub(super) fn version_of(version: u64) -> StreamVersion {
    StreamVersion::new(version)
}

pub(super) fn position(position: u64) -> Position {
    Position::new(position)
}

pub(super) fn append_id(number: u128) -> AppendId {
    AppendId::new(Uuid::from_u128(number))
}

/// The sample events of these numbers for one stream.
pub(super) fn append(
    name: &str,
    expected: ExpectedVersion,
    numbers: RangeInclusive<u64>,
) -> Append {
    of_events(name, expected, events(numbers))
}

pub(super) fn of_events(name: &str, expected: ExpectedVersion, events: Vec<NewEvent>) -> Append {
    Append::new(stream(name), expected, events).expect("a valid append")
}

/// The sample events of these numbers for a further stream.
pub(super) fn and(
    append: Append,
    name: &str,
    expected: ExpectedVersion,
    numbers: RangeInclusive<u64>,
) -> Append {
    append
        .and(stream(name), expected, events(numbers))
        .expect("a valid append")
}

/// Appends the sample events of these numbers, whatever is there.
pub(super) async fn seed(
    store: &dyn EventStore,
    name: &str,
    numbers: RangeInclusive<u64>,
) -> Appended {
    acknowledged(store, append(name, ExpectedVersion::Any, numbers)).await
}

/// Appends, and insists.
pub(super) async fn acknowledged(store: &dyn EventStore, append: Append) -> Appended {
    match store.append(append).await {
        Ok(appended) => appended,
        Err(error) => panic!("an append that nothing stands against failed: {error:?}"),
    }
}
