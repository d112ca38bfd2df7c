//! Ways to doctor a history or a store, each of which must be found in every history.

use es_core::{EventId, Position, RecordedEvent, StreamVersion, Timestamp};
use es_testkit::history::{Answer, Entry, Operation};
use uuid::Uuid;

use crate::case::Case;

/// Doctors the case at a place that the number picks; false if there is nothing to doctor.
pub(crate) type Lie = fn(&mut Case, usize) -> bool;

pub(crate) const LIES: &[(&str, Lie)] = &[
    ("an acknowledged event is gone", |case, n| {
        let ids = acknowledged(case);
        let Some(id) = pick(&ids, n) else {
            return false;
        };
        case.stored.retain(|event| event.id != *id);
        true
    }),
    ("an event in the middle is gone", |case, n| {
        let Some(last) = case.stored.len().checked_sub(1).filter(|last| *last > 0) else {
            return false;
        };
        case.stored.remove(n % last);
        true
    }),
    (
        "the newest acknowledged append is gone, with all after it",
        |case, _| {
            let ids = acknowledged(case);
            let first = case
                .stored
                .iter()
                .rposition(|event| ids.contains(&event.id));
            let Some(first) = first else { return false };
            case.stored.truncate(first);
            true
        },
    ),
    ("an event is stored twice", |case, n| {
        let Some(event) = pick(&case.stored, n).cloned() else {
            return false;
        };
        let of_stream = case
            .stored
            .iter()
            .filter(|e| e.stream == event.stream)
            .count();
        let newest = case.stored.last().unwrap();
        let copy = RecordedEvent {
            position: newest.position.next(),
            version: StreamVersion::new(of_stream as u64 + 1),
            recorded_at: newest.recorded_at,
            ..event
        };
        case.stored.push(copy);
        true
    }),
    ("two events changed their places", |case, n| {
        let len = case.stored.len();
        if len < 2 {
            return false;
        }
        let (one, two) = (n % (len - 1), n % (len - 1) + 1);
        case.stored.swap(one, two);
        true
    }),
    ("the contents of two events are exchanged", |case, n| {
        let len = case.stored.len();
        if len < 2 {
            return false;
        }
        let (one, two) = (n % (len - 1), n % (len - 1) + 1);
        let payload = case.stored[one].payload.clone();
        case.stored[one].payload = case.stored[two].payload.clone();
        case.stored[two].payload = payload;
        true
    }),
    ("a recorded time goes back", |case, n| {
        let len = case.stored.len();
        if len < 2 {
            return false;
        }
        let at = n % (len - 1) + 1;
        let before = case.stored[at - 1].recorded_at.as_micros();
        case.stored[at].recorded_at = Timestamp::from_micros(before - 1);
        true
    }),
    ("a version is left out", |case, n| {
        let Some(stream) = pick(&case.stored, n).map(|event| event.stream.clone()) else {
            return false;
        };
        let newest = case.stored.iter_mut().rfind(|event| event.stream == stream);
        let newest = newest.unwrap();
        newest.version = newest.version.next();
        true
    }),
    ("somebody else wrote", |case, _| {
        let Some(newest) = case.stored.last().cloned() else {
            return false;
        };
        let stream = "Foreign/1".parse().unwrap();
        case.stored.push(RecordedEvent {
            position: newest.position.next(),
            id: EventId::new(Uuid::from_u128(u128::MAX)),
            version: StreamVersion::FIRST,
            stream,
            ..newest
        });
        true
    }),
    ("an acknowledgement names other positions", |case, n| {
        let found = case.answers(|_, answer| matches!(answer, Answer::Appended(_)).then_some(()));
        let Some((line, ())) = pick(&found, n) else {
            return false;
        };
        if let Answer::Appended(appended) = case.answer(*line) {
            appended.first_position = appended.first_position.next();
            appended.last_position = appended.last_position.next();
        }
        true
    }),
    ("an acknowledgement names other versions", |case, n| {
        let found = case.answers(|_, answer| matches!(answer, Answer::Appended(_)).then_some(()));
        let Some((line, ())) = pick(&found, n) else {
            return false;
        };
        if let Answer::Appended(appended) = case.answer(*line) {
            let stream = appended.streams.last_mut().unwrap();
            stream.first_version = stream.first_version.next();
            stream.last_version = stream.last_version.next();
        }
        true
    }),
    ("an acknowledged append is called a conflict", |case, n| {
        let found = case.answers(|_, answer| match answer {
            Answer::Appended(appended) => Some(appended.streams[0].clone()),
            _ => None,
        });
        let Some((line, told)) = pick(&found, n) else {
            return false;
        };
        *case.answer(*line) = Answer::Conflict {
            stream: told.stream.clone(),
            actual: told.last_version,
        };
        true
    }),
    ("a conflict names a version that never was", |case, n| {
        let found =
            case.answers(|_, answer| matches!(answer, Answer::Conflict { .. }).then_some(()));
        let Some((line, ())) = pick(&found, n) else {
            return false;
        };
        if let Answer::Conflict { actual, .. } = case.answer(*line) {
            *actual = actual.plus(1_000);
        }
        true
    }),
    ("a conflict names another stream", |case, n| {
        let found =
            case.answers(|_, answer| matches!(answer, Answer::Conflict { .. }).then_some(()));
        let Some((line, ())) = pick(&found, n) else {
            return false;
        };
        if let Answer::Conflict { stream, .. } = case.answer(*line) {
            *stream = "Claim/other".parse().unwrap();
        }
        true
    }),
    ("a conflict is called an acknowledgement", |case, n| {
        let mut place = case.answers(|_, answer| match answer {
            Answer::Appended(appended) => Some(appended.clone()),
            _ => None,
        });
        let found =
            case.answers(|_, answer| matches!(answer, Answer::Conflict { .. }).then_some(()));
        let (Some((line, ())), Some((_, appended))) = (pick(&found, n), place.pop()) else {
            return false;
        };
        *case.answer(*line) = Answer::Appended(appended);
        true
    }),
    ("the end is beyond the end", |case, n| {
        let found = case.answers(|_, answer| matches!(answer, Answer::Head(_)).then_some(()));
        let Some((line, ())) = pick(&found, n) else {
            return false;
        };
        let beyond = case.stored.len() as u64 + 1;
        *case.answer(*line) = Answer::Head(Position::new(beyond));
        true
    }),
    ("the end is before what was acknowledged", |case, n| {
        let known = case.answers(|_, answer| matches!(answer, Answer::Appended(_)).then_some(()));
        let Some((known, ())) = known.first().copied() else {
            return false;
        };
        let calls = calls_after(case, known);
        let found = case.answers(|_, answer| matches!(answer, Answer::Head(_)).then_some(()));
        let found: Vec<_> = found
            .into_iter()
            .filter(|(line, ())| calls.contains(line))
            .collect();
        let Some((line, ())) = pick(&found, n) else {
            return false;
        };
        *case.answer(*line) = Answer::Head(Position::START);
        true
    }),
    ("an acknowledged event is not found by its id", |case, n| {
        let found = case.answers(|operation, answer| match (operation, answer) {
            // The reader asks for what it saw before.
            (Operation::ReadEvent { .. }, Answer::Event { event: Some(_) }) => Some(()),
            _ => None,
        });
        let Some((line, ())) = pick(&found, n) else {
            return false;
        };
        *case.answer(*line) = Answer::Event { event: None };
        true
    }),
    ("a page leaves an event out", |case, n| {
        let found = case.answers(|_, answer| match answer {
            Answer::All { events, .. } if events.numbers().count() > 1 => Some(()),
            _ => None,
        });
        let Some((line, ())) = pick(&found, n) else {
            return false;
        };
        if let Answer::All { events, .. } = case.answer(*line) {
            events.runs[0].0 += 1;
        }
        true
    }),
    ("a page shows something else", |case, n| {
        let found = case.answers(|_, answer| match answer {
            Answer::All { events, .. } | Answer::Stream { events, .. } => {
                (!events.runs.is_empty()).then_some(())
            }
            _ => None,
        });
        let Some((line, ())) = pick(&found, n) else {
            return false;
        };
        if let Answer::All { events, .. } | Answer::Stream { events, .. } = case.answer(*line) {
            events.digest ^= 1;
        }
        true
    }),
    ("a stream is shorter than it was known to be", |case, n| {
        let mut known = std::collections::HashSet::new();
        let found = case.answers(|operation, answer| match (operation, answer) {
            (
                Operation::ReadStream { stream },
                Answer::Stream {
                    version: Some(version),
                    ..
                },
            ) if version.get() > 0 => Some(stream.clone()),
            _ => None,
        });
        // The second of two reads of the same stream, which does not overlap the first.
        let mut seconds = Vec::new();
        for (line, stream) in found {
            if known.contains(&stream) && !overlaps_any(case, line) {
                seconds.push((line, ()));
            }
            known.insert(stream);
        }
        let Some((line, ())) = pick(&seconds, n) else {
            return false;
        };
        if let Answer::Stream { events, version } = case.answer(*line) {
            *version = Some(StreamVersion::EMPTY);
            *events = es_testkit::history::Seen::by_version([]);
        }
        true
    }),
    ("a delivery is left out", |case, n| {
        let found = deliveries(case);
        let not_last = &found[..found.len().saturating_sub(1)];
        let Some(line) = pick(not_last, n).copied() else {
            return false;
        };
        case.lines().remove(line);
        true
    }),
    ("a delivery is repeated", |case, n| {
        let found = deliveries(case);
        let Some(line) = pick(&found, n).copied() else {
            return false;
        };
        let copy = case.lines()[line].clone();
        case.lines().insert(line, copy);
        true
    }),
    ("two deliveries changed their places", |case, n| {
        let found = deliveries(case);
        let Some(at) = pick(&found[..found.len().saturating_sub(1)], n).copied() else {
            return false;
        };
        let next = found[found.iter().position(|line| *line == at).unwrap() + 1];
        let entry = case.lines()[at].entry.clone();
        case.lines()[at].entry = case.lines()[next].entry.clone();
        case.lines()[next].entry = entry;
        true
    }),
    ("a checkpoint stands where nobody put it", |case, n| {
        let found = case.answers(|_, answer| matches!(answer, Answer::Checkpoint(_)).then_some(()));
        let Some((line, ())) = pick(&found, n) else {
            return false;
        };
        *case.answer(*line) = Answer::Checkpoint(Position::new(1_000_000));
        true
    }),
    ("a checkpoint went back", |case, _| {
        let found = case.answers(|_, answer| matches!(answer, Answer::Checkpoint(_)).then_some(()));
        let Some((line, ())) = found.last() else {
            return false;
        };
        *case.answer(*line) = Answer::Checkpoint(Position::START);
        true
    }),
    (
        "an append lies before what was seen when it was asked for",
        |case, _| {
            // All that was ever asked for was asked for after the end.
            let last = case.lines().last().unwrap().stamp;
            let newest = case.stored.last().map(|event| event.id);
            let Some(newest) = newest else { return false };
            let mut seen = false;
            for line in case.lines() {
                if let Entry::Called {
                    operation: Operation::Append(append),
                    ..
                } = &line.entry
                    && append.events().any(|(_, id, _)| id == newest)
                {
                    line.stamp = last + 1;
                    seen = true;
                }
            }
            let delivered = deliveries(case);
            seen && !delivered.is_empty() && {
                let lines = case.lines();
                let end = delivered
                    .iter()
                    .filter_map(|line| match &lines[*line].entry {
                        Entry::Delivered { events, .. } => events.numbers().max(),
                        _ => None,
                    });
                end.max() == case.stored.last().map(|event| event.position.get())
            }
        },
    ),
];

