//! Events on their way into a store, and as they come out of it.

use serde::{Deserialize, Serialize};

use crate::{
    EventId, Metadata, Payload, Position, Privacy, StreamId, StreamVersion, Timestamp, TypeName,
    TypeTag,
};

/// An event that is to be appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// Identifies the event for ever.
    pub id: EventId,
    /// Its stable name.
    pub name: TypeName,
    /// Its encoded content.
    pub payload: Payload,
    /// What else is known about it.
    pub metadata: Metadata,
    /// Whom its content is about. A store that encrypts takes it away; any other refuses it, and
    /// none keeps it.
    #[serde(skip)]
    pub privacy: Option<Privacy>,
}

impl NewEvent {
    /// An event without metadata.
    #[must_use]
    pub fn new(id: EventId, name: TypeName, payload: Payload) -> Self {
        Self {
            id,
            name,
            payload,
            metadata: Metadata::new(),
            privacy: None,
        }
    }

    /// Says whom the content is about.
    #[must_use]
    pub fn with_privacy(mut self, privacy: Option<Privacy>) -> Self {
        self.privacy = privacy;
        self
    }

    /// Sets the metadata.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// About how many bytes it takes in a store; what limits on appends and pages count.
    #[must_use]
    pub fn approximate_bytes(&self) -> usize {
        approximate_bytes(&self.name, &self.payload, &self.metadata)
    }
}

/// An event as the store holds it: what was appended, where, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedEvent {
    /// Its place in the store.
    pub position: Position,
    /// The stream that it belongs to.
    pub stream: StreamId,
    /// Its place in the stream.
    pub version: StreamVersion,
    /// When the store recorded it. Along positions it never goes back, whatever the clock does;
    /// many events may share one time.
    pub recorded_at: Timestamp,
    /// Identifies the event for ever.
    pub id: EventId,
    /// Its stable name.
    pub name: TypeName,
    /// Its encoded content.
    pub payload: Payload,
    /// What else is known about it.
    pub metadata: Metadata,
}

impl RecordedEvent {
    /// What a store makes of a new event once it has a place.
    #[must_use]
    pub fn new(
        position: Position,
        stream: StreamId,
        version: StreamVersion,
        recorded_at: Timestamp,
        event: NewEvent,
    ) -> Self {
        let NewEvent {
            id,
            name,
            payload,
            metadata,
            privacy: _,
        } = event;
        Self {
            position,
            stream,
            version,
            recorded_at,
            id,
            name,
            payload,
            metadata,
        }
    }

    /// Its name and the version of its shape.
    #[must_use]
    pub fn type_tag(&self) -> TypeTag {
        TypeTag::new(self.name.clone(), self.payload.version)
    }

    /// When it happened: as its source says, else when it was recorded.
    #[must_use]
    pub fn occurred_at(&self) -> Timestamp {
        self.metadata.occurred_at().unwrap_or(self.recorded_at)
    }

    /// What [`NewEvent::approximate_bytes`] said of it.
    #[must_use]
    pub fn approximate_bytes(&self) -> usize {
        approximate_bytes(&self.name, &self.payload, &self.metadata)
    }

    /// Whether this is that event, recorded: the same id, name, payload and metadata.
    #[must_use]
    pub fn is(&self, event: &NewEvent) -> bool {
        self.id == event.id
            && self.name == event.name
            && self.payload == event.payload
            && self.metadata == event.metadata
    }
}

/// The part that varies, and 64 bytes for ids, numbers and times.
fn approximate_bytes(name: &TypeName, payload: &Payload, metadata: &Metadata) -> usize {
    64 + name.as_str().len() + payload.data.len() + metadata.approximate_bytes()
}
