//! Looking at a store, and what must be true of every one at any time.

use std::collections::HashMap;
use std::time::Duration;

use super::material::{position, version_of};
use crate::{
    AllRange, Append, AppendError, Appended, Clock, EventId, EventStore, EventStoreExt,
    ExpectedVersion, MAX_PAGE_EVENTS, Position, RecordedEvent, StreamId, StreamRange,
    StreamVersion, SystemClock,
};

/// Reads the whole store, and checks all that is always true of one (I2, I3).
///
/// Not for stores that are being written to.
pub(crate) async fn history(store: &dyn EventStore) -> Vec<RecordedEvent> {
    let events = read_all_of(store, AllRange::after(Position::START)).await;
    let head = store.head().await.expect("the head");
    assert_eq!(
        head,
        position(events.len() as u64),
        "the head is not the last position"
    );
    assert_dense(&events);
    let mut streams: HashMap<&StreamId, Vec<&RecordedEvent>> = HashMap::new();
    for event in &events {
        streams.entry(&event.stream).or_default().push(event);
    }
    for (stream, of_stream) in streams {
        let read = whole_stream(store, stream).await;
        let same = read.iter().eq(of_stream);
        assert!(
            same,
            "stream {stream} by version is not what it is by position"
        );
        assert_versions_dense(&read);
    }
    events
}

/// Positions are 1..n, and times do not go back (I3).
pub(super) fn assert_dense(events: &[RecordedEvent]) {
    for (index, event) in events.iter().enumerate() {
        let expected = position(index as u64 + 1);
        assert_eq!(
            event.position, expected,
            "positions have a hole or an order of their own"
        );
    }
    let in_order = events.is_sorted_by_key(|event| event.recorded_at);
    assert!(in_order, "recorded times go back along positions");
}

/// Versions are 1..n (I2).
pub(super) fn assert_versions_dense(events: &[RecordedEvent]) {
    for (index, event) in events.iter().enumerate() {
        let expected = version_of(index as u64 + 1);
        assert_eq!(
            event.version, expected,
            "versions of {} have a hole",
            event.stream
        );
    }
}

/// Waits until appends whose futures were dropped are done, or will not be.
pub(super) async fn settled(store: &dyn EventStore) {
    let (mut last, mut quiet) = (store.head().await.expect("the head"), 0);
    while quiet < 5 {
        SystemClock.sleep(Duration::from_millis(5)).await;
        let head = store.head().await.expect("the head");
        quiet = if head == last { quiet + 1 } else { 0 };
        last = head;
    }
}

/// Reads a range of the store page by page, and checks each page against what is written on it.
///
/// Not for stores that are being written to.
pub(crate) async fn read_all_of(store: &dyn EventStore, range: AllRange) -> Vec<RecordedEvent> {
    let head = store.head().await.expect("the head");
    let end = range.until.min(head).max(range.after);
    let mut all = Vec::new();
    let mut range = range;
    loop {
        let page = store.read_all(&range).await.expect("a page of all events");
        let count = page.events.len();
        assert!(
            count <= range.page_limit(),
            "{count} events on a page for {range:?}"
        );
        assert!(page.scanned_to >= range.after, "scanned back: {range:?}");
        assert!(
            page.scanned_to <= end,
            "scanned past the end of {range:?}: {}",
            page.scanned_to
        );
        assert!(
            !page.at_end || page.scanned_to == end,
            "at_end is wrong at {} in {range:?}",
            page.scanned_to
        );
        let last = page
            .events
            .last()
            .map_or(range.after, |event| event.position);
        assert!(
            page.scanned_to >= last,
            "returned events that were not scanned: {range:?}"
        );
        for event in &page.events {
            let inside = event.position > range.after && event.position <= range.until;
            assert!(inside, "position {} is not in {range:?}", event.position);
        }
        all.extend(page.events);
        if page.at_end {
            break;
        }
        assert!(
            page.scanned_to > range.after,
            "neither progress nor the end of {range:?}"
        );
        range.after = page.scanned_to;
    }
    assert!(
        all.is_sorted_by(|a, b| a.position < b.position),
        "not in the order of positions"
    );
    all
}

/// Reads a whole stream, oldest first.
pub(super) async fn whole_stream(store: &dyn EventStore, stream: &StreamId) -> Vec<RecordedEvent> {
    read_stream_of(store, stream, StreamRange::all()).await
}

