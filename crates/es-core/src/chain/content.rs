//! The hash of a part's content; see [`chain`](super) for its form.

use sha2::{Digest, Sha256};

use crate::{EventId, Metadata, Payload, RecordedEvent, StreamId, StreamWrite, TypeName};

/// The hash over what one append writes to one stream, wherever that will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentHash(pub(super) [u8; 32]);

impl ContentHash {
    /// Of a part that is to be appended.
    #[must_use]
    pub fn of(write: &StreamWrite) -> Self {
        let mut content = ContentHasher::new(&write.stream);
        for event in &write.events {
            content.add(event.id, &event.name, &event.payload, &event.metadata);
        }
        content.finish()
    }
}

/// A part's content, taken event by event.
pub(super) struct ContentHasher(Sha256);

impl ContentHasher {
    /// Before the first event.
    pub(super) fn new(stream: &StreamId) -> Self {
        let mut content = Self(Sha256::new());
        content.text(stream.as_str());
        content
    }

    /// The next event, as it was stored.
    pub(super) fn recorded(&mut self, event: &RecordedEvent) {
        self.add(event.id, &event.name, &event.payload, &event.metadata);
    }

    /// The hash over all events that were taken.
    pub(super) fn finish(self) -> ContentHash {
        ContentHash(self.0.finalize().into())
    }

    fn add(&mut self, id: EventId, name: &TypeName, payload: &Payload, metadata: &Metadata) {
        self.bytes(id.uuid().as_bytes());
        self.text(name.as_str());
        self.number(payload.version.major.into());
        self.number(payload.version.minor.into());
        self.text(payload.codec.as_str());
        self.number(payload.flags.bits().into());
        self.bytes(&payload.data);
        self.metadata(metadata);
    }

    fn metadata(&mut self, metadata: &Metadata) {
        let trace = metadata.trace();
        self.option(metadata.correlation());
        self.option(metadata.causation());
        self.option(metadata.actor());
        self.option(metadata.source());
        match metadata.occurred_at() {
            Some(time) => self.bytes(&time.as_micros().to_le_bytes()),
            None => self.number(u64::MAX),
        }
        self.option(trace.map(|trace| trace.parent.as_str()));
        self.option(trace.and_then(|trace| trace.state.as_deref()));
        self.number(metadata.headers().count() as u64);
        for (name, value) in metadata.headers() {
            self.text(name);
            self.text(value);
        }
    }

    fn option(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.number(u64::MAX),
        }
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }
}
