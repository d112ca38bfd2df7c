//! Two stores of one process on one log: what each read may leave out that the other one wrote.

use std::sync::Arc;

use es_core::memory::MemoryStore;
use es_core::{
    AllRange, Append, EventStore, ExpectedVersion, Position, StreamRange, StreamVersion,
};
use es_testkit::history::{
    Answer, Entry, History, Kind, Line, Operation, Recorder, RecordingStore, Seen, Subscriber,
    read_everything,
};

use crate::case::{Case, events, run, stream};

/// What two recorded stores do to one log, of which `writer` appends two events to a stream first.
fn case<F: Future<Output = ()>>(act: impl FnOnce(RecordingStore, RecordingStore) -> F) -> Case {
    let case = run(async {
        let memory = MemoryStore::new();
        let recorder = Recorder::in_memory();
        let recorded = |name| RecordingStore::new(Arc::new(memory.clone()), recorder.clone(), name);
        let (writer, other) = (recorded("writer"), recorded("other"));
        let append = Append::new(stream(1), ExpectedVersion::Any, events(1, 2)).unwrap();
        writer.append(append).await.unwrap();
        act(writer, other).await;
        let history = History {
            processes: vec![recorder.process("one")],
        };
        let stored = read_everything(&memory).await.unwrap();
        Case { history, stored }
    });
    assert!(case.check().is_clean());
    case
}

/// Reads the stream and its first event.
async fn look(store: &RecordingStore) {
    let all = StreamRange::all();
    store.read_stream(&stream(1), all).await.unwrap();
    store.read_event(events(1, 1)[0].id).await.unwrap();
}

/// Lets the last read of the stream and the last read of the event see nothing of it.
fn see_nothing(case: &mut Case) {
    let found = case.answers(|operation, _| {
        let old = match operation {
            Operation::ReadStream { .. } => Answer::Stream {
                events: Seen::by_version([]),
                version: Some(StreamVersion::EMPTY),
            },
            Operation::ReadEvent { .. } => Answer::Event { event: None },
            _ => return None,
        };
        Some(old)
    });
    for (line, old) in found.into_iter().rev().take(2) {
        *case.answer(line) = old;
    }
}

fn stale(case: &Case) -> usize {
    let report = case.check();
    let of_kind = report.count(Kind::StaleRead);
    assert_eq!(report.findings.len() as u64, of_kind, "{report:#?}");
    report.findings.len()
}

#[test]
fn streams_and_events_may_leave_out_what_another_store_wrote() {
    let mut case = case(|_, other| async move { look(&other).await });
    see_nothing(&mut case);
    assert!(case.check().is_clean(), "{:#?}", case.check());
}

#[test]
fn streams_and_events_must_show_what_their_own_store_wrote() {
    let mut case = case(|writer, _| async move { look(&writer).await });
    see_nothing(&mut case);
    assert_eq!(stale(&case), 2);
}

#[test]
fn it_does_not_matter_which_client_of_a_store_wrote() {
    let mut case = case(|writer, _| async move { look(&writer.client("reader")).await });
    see_nothing(&mut case);
    assert_eq!(stale(&case), 2);
}

#[test]
fn streams_and_events_must_show_what_their_own_store_was_told_of_before() {
    let by_end = case(|_, other| async move {
        other.head().await.unwrap();
        look(&other).await;
    });
    let by_page = case(|_, other| async move {
        let page = AllRange::after(Position::START).limit(2);
        other.read_all(&page).await.unwrap();
        look(&other).await;
    });
    let by_reads = case(|_, other| async move {
        look(&other).await;
        look(&other).await;
    });
    let by_delivery = case(|_, other| async move {
        let mut subscriber = Subscriber::new(&other.client("subscriber"), Position::START);
        subscriber.next_batch().await.unwrap();
        look(&other).await;
    });
    for (told, mut case) in [
        ("the end", by_end),
        ("a page", by_page),
        ("reads", by_reads),
        ("a delivery", by_delivery),
    ] {
        see_nothing(&mut case);
        assert_eq!(stale(&case), 2, "{told}");
    }
}

#[test]
fn what_one_store_is_told_of_another_need_not_show() {
    let mut case = case(|writer, other| async move {
        writer.head().await.unwrap();
        let mut subscriber = Subscriber::new(&writer, Position::START);
        subscriber.next_batch().await.unwrap();
        look(&other).await;
    });
    see_nothing(&mut case);
    assert!(case.check().is_clean(), "{:#?}", case.check());
}