/// Reads a range of a stream page by page, and checks each page against what is written on it.
pub(crate) async fn read_stream_of(
    store: &dyn EventStore,
    stream: &StreamId,
    range: StreamRange,
) -> Vec<RecordedEvent> {
    let mut all = Vec::new();
    let mut rest = Some(range);
    while let Some(range) = rest {
        let page = store
            .read_stream(stream, range)
            .await
            .expect("a page of a stream");
        let count = page.events.len();
        assert!(
            count <= MAX_PAGE_EVENTS,
            "{count} events on one page of {stream}"
        );
        assert!(
            count as u64 <= range.limit,
            "{count} events on a page for {range:?}"
        );
        for event in &page.events {
            assert_eq!(event.stream, *stream, "an event of another stream");
            let inside = event.version >= range.from && event.version <= range.to;
            assert!(inside, "version {} is not in {range:?}", event.version);
        }
        let first = all.is_empty();
        assert!(
            count > 0 || page.rest.is_none(),
            "an empty page with a rest: {page:?}"
        );
        assert!(count > 0 || first, "the rest {range:?} held nothing");
        if let (Some(last), Some(rest)) = (page.events.last(), page.rest) {
            let due = range.rest_after(last.version, count);
            assert_eq!(rest, due, "not the rest of {range:?} after {count} events");
        }
        all.extend(page.events);
        rest = page.rest;
    }
    all
}

pub(super) async fn version(store: &dyn EventStore, stream: &StreamId) -> StreamVersion {
    store
        .stream_version(stream)
        .await
        .expect("the version of a stream")
}

/// The store is as new.
pub(super) async fn assert_nothing_written(store: &dyn EventStore) {
    assert_holds(store, 0).await;
}

/// The store is sound and holds this many events.
pub(super) async fn assert_holds(store: &dyn EventStore, count: usize) {
    let history = history(store).await;
    assert_eq!(
        history.len(),
        count,
        "the store holds another number of events"
    );
}

/// The store holds just these appends, in this order, and what it answered is true.
pub(super) async fn assert_history(store: &dyn EventStore, appends: &[(Append, Appended)]) {
    let history = history(store).await;
    let mut next = Position::START;
    for (append, appended) in appends {
        assert_eq!(
            appended.first_position,
            next.next(),
            "not after the append before"
        );
        assert_stored(&history, append, appended);
        next = appended.last_position;
    }
    assert_eq!(
        history.len() as u64,
        next.get(),
        "there are more events than were appended"
    );
}

/// The events stand where the answer says they do, as they were given.
pub(super) fn assert_stored(history: &[RecordedEvent], append: &Append, appended: &Appended) {
    let from = appended.first_position.get() as usize - 1;
    let to = appended.last_position.get() as usize;
    let stored = history
        .get(from..to)
        .expect("the positions of the answer are in the store");
    assert_eq!(
        stored.len(),
        append.event_count(),
        "another number of positions than events"
    );
    let answered = appended.streams.iter().map(|stream| &stream.stream);
    let written = append.writes().iter().map(|write| &write.stream);
    assert!(
        answered.eq(written),
        "the answer does not name the written streams in their order"
    );
    let mut stored = stored.iter();
    for (write, answer) in append.writes().iter().zip(&appended.streams) {
        let mut version = answer.first_version;
        for event in &write.events {
            let recorded = stored.next().expect("counted above");
            assert_eq!(
                (&recorded.stream, recorded.version),
                (&write.stream, version)
            );
            assert!(recorded.is(event), "{recorded:?} is not {event:?}");
            version = version.next();
        }
        assert_eq!(
            answer.last_version.next(),
            version,
            "the last version is wrong"
        );
    }
}

/// The answer is a conflict that says where the stream was.
pub(super) fn assert_conflict(
    answer: Result<Appended, AppendError>,
    stream: &StreamId,
    expected: ExpectedVersion,
    actual: u64,
) {
    match answer {
        Err(AppendError::Conflict(conflict)) => {
            assert_eq!(
                conflict.stream, *stream,
                "the conflict names another stream"
            );
            assert_eq!(
                conflict.expected, expected,
                "the conflict names another expectation"
            );
            assert_eq!(
                conflict.actual,
                version_of(actual),
                "the conflict names another version"
            );
        }
        other => panic!("a conflict on {stream} was due, and it answered {other:?}"),
    }
}

pub(super) fn assert_id_reused(answer: Result<Appended, AppendError>, append: &Append) {
    match answer {
        Err(AppendError::IdReused { append_id }) => assert_eq!(append_id, append.id()),
        other => panic!("a reused id was to be refused, and it answered {other:?}"),
    }
}

pub(super) fn ids(events: &[RecordedEvent]) -> Vec<EventId> {
    events.iter().map(|event| event.id).collect()
}
