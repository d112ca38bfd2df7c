//! A short mark of an event's content, so that a history need not hold it.

use es_core::{EventId, Metadata, NewEvent, Payload, RecordedEvent, TypeName};

/// FNV-1a: the same in every process, and no two of our events meet by chance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Digest(u64);

impl Digest {
    pub(super) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self
    }

    pub(super) fn number(self, number: u64) -> Self {
        self.bytes(&number.to_le_bytes())
    }

    pub(super) fn finish(self) -> u64 {
        self.0
    }
}

/// What the caller gave.
pub(super) fn of_new(event: &NewEvent) -> u64 {
    content(event.id, &event.name, &event.payload, &event.metadata)
}

/// What the store returned; the same as that of the event that was given, if it is the same.
pub(super) fn of_recorded(event: &RecordedEvent) -> u64 {
    content(event.id, &event.name, &event.payload, &event.metadata)
}

fn content(id: EventId, name: &TypeName, payload: &Payload, metadata: &Metadata) -> u64 {
    let digest = Digest::new()
        .bytes(id.uuid().as_bytes())
        .bytes(name.as_str().as_bytes())
        .bytes(payload.codec.as_str().as_bytes())
        .bytes(payload.version.to_string().as_bytes())
        .number(payload.flags.bits().into())
        .number(payload.data.len() as u64)
        .bytes(&payload.data);
    // Keys are sorted in it. If it cannot be written, both sides lack it alike.
    let metadata = serde_json::to_vec(metadata).unwrap_or_default();
    digest.bytes(&metadata).finish()
}
