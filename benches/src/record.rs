//! How the ceilings on the disk write an append: the same content that a store keeps.

use es_core::{NewEvent, StreamId, StreamVersion};

use crate::traffic::Work;

/// An append as bytes. The position is left to the writer.
#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) stream: StreamId,
    pub(crate) version: StreamVersion,
    pub(crate) events: u64,
    pub(crate) bytes: Vec<u8>,
}

impl Record {
    pub(crate) fn new(work: Work) -> Self {
        let mut bytes = Vec::with_capacity(size(&work));
        put(&mut bytes, work.stream.as_str().as_bytes());
        bytes.extend_from_slice(&work.version.get().to_le_bytes());
        for event in &work.events {
            put_event(&mut bytes, event);
        }
        Self {
            stream: work.stream,
            version: work.version,
            events: work.events.len() as u64,
            bytes,
        }
    }
}

/// Enough for the record of usual events, so that it is allocated once.
fn size(work: &Work) -> usize {
    let event = |event: &NewEvent| event.approximate_bytes();
    work.stream.as_str().len() + 16 + work.events.iter().map(event).sum::<usize>()
}

fn put_event(bytes: &mut Vec<u8>, event: &NewEvent) {
    bytes.extend_from_slice(event.id.uuid().as_bytes());
    put(bytes, event.name.as_str().as_bytes());
    put(
        bytes,
        event.metadata.correlation().unwrap_or_default().as_bytes(),
    );
    put(bytes, &event.payload.data);
}

fn put(bytes: &mut Vec<u8>, field: &[u8]) {
    bytes.extend_from_slice(&(field.len() as u32).to_le_bytes());
    bytes.extend_from_slice(field);
}
