//! What becomes of events, and how far a migration has come.

use es_core::{EventId, Metadata, NewEvent, Position, RecordedEvent, StreamId};

/// Says from which position of the source an event came.
const MIGRATED_FROM: &str = "es-migrated-from";

/// An event for the target, and the stream it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migrated {
    /// The stream.
    pub stream: StreamId,
    /// The event.
    pub event: NewEvent,
}

impl Migrated {
    /// The event as it is.
    #[must_use]
    pub fn same(event: &RecordedEvent) -> Self {
        let new = NewEvent::new(event.id, event.name.clone(), event.payload.clone());
        Self {
            stream: event.stream.clone(),
            event: new.with_metadata(event.metadata.clone()),
        }
    }

    /// The `number`-th of several that an event becomes, with an id derived from it; 0 keeps the id.
    #[must_use]
    pub fn part(event: &RecordedEvent, number: u32) -> Self {
        let mut part = Self::same(event);
        if number > 0 {
            let name = format!("{MIGRATED_FROM} {number}");
            part.event.id = EventId::derived(event.id.uuid(), name);
        }
        part
    }

    /// In another stream.
    #[must_use]
    pub fn to_stream(mut self, stream: StreamId) -> Self {
        self.stream = stream;
        self
    }

    /// With another name or payload.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut NewEvent)) -> Self {
        change(&mut self.event);
        self
    }

    pub(super) fn bytes(&self) -> usize {
        self.event.approximate_bytes()
    }

    /// Whether it stands where that one stands, with the same content.
    pub(super) fn is_at(&self, event: &RecordedEvent) -> bool {
        self.stream == event.stream
            && self.event.id == event.id
            && self.event.name == event.name
            && self.event.payload == event.payload
    }
}

/// Notes where an event came from and when it was recorded.
pub(super) fn mark(mut output: Migrated, event: &RecordedEvent) -> Migrated {
    let metadata = output.event.metadata;
    let metadata = match metadata.occurred_at() {
        Some(_) => metadata,
        None => metadata.with_occurred_at(event.recorded_at),
    };
    output.event.metadata = metadata.with_header(MIGRATED_FROM, event.position.to_string());
    output
}

pub(super) fn came_from(metadata: &Metadata) -> Option<Position> {
    let position = metadata.header(MIGRATED_FROM)?.parse().ok()?;
    Some(Position::new(position))
}

/// How far a migration has come, in this run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationProgress {
    /// Everything of the source up to here is in the target.
    pub position: Position,
    /// Where the source ended when it was looked at last.
    pub head: Position,
    /// Events read.
    pub read: u64,
    /// Events written.
    pub written: u64,
    /// Events of the source that became none.
    pub dropped: u64,
}

impl From<Position> for MigrationProgress {
    fn from(position: Position) -> Self {
        Self {
            position,
            ..Self::default()
        }
    }
}

/// What a verification compared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Events of the source.
    pub read: u64,
    /// Events of the target.
    pub written: u64,
    /// Events of the source that became none.
    pub dropped: u64,
    /// SHA-256 over the target: streams, ids, types and payloads in order; in hexadecimal.
    pub sha256: String,
}
