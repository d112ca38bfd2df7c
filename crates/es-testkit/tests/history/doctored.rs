//! One small history for each sort of violation, with the kind it is found as.

use std::sync::Arc;

use es_core::memory::MemoryStore;
use es_core::{
    Append, AppendError, EventId, EventStore, ExpectedVersion, Position, RecordedEvent,
    StreamVersion, VersionConflict,
};
use es_testkit::history::{
    Answer, Entry, History, Kind, Recorder, RecordingStore, Subscriber, read_everything,
};
use uuid::Uuid;

use crate::case::{Case, events, run, stream};

const ANY: ExpectedVersion = ExpectedVersion::Any;

fn append(to: u64, expected: ExpectedVersion, first: u64, count: u64) -> Append {
    Append::new(stream(to), expected, events(first, count)).unwrap()
}

/// What `act` does to a recorded store in memory.
fn case<F: Future<Output = ()>>(act: impl FnOnce(RecordingStore) -> F) -> Case {
    run(async {
        let memory = MemoryStore::new();
        let recorder = Recorder::in_memory();
        let store = RecordingStore::new(Arc::new(memory.clone()), recorder.clone(), "client");
        act(store).await;
        let process = recorder.process("one");
        let stored = read_everything(&memory).await.unwrap();
        let history = History {
            processes: vec![process],
        };
        Case { history, stored }
    })
}

/// Two appends of two events to one stream, one after the other.
fn two_appends() -> Case {
    let case = case(|store| async move {
        store.append(append(1, ANY, 1, 2)).await.unwrap();
        store.append(append(1, ANY, 3, 2)).await.unwrap();
    });
    assert!(case.check().is_clean());
    case
}