/// The ids of all events of acknowledged appends.
fn acknowledged(case: &mut Case) -> Vec<EventId> {
    let found = case.answers(|operation, answer| match (operation, answer) {
        (Operation::Append(append), Answer::Appended(_)) => {
            Some(append.events().map(|(_, id, _)| id).collect::<Vec<_>>())
        }
        _ => None,
    });
    found.into_iter().flat_map(|(_, ids)| ids).collect()
}

/// The lines with answers to calls that were made after a line.
fn calls_after(case: &mut Case, line: usize) -> Vec<usize> {
    let lines = case.lines();
    let called = lines
        .iter()
        .skip(line + 1)
        .filter_map(|line| match &line.entry {
            Entry::Called { call, .. } => Some(*call),
            _ => None,
        });
    let called: Vec<_> = called.collect();
    let answers = lines.iter().enumerate();
    let answers = answers.filter(|(_, line)| match &line.entry {
        Entry::Answered { call, .. } => called.contains(call),
        _ => false,
    });
    answers.map(|(at, _)| at).collect()
}

/// Whether the call that this line answers began before another read of its stream was answered.
fn overlaps_any(case: &mut Case, line: usize) -> bool {
    let lines = case.lines();
    let Entry::Answered { call, .. } = lines[line].entry else {
        return true;
    };
    let begin = lines
        .iter()
        .position(|line| matches!(&line.entry, Entry::Called { call: of, .. } if *of == call));
    let Some(begin) = begin else { return true };
    let Entry::Called {
        operation: Operation::ReadStream { stream },
        ..
    } = &lines[begin].entry
    else {
        return true;
    };
    // A read of the same stream that was answered before this one began, with events.
    let mut open = std::collections::HashMap::new();
    let mut before = false;
    for line in &lines[..begin] {
        match &line.entry {
            Entry::Called {
                call,
                operation: Operation::ReadStream { stream: of },
                ..
            } if of == stream => {
                open.insert(*call, ());
            }
            Entry::Answered {
                call,
                answer: Answer::Stream { events, .. },
            } if open.contains_key(call) => {
                before |= !events.runs.is_empty();
            }
            _ => {}
        }
    }
    !before
}

fn deliveries(case: &mut Case) -> Vec<usize> {
    let lines = case.lines().iter().enumerate();
    let found = lines.filter(|(_, line)| matches!(line.entry, Entry::Delivered { .. }));
    found.map(|(at, _)| at).collect()
}

fn pick<T>(from: &[T], n: usize) -> Option<&T> {
    (!from.is_empty()).then(|| &from[n % from.len()])
}