#[test]
fn the_end_is_not_before_what_another_store_wrote() {
    let mut case = case(|_, other| async move {
        other.head().await.unwrap();
    });
    for (line, ()) in case.answers(|operation, _| (*operation == Operation::Head).then_some(())) {
        *case.answer(line) = Answer::Head(Position::START);
    }
    assert_eq!(stale(&case), 1);
}

#[test]
fn a_page_that_says_it_is_the_last_holds_all_that_another_store_wrote() {
    let mut case = case(|writer, other| async move {
        let append = Append::new(stream(2), ExpectedVersion::Any, events(3, 1)).unwrap();
        writer.append(append).await.unwrap();
        let all = AllRange::after(Position::START);
        other.read_all(&all).await.unwrap();
    });
    // Of three events it shows two, or none.
    let stored = case.stored.clone();
    for events in [&stored[..2], &[]] {
        let at_end = |at_end| Answer::All {
            events: Seen::by_position(events),
            unfiltered: true,
            scanned_to: Position::new(events.len() as u64),
            at_end,
        };
        let pages = case.answers(|operation, _| {
            let page = matches!(operation, Operation::ReadAll { .. });
            page.then_some(())
        });
        let [(page, ())] = pages[..] else {
            panic!("one page")
        };
        *case.answer(page) = at_end(true);
        assert_eq!(stale(&case), 1, "{} events", events.len());
        // It may be that there are more.
        *case.answer(page) = at_end(false);
        assert!(case.check().is_clean(), "{:#?}", case.check());
    }
}

#[test]
fn a_conflict_does_not_name_a_version_from_before_what_another_store_wrote() {
    let mut case = case(|_, other| async move {
        let append = Append::new(stream(1), ExpectedVersion::NoStream, events(3, 1)).unwrap();
        other.append(append).await.unwrap_err();
    });
    let append = |line: &mut Line| match &mut line.entry {
        Entry::Called {
            operation: Operation::Append(append),
            ..
        } if append.writes[0].expected == ExpectedVersion::NoStream => {
            append.writes[0].expected = ExpectedVersion::Exists;
        }
        _ => {}
    };
    case.lines().iter_mut().for_each(append);
    let found = case.answers(|_, answer| matches!(answer, Answer::Conflict { .. }).then_some(()));
    let [(conflict, ())] = found[..] else {
        panic!("one conflict")
    };
    *case.answer(conflict) = Answer::Conflict {
        stream: stream(1),
        actual: StreamVersion::EMPTY,
    };
    let report = case.check();
    assert_eq!(report.count(Kind::WrongConflict), 1, "{report:#?}");
}

#[test]
fn a_conflict_with_what_is_passed_may_name_a_version_from_before_what_another_store_wrote() {
    let mut case = case(|writer, other| async move {
        let more = Append::new(stream(1), ExpectedVersion::Any, events(7, 1)).unwrap();
        writer.append(more).await.unwrap();
        let append = Append::new(stream(1), ExpectedVersion::NoStream, events(3, 1)).unwrap();
        other.append(append).await.unwrap_err();
    });
    let found = case.answers(|_, answer| match answer {
        Answer::Conflict { actual, .. } => Some(*actual),
        _ => None,
    });
    let [(conflict, newest)] = found[..] else {
        panic!("one conflict")
    };
    let named = |version: u64| Answer::Conflict {
        stream: stream(1),
        actual: StreamVersion::new(version),
    };
    *case.answer(conflict) = named(newest.get() - 1);
    assert!(case.check().is_clean(), "{:#?}", case.check());
    *case.answer(conflict) = named(newest.get() + 1);
    assert_eq!(case.check().count(Kind::WrongConflict), 1);
}

#[test]
fn in_files_that_name_no_stores_a_process_is_held_to_all_it_knew() {
    let mut case = case(|_, other| async move { look(&other).await });
    see_nothing(&mut case);
    assert!(case.check().is_clean());
    for line in case.lines() {
        *line = without_store(line);
    }
    assert_eq!(stale(&case), 2);
}

/// The line as it was written before lines named stores.
fn without_store(line: &Line) -> Line {
    let mut json = serde_json::to_value(line).unwrap();
    for entry in json["entry"].as_object_mut().unwrap().values_mut() {
        entry.as_object_mut().unwrap().remove("store");
    }
    serde_json::from_value(json).unwrap()
}
