//! The model: a list of events, and what follows from it.

use std::fmt;

use uuid::Uuid;

use super::call::{AppendAnswer, Call, Stored};
use super::expectation::Expectation;
use super::selection::event;
use super::step::{Change, Intent, Step};
use crate::testing::conformance::Ability;
use crate::{
    AllRange, Append, AppendId, Appended, Direction, ExpectedVersion, NewEvent, Position,
    RecordedEvent, StreamAppended, StreamId, StreamRange, StreamVersion, StreamWrite, Timestamp,
};

/// What the store must hold, and the call that leads there.
#[derive(Clone)]
pub(super) struct Model {
    supports: &'static [Ability],
    pub(super) events: Vec<Stored>,
    appends: Vec<(Append, Appended)>,
    /// The number of the next new event.
    next: u64,
    pub(super) call: Call,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}

impl Model {
    pub(super) fn new(supports: &'static [Ability]) -> Self {
        let (events, appends) = (Vec::new(), Vec::new());
        Self {
            supports,
            events,
            appends,
            next: 0,
            call: Call::Nothing,
        }
    }

    pub(super) fn supports(&self) -> &'static [Ability] {
        self.supports
    }

    pub(super) fn after(mut self, step: &Step) -> Self {
        self.call = match step {
            Step::Append(intent) => {
                let append = self.intended(intent);
                self.append(append)
            }
            Step::Repeat { nth, expected } => match self.again(*nth, *expected, |_| {}) {
                Some(append) => self.append(append),
                None => Call::Nothing,
            },
            Step::Reuse {
                nth,
                expected,
                change,
            } => self.reuse(*nth, *expected, *change),
            Step::ReadStream {
                stream,
                from,
                to,
                limit,
                backward,
            } => {
                let range = StreamRange::all().from(StreamVersion::new(*from));
                let range = range.to(StreamVersion::new(*to)).limit(*limit);
                self.read_stream(
                    named(stream),
                    if *backward { range.backward() } else { range },
                )
            }
            Step::ReadAll {
                after,
                until,
                limit,
                selection,
            } => {
                let range = AllRange::after(Position::new(*after)).until(Position::new(*until));
                self.read_all(range.limit(*limit).filter(selection.filter()))
            }
            Step::ReadEvent { number } => {
                let id = event(*number).id;
                let due = self
                    .events
                    .iter()
                    .find(|stored| stored.event.id == id)
                    .cloned();
                Call::ReadEvent { id, due }
            }
            Step::Restart => Call::Restart,
        };
        self
    }

    pub(super) fn head(&self) -> Position {
        Position::new(self.events.len() as u64)
    }

    fn version(&self, stream: &StreamId) -> StreamVersion {
        let count = self
            .events
            .iter()
            .filter(|stored| stored.stream == *stream)
            .count();
        StreamVersion::new(count as u64)
    }

    fn append(&mut self, append: Append) -> Call {
        let earlier = self
            .appends
            .iter()
            .find(|(earlier, _)| earlier.id() == append.id());
        let due = if let Some((earlier, first)) = earlier {
            if same_content(earlier, &append) {
                AppendAnswer::Appended(Appended {
                    repeated: true,
                    ..first.clone()
                })
            } else {
                AppendAnswer::IdReused(append.id())
            }
        } else if let Some(conflict) = append.first_conflict(|stream| self.version(stream)) {
            AppendAnswer::Conflict(conflict)
        } else {
            let appended = self.store(&append);
            self.appends.push((append.clone(), appended.clone()));
            AppendAnswer::Appended(appended)
        };
        Call::Append { append, due }
    }

    fn store(&mut self, append: &Append) -> Appended {
        let first_position = self.head().next();
        let mut streams = Vec::new();
        for write in append.writes() {
            let before = self.version(&write.stream);
            for (event, offset) in write.events.iter().zip(1..) {
                let (position, stream) = (self.head().next(), write.stream.clone());
                let version = before.plus(offset);
                self.events.push(Stored {
                    position,
                    stream,
                    version,
                    event: event.clone(),
                });
            }
            let stream = write.stream.clone();
            let last_version = self.version(&stream);
            streams.push(StreamAppended {
                stream,
                first_version: before.next(),
                last_version,
            });
        }
        Appended {
            first_position,
            last_position: self.head(),
            streams,
            repeated: false,
        }
    }

    /// New events for the streams of the intent.
    fn intended(&mut self, intent: &Intent) -> Append {
        let own_id = intent.own_id && (self.finds_any_id() || all_exact(intent));
        let mut append: Option<Append> = None;
        for (name, expected, count) in &intent.writes {
            let stream = named(name);
            let expected = expected.at(self.version(&stream));
            let events: Vec<_> = (self.next..self.next + count).map(event).collect();
            self.next += count;
            let written = match append.take() {
                None => Append::new(stream, expected, events),
                Some(append) => append.and(stream, expected, events),
            };
            append = Some(written.expect("distinct streams and events"));
        }
        let mut append = append.expect("an intent has a write");
        for (name, expected) in &intent.checks {
            let stream = named(name);
            let expected = expected.at(self.version(&stream));
            append = append.check(stream, expected).expect("distinct streams");
        }
        let own = AppendId::new(Uuid::from_u64_pair(1, self.next));
        if own_id { append.with_id(own) } else { append }
    }

    /// An earlier append with other expectations, and its events changed.
    ///
    /// Where the store finds ids by the expected version only, the expectations stay.
    fn again(
        &self,
        nth: usize,
        expected: Expectation,
        change: impl Fn(&mut Vec<(StreamId, ExpectedVersion, Vec<NewEvent>)>),
    ) -> Option<Append> {
        let known: Vec<_> = self
            .appends
            .iter()
            .filter(|(a, _)| self.is_found_again(a))
            .collect();
        let (earlier, _) = known.get(nth.checked_rem(known.len())?)?;
        let mut writes = Vec::new();
        for write in earlier.writes() {
            let new = expected.at(self.version(&write.stream));
            let expected = if self.finds_any_id() {
                new
            } else {
                write.expected
            };
            writes.push((write.stream.clone(), expected, write.events.clone()));
        }
        change(&mut writes);
        let mut writes = writes.into_iter();
        let (stream, expected, events) = writes.next()?;
        let mut append = Append::new(stream, expected, events).ok()?;
        for (stream, expected, events) in writes {
            append = append.and(stream, expected, events).ok()?;
        }
        Some(append.with_id(earlier.id()))
    }

    fn reuse(&mut self, nth: usize, expected: Expectation, change: Change) -> Call {
        let new = event(self.next);
        self.next += 1;
        let elsewhere = self.finds_any_id();
        let changed = self.again(nth, expected, |writes| {
            let (stream, _, events) = &mut writes[0];
            match change {
                Change::Fewer if events.len() > 1 => {
                    events.pop();
                }
                Change::More => events.push(new.clone()),
                Change::Stream if elsewhere => *stream = named("Elsewhere/1"),
                _ => events[0].payload.data = new.payload.data.clone(),
            }
        });
        match changed {
            Some(append) => self.append(append),
            None => Call::Nothing,
        }
    }

    fn finds_any_id(&self) -> bool {
        self.supports.contains(&Ability::AppendIdsForAny)
    }

    fn is_found_again(&self, append: &Append) -> bool {
        let exact = |expected| {
            matches!(
                expected,
                ExpectedVersion::Exact(_) | ExpectedVersion::NoStream
            )
        };
        self.finds_any_id() || append.writes().iter().all(|write| exact(write.expected))
    }

    fn read_stream(&self, stream: StreamId, range: StreamRange) -> Call {
        let inside = |stored: &&Stored| {
            stored.stream == stream && stored.version >= range.from && stored.version <= range.to
        };
        let limit = usize::try_from(range.limit).unwrap_or(usize::MAX);
        let inside = self.events.iter().filter(inside);
        let due = match range.direction {
            Direction::Forward => inside.take(limit).cloned().collect(),
            Direction::Backward => inside.rev().take(limit).cloned().collect(),
        };
        Call::ReadStream { stream, range, due }
    }

    fn read_all(&self, range: AllRange) -> Call {
        let inside = |stored: &&Stored| {
            stored.position > range.after
                && stored.position <= range.until
                && range.filter.matches(&stored.recorded())
        };
        let due = self.events.iter().filter(inside).cloned().collect();
        Call::ReadAll { range, due }
    }
}