fn only(case: &Case) -> Vec<Kind> {
    let mut kinds: Vec<_> = case.check().findings.iter().map(|f| f.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

#[test]
fn an_acknowledged_append_at_the_end_that_is_gone_is_lost() {
    let mut case = two_appends();
    case.stored.truncate(2);
    assert_eq!(only(&case), [Kind::Lost]);
    assert_eq!(case.check().acknowledged, 2);
}

#[test]
fn a_part_of_an_acknowledged_append_that_is_gone_is_lost() {
    let mut case = two_appends();
    case.stored.truncate(3);
    assert_eq!(only(&case), [Kind::Lost]);
}

#[test]
fn an_event_in_the_middle_that_is_gone_is_a_hole() {
    let mut case = two_appends();
    case.stored.remove(1);
    assert!(case.finds(Kind::Hole) && case.finds(Kind::Lost));
}

#[test]
fn an_append_that_is_stored_twice_is_found() {
    let mut case = two_appends();
    let copies: Vec<_> = case.stored[2..]
        .iter()
        .map(|event| RecordedEvent {
            position: event.position.plus(2),
            version: event.version.plus(2),
            ..event.clone()
        })
        .collect();
    case.stored.extend(copies);
    assert_eq!(only(&case), [Kind::Duplicated]);
}

#[test]
fn a_position_that_two_events_have_is_found() {
    let mut case = two_appends();
    case.stored[2].position = case.stored[1].position;
    assert!(case.finds(Kind::Duplicated));
}

#[test]
fn an_order_other_than_that_of_the_positions_is_found() {
    let mut case = two_appends();
    case.stored.swap(1, 2);
    assert!(case.finds(Kind::OutOfOrder));
}

#[test]
fn times_that_go_back_are_found() {
    let mut case = two_appends();
    let first = case.stored[0].recorded_at.as_micros();
    case.stored[3].recorded_at = es_core::Timestamp::from_micros(first - 1);
    assert_eq!(only(&case), [Kind::OutOfOrder]);
}

#[test]
fn a_changed_payload_is_found() {
    let mut case = two_appends();
    case.stored[1].payload = case.stored[0].payload.clone();
    assert_eq!(only(&case), [Kind::Changed]);
}

#[test]
fn an_event_that_nobody_asked_for_is_found() {
    let mut case = two_appends();
    let newest = case.stored[3].clone();
    case.stored.push(RecordedEvent {
        position: newest.position.next(),
        version: newest.version.next(),
        id: EventId::new(Uuid::from_u128(99)),
        ..newest
    });
    assert_eq!(only(&case), [Kind::Unasked]);
}

/// Sets what the `n`th answer of all said.
fn answer(case: &mut Case, n: usize, set: impl FnOnce(&mut Answer)) {
    let lines = case.answers(|_, _| Some(()));
    set(case.answer(lines[n].0));
}

fn unknown(case: &mut Case, n: usize) {
    let why = "no reply".to_owned();
    answer(case, n, |answer| *answer = Answer::Unknown { why });
}

#[test]
fn an_unknown_append_may_be_there_or_not() {
    let mut case = two_appends();
    unknown(&mut case, 1);
    assert!(case.check().is_clean());
    case.stored.truncate(2);
    assert!(case.check().is_clean());
    assert_eq!(case.check().unknown, 1);
    assert_eq!(case.check().unknown_resolved, 0);
}

#[test]
fn an_append_without_an_answer_may_be_there_or_not() {
    let mut case = two_appends();
    case.lines().pop();
    assert!(case.check().is_clean());
    case.stored.truncate(2);
    assert!(case.check().is_clean());
}

#[test]
fn an_unknown_append_that_is_there_in_part_is_torn() {
    let mut case = two_appends();
    unknown(&mut case, 1);
    case.stored.pop();
    assert_eq!(only(&case), [Kind::Torn]);
}

#[test]
fn an_append_with_another_in_between_is_torn() {
    let mut case = two_appends();
    unknown(&mut case, 0);
    unknown(&mut case, 1);
    let (one, two) = (case.stored[1].clone(), case.stored[2].clone());
    let swap = |to: &RecordedEvent, of: RecordedEvent| RecordedEvent {
        position: to.position,
        version: to.version,
        recorded_at: to.recorded_at,
        ..of
    };
    (case.stored[1], case.stored[2]) = (swap(&one, two.clone()), swap(&two, one.clone()));
    assert_eq!(only(&case), [Kind::Torn]);
}

#[test]
fn what_the_store_could_not_write_must_not_be_there() {
    let mut case = two_appends();
    let why = "not now".to_owned();
    answer(&mut case, 1, |answer| *answer = Answer::Unavailable { why });
    assert_eq!(only(&case), [Kind::Unasked]);
    case.stored.truncate(2);
    assert!(case.check().is_clean());
}

/// An append of which the first reply gets lost, and its repeat.
fn repeated() -> Case {
    let mut case = case(|store| async move {
        store.append(append(1, ANY, 1, 2)).await.unwrap();
        store.append(append(1, ANY, 1, 2)).await.unwrap();
    });
    unknown(&mut case, 0);
    assert!(case.check().is_clean(), "{:?}", case.check());
    case
}

#[test]
fn a_repeat_resolves_an_unknown_append() {
    let report = repeated().check();
    assert_eq!((report.unknown, report.unknown_resolved), (1, 1));
    assert_eq!((report.acknowledged, report.stored), (1, 2));
}

#[test]
fn what_a_repeat_is_told_must_be_there() {
    let mut case = repeated();
    case.stored.clear();
    assert_eq!(only(&case), [Kind::Lost]);
}

#[test]
fn a_repeat_that_is_told_of_a_conflict_must_not_find_the_append_there() {
    let mut case = repeated();
    answer(&mut case, 1, |answer| {
        *answer = Answer::Conflict {
            stream: stream(1),
            actual: StreamVersion::new(2),
        };
    });
    assert!(case.finds(Kind::Unasked));
}

#[test]
fn two_acknowledgements_of_one_append_must_agree() {
    let mut case = case(|store| async move {
        store.append(append(1, ANY, 1, 2)).await.unwrap();
        store.append(append(1, ANY, 1, 2)).await.unwrap();
    });
    assert!(case.check().is_clean());
    answer(&mut case, 1, |answer| match answer {
        Answer::Appended(appended) => appended.repeated = false,
        other => panic!("{other:?}"),
    });
    assert_eq!(only(&case), [Kind::WrongAnswer]);
}

#[test]
fn an_append_over_streams_is_all_or_nothing() {
    let mut case = case(|store| async move {
        let both = append(1, ANY, 1, 1)
            .and(stream(2), ANY, events(2, 1))
            .unwrap();
        store.append(both).await.unwrap();
    });
    assert!(case.check().is_clean());
    case.stored.pop();
    assert_eq!(only(&case), [Kind::Lost]);
    unknown(&mut case, 0);
    assert_eq!(only(&case), [Kind::Torn]);
}

#[test]
fn of_two_appends_that_expect_the_same_version_one_may_be_there() {
    let mut case = two_appends();
    for line in case.lines() {
        if let Entry::Called {
            operation: es_testkit::history::Operation::Append(append),
            ..
        } = &mut line.entry
        {
            append.writes[0].expected = ExpectedVersion::NoStream;
        }
    }
    assert_eq!(only(&case), [Kind::BrokenCondition]);
}

#[test]
fn a_checked_stream_must_be_as_expected_at_that_place_in_the_log() {
    let mut case = case(|store| async move {
        let nothing = ExpectedVersion::NoStream;
        let checks = append(1, ANY, 1, 1).check(stream(2), nothing).unwrap();
        store.append(checks).await.unwrap();
        store.append(append(2, ANY, 2, 1)).await.unwrap();
    });
    assert!(case.check().is_clean());
    // The other way round it would not have been allowed.
    let (first, second) = (Position::new(1), Position::new(2));
    case.stored.swap(0, 1);
    case.stored[0].position = first;
    case.stored[1].position = second;
    case.stored[0].recorded_at = case.stored[1].recorded_at;
    assert!(case.finds(Kind::BrokenCondition));
}

/// An append, a conflict on its stream, and one more append.
fn conflict() -> Case {
    let case = case(|store| async move {
        store.append(append(1, ANY, 1, 2)).await.unwrap();
        let stale = append(1, ExpectedVersion::NoStream, 3, 1);
        let conflict = store.append(stale).await.unwrap_err();
        assert!(matches!(
            conflict,
            AppendError::Conflict(VersionConflict { actual, .. }) if actual.get() == 2
        ));
        store.append(append(1, ANY, 4, 2)).await.unwrap();
    });
    assert!(case.check().is_clean());
    assert_eq!(case.check().conflicts, 1);
    case
}

#[test]
fn a_conflict_must_name_a_version_of_its_time() {
    // 0 was before, 1 never was the end of an append, 4 came later, 9 never.
    for version in [0, 1, 4, 9] {
        let mut case = conflict();
        answer(&mut case, 1, |answer| {
            *answer = Answer::Conflict {
                stream: stream(1),
                actual: StreamVersion::new(version),
            };
        });
        assert_eq!(only(&case), [Kind::WrongConflict], "version {version}");
    }
}

#[test]
fn an_append_that_was_asked_for_after_another_was_acknowledged_lies_after_it() {
    let mut case = case(|store| async move {
        store.append(append(1, ANY, 1, 1)).await.unwrap();
        store.append(append(2, ANY, 2, 1)).await.unwrap();
    });
    assert!(case.check().is_clean());
    // In this store, and as the answers say, it is the other way round.
    case.stored.swap(0, 1);
    let times = (case.stored[1].recorded_at, case.stored[0].recorded_at);
    (case.stored[0].recorded_at, case.stored[1].recorded_at) = times;
    for n in 0..2 {
        let position = Position::new(n as u64 + 1);
        case.stored[n].position = position;
        answer(&mut case, n, |answer| match answer {
            Answer::Appended(appended) => {
                let other = Position::new(2 - n as u64);
                (appended.first_position, appended.last_position) = (other, other);
            }
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(only(&case), [Kind::OutOfOrder]);
}

#[test]
fn a_read_after_an_acknowledgement_must_see_it() {
    let mut case = case(|store| async move {
        store.append(append(1, ANY, 1, 2)).await.unwrap();
        store.head().await.unwrap();
        store
            .read_stream(&stream(1), es_core::StreamRange::all())
            .await
            .unwrap();
        store.read_event(events(1, 1)[0].id).await.unwrap();
        store
            .read_all(&es_core::AllRange::after(Position::START))
            .await
            .unwrap();
    });
    assert!(case.check().is_clean());
    assert_eq!(case.check().reads, 4);
    let nothing = || es_testkit::history::Seen::by_position([]);
    answer(&mut case, 1, |answer| {
        *answer = Answer::Head(Position::START)
    });
    answer(&mut case, 2, |answer| {
        *answer = Answer::Stream {
            events: nothing(),
            version: Some(StreamVersion::EMPTY),
        };
    });
    answer(&mut case, 3, |answer| {
        *answer = Answer::Event { event: None }
    });
    answer(&mut case, 4, |answer| {
        *answer = Answer::All {
            events: nothing(),
            unfiltered: true,
            scanned_to: Position::START,
            at_end: true,
        };
    });
    assert_eq!(only(&case), [Kind::StaleRead]);
    assert_eq!(case.check().findings.len(), 4);
}

#[test]
fn a_read_that_ends_within_an_append_is_found() {
    let mut case = case(|store| async move {
        store.append(append(1, ANY, 1, 3)).await.unwrap();
        store.head().await.unwrap();
    });
    unknown(&mut case, 0);
    answer(&mut case, 1, |answer| {
        *answer = Answer::Head(Position::new(2))
    });
    assert_eq!(only(&case), [Kind::WrongRead]);
}

/// A subscriber that is given three events.
fn followed() -> Case {
    let case = case(|store| async move {
        let mut subscriber = Subscriber::new(&store, Position::START);
        for n in 1..=3 {
            store.append(append(1, ANY, n, 1)).await.unwrap();
            subscriber.next_batch().await.unwrap();
        }
    });
    assert!(case.check().is_clean());
    assert_eq!(case.check().delivered, 3);
    case
}

#[test]
fn a_subscriber_that_is_not_given_an_event_is_found() {
    let mut case = followed();
    let second = case.lines().iter().position(is_delivery).unwrap();
    case.lines().remove(second);
    assert_eq!(only(&case), [Kind::Subscription]);
}

#[test]
fn a_subscriber_that_is_given_an_event_twice_is_found() {
    let mut case = followed();
    let last = case.lines().last().unwrap().clone();
    assert!(is_delivery(&last));
    case.lines().push(last);
    assert_eq!(only(&case), [Kind::Subscription]);
}

#[test]
fn a_subscriber_that_is_given_something_else_is_found() {
    let mut case = followed();
    for line in case.lines() {
        if let Entry::Delivered { events, .. } = &mut line.entry {
            events.digest ^= 1;
        }
    }
    assert_eq!(only(&case), [Kind::Subscription]);
}

fn is_delivery(line: &es_testkit::history::Line) -> bool {
    matches!(line.entry, Entry::Delivered { .. })
}

#[test]
fn nothing_is_concluded_from_the_order_of_lines_of_two_processes() {
    // The one appends and is answered; the other asks for the end, and it is at the start.
    let one = case(|store| async move {
        store.append(append(1, ANY, 1, 1)).await.unwrap();
    });
    let other = case(|store| async move {
        store.head().await.unwrap();
    });
    let mut both = one.clone();
    both.history.processes.extend(other.history.processes);
    assert!(both.check().is_clean());
    // In one process it would be wrong.
    let mut joined = one;
    let later = joined.lines().len() as u64;
    let lines = both.history.processes[1].lines.iter().cloned();
    let lines: Vec<_> = lines
        .map(|mut line| {
            line.stamp += later;
            match &mut line.entry {
                Entry::Called { call, .. } | Entry::Answered { call, .. } => *call += 100,
                _ => {}
            }
            line
        })
        .collect();
    joined.lines().extend(lines);
    assert_eq!(only(&joined), [Kind::StaleRead]);
}
