//! What the store holds, by position, id and stream; and whether that is in order by itself.

use std::collections::{HashMap, HashSet};

use es_core::{EventId, Position, RecordedEvent, StreamId, StreamVersion, Timestamp};

use crate::history::{
    report::{Kind, Report},
    seen::Seen,
};

pub(super) struct Stored<'a> {
    by_position: HashMap<u64, &'a RecordedEvent>,
    by_id: HashMap<EventId, &'a RecordedEvent>,
    streams: HashMap<&'a StreamId, Vec<&'a RecordedEvent>>,
    head: u64,
}

impl<'a> Stored<'a> {
    pub(super) fn index(events: &'a [RecordedEvent], report: &mut Report) -> Self {
        check_positions(events, report);
        check_times(events, report);
        check_ids(events, report);
        let mut stored = Self {
            by_position: HashMap::new(),
            by_id: HashMap::new(),
            streams: HashMap::new(),
            head: 0,
        };
        for event in events {
            stored.head = stored.head.max(event.position.get());
            stored
                .by_position
                .entry(event.position.get())
                .or_insert(event);
            stored.by_id.entry(event.id).or_insert(event);
            stored.streams.entry(&event.stream).or_default().push(event);
        }
        check_versions(&stored.streams, report);
        stored
    }

    /// The highest position.
    pub(super) fn head(&self) -> u64 {
        self.head
    }

    pub(super) fn at(&self, position: u64) -> Option<&'a RecordedEvent> {
        self.by_position.get(&position).copied()
    }

    /// The first event with this id.
    pub(super) fn event(&self, id: EventId) -> Option<&'a RecordedEvent> {
        self.by_id.get(&id).copied()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = (EventId, Position)> {
        self.by_id.iter().map(|(id, event)| (*id, event.position))
    }

    /// The version of a stream before the event at `position` was there.
    pub(super) fn version_before(&self, stream: &StreamId, position: u64) -> StreamVersion {
        let events = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let before = events.partition_point(|event| event.position.get() < position);
        let last = before.checked_sub(1).map(|last| events[last]);
        last.map_or(StreamVersion::EMPTY, |event| event.version)
    }

    /// The event of a stream with this version.
    pub(super) fn version(&self, stream: &StreamId, version: u64) -> Option<&'a RecordedEvent> {
        let events = self.streams.get(stream)?;
        let at = events.partition_point(|event| event.version.get() < version);
        let found = events.get(at).copied();
        found.filter(|event| event.version.get() == version)
    }

    /// Whether events that were seen are as they are stored; else what is wrong.
    pub(super) fn shows(&self, seen: &Seen) -> Result<(), String> {
        let events = seen.numbers().map(|position| {
            let missing = || format!("saw position {position}, which is not stored");
            self.at(position).ok_or_else(missing)
        });
        let events = events.collect::<Result<Vec<_>, _>>()?;
        same(&Seen::by_position(events), seen)
    }

    /// The same for events of one stream.
    pub(super) fn shows_of(&self, stream: &StreamId, seen: &Seen) -> Result<(), String> {
        let events = seen.numbers().map(|version| {
            let missing = || format!("saw version {version} of {stream}, which is not stored");
            self.version(stream, version).ok_or_else(missing)
        });
        let events = events.collect::<Result<Vec<_>, _>>()?;
        same(&Seen::by_version(events), seen)
    }
}

fn same(stored: &Seen, seen: &Seen) -> Result<(), String> {
    if stored.digest == seen.digest {
        Ok(())
    } else {
        Err(format!(
            "saw other events at {:?} than are stored there",
            seen.runs
        ))
    }
}

fn check_positions(events: &[RecordedEvent], report: &mut Report) {
    let mut positions = HashSet::new();
    let mut highest = 0;
    for event in events {
        let position = event.position.get();
        let sort = place(position, highest, positions.insert(position));
        if let Some(kind) = sort {
            let text = format!("position {position} comes after position {highest}");
            report.find(kind, text);
        }
        highest = highest.max(position);
    }
}

fn check_versions(streams: &HashMap<&StreamId, Vec<&RecordedEvent>>, report: &mut Report) {
    for (stream, events) in streams {
        let mut versions = HashSet::new();
        let mut highest = 0;
        for event in events {
            let version = event.version.get();
            if let Some(kind) = place(version, highest, versions.insert(version)) {
                let position = event.position;
                let text = format!(
                    "version {version} of {stream}, at position {position}, comes after version {highest}"
                );
                report.find(kind, text);
            }
            highest = highest.max(version);
        }
    }
}

/// What is wrong with a number that follows on others of which `highest` is the highest.
fn place(number: u64, highest: u64, new: bool) -> Option<Kind> {
    if !new {
        Some(Kind::Duplicated)
    } else if number == highest + 1 {
        None
    } else if number > highest {
        Some(Kind::Hole)
    } else {
        Some(Kind::OutOfOrder)
    }
}

fn check_times(events: &[RecordedEvent], report: &mut Report) {
    let mut latest: Option<Timestamp> = None;
    for event in events {
        if latest.is_some_and(|latest| event.recorded_at < latest) {
            let text = format!("the recorded time goes back at position {}", event.position);
            report.find(Kind::OutOfOrder, text);
        }
        latest = latest.max(Some(event.recorded_at));
    }
}

fn check_ids(events: &[RecordedEvent], report: &mut Report) {
    let mut ids: HashMap<EventId, Position> = HashMap::new();
    for event in events {
        if let Some(first) = ids.get(&event.id) {
            let (id, again) = (event.id, event.position);
            let text = format!("event {id} is at position {first} and at position {again}");
            report.find(Kind::Duplicated, text);
        } else {
            ids.insert(event.id, event.position);
        }
    }
}