impl Stored {
    fn recorded(&self) -> RecordedEvent {
        let Self {
            position,
            stream,
            version,
            event,
        } = self.clone();
        RecordedEvent::new(position, stream, version, Timestamp::UNIX_EPOCH, event)
    }

    /// Whether the store's event is this one.
    pub(super) fn is(&self, recorded: &RecordedEvent) -> bool {
        recorded.position == self.position
            && recorded.stream == self.stream
            && recorded.version == self.version
            && recorded.is(&self.event)
    }
}

fn same_content(a: &Append, b: &Append) -> bool {
    let content = |append: &Append| -> Vec<(StreamId, NewEvent)> {
        let of_write = |write: &StreamWrite| {
            let stream = write.stream.clone();
            write
                .events
                .iter()
                .map(move |e| (stream.clone(), e.clone()))
                .collect::<Vec<_>>()
        };
        append.writes().iter().flat_map(of_write).collect()
    };
    content(a) == content(b)
}

fn all_exact(intent: &Intent) -> bool {
    let exact = |expected| {
        use Expectation::{Ahead, Behind, Current, NoStream};
        matches!(expected, NoStream | Current | Behind | Ahead)
    };
    intent
        .writes
        .iter()
        .all(|(_, expected, _)| exact(*expected))
}

fn named(name: &str) -> StreamId {
    name.parse().expect("a valid stream name")
}
