//! Making a record of an append: the body at once, the header when its place is known.

use std::fmt;

use bytes::Bytes;
use es_core::chain::{ChainHash, ChainPart, ContentHash};
use es_core::{Append, Metadata, NewEvent, Payload, Position, StreamVersion, Timestamp};

use super::header::{self, Header};
use super::{Writer, digest, metadata};

/// How many different types and metadata of one append are recognised as equal. Beyond it they
/// are written again, which costs space and nothing else.
const REMEMBERED: usize = 16;

/// An append as bytes, with room for the header in front.
pub(crate) struct EncodedRecord {
    bytes: Vec<u8>,
    /// The number of events and the hash of each part, where the log is chained.
    parts: Vec<(u64, ContentHash)>,
    events: u32,
    body_length: u32,
    body_digest: u64,
}

/// Where a record goes.
#[derive(Debug)]
pub(crate) struct RecordPlace {
    pub(crate) first_position: Position,
    pub(crate) recorded_at: Timestamp,
    pub(crate) first_versions: Vec<StreamVersion>,
    /// The hash of the chain before it, where the log is chained.
    pub(crate) chain: Option<ChainHash>,
}

/// A record in its place.
#[derive(Debug)]
pub(crate) struct SealedRecord {
    pub(crate) bytes: Bytes,
    /// The checksum of the header.
    pub(crate) digest: u64,
    /// The hash of the chain after it.
    pub(crate) chain: Option<ChainHash>,
}

/// The append does not fit a record, which the limits on appends do not let happen.
#[derive(Debug, thiserror::Error)]
#[error("the append does not fit a record")]
pub(crate) struct TooLarge;

impl EncodedRecord {
    pub(crate) fn new(append: &Append, chained: bool) -> Result<Self, TooLarge> {
        let header_length = header::length(append.writes().len(), chained);
        let mut bytes = Vec::with_capacity(header_length + expected_length(append));
        bytes.resize(header_length, 0);
        body(append, &mut Writer(&mut bytes));
        let body = &bytes[header_length..];
        let body_length = u32::try_from(body.len()).map_err(|_| TooLarge)?;
        let events = u32::try_from(append.event_count()).map_err(|_| TooLarge)?;
        u16::try_from(append.writes().len()).map_err(|_| TooLarge)?;
        let body_digest = digest(body);
        let parts = append.writes().iter().filter(|_| chained);
        let parts = parts.map(|write| (write.events.len() as u64, ContentHash::of(write)));
        Ok(Self {
            parts: parts.collect(),
            bytes,
            events,
            body_length,
            body_digest,
        })
    }

    /// How many bytes the record takes.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Puts the record in its place.
    pub(crate) fn seal(mut self, place: RecordPlace) -> SealedRecord {
        let chain = place.chain.map(|before| self.link(before, &place));
        let header = Header {
            events: self.events,
            first_position: place.first_position,
            recorded_at: place.recorded_at,
            first_versions: place.first_versions,
            chain,
            body_length: self.body_length,
            body_digest: self.body_digest,
        };
        let digest = header.write(&mut self.bytes);
        SealedRecord {
            bytes: self.bytes.into(),
            digest,
            chain,
        }
    }

    fn link(&self, before: ChainHash, place: &RecordPlace) -> ChainHash {
        let mut first_position = place.first_position;
        let parts = self.parts.iter().zip(&place.first_versions);
        parts.fold(before, |hash, ((events, content), first_version)| {
            let part = ChainPart {
                first_position,
                first_version: *first_version,
                recorded_at: place.recorded_at,
                events: *events,
                content: *content,
            };
            first_position = first_position.plus(*events);
            hash.then(&part)
        })
    }
}

/// Without the bytes: payloads are in them.
impl fmt::Debug for EncodedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedRecord")
            .field("events", &self.events)
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

fn expected_length(append: &Append) -> usize {
    let streams: usize = append
        .writes()
        .iter()
        .map(|write| write.stream.as_str().len() + 4)
        .sum();
    64 + streams
        + append
            .events()
            .map(NewEvent::approximate_bytes)
            .sum::<usize>()
}

fn body(append: &Append, out: &mut Writer<'_>) {
    out.raw(append.id().uuid().as_bytes());
    for write in append.writes() {
        out.text(write.stream.as_str());
        out.varint(write.events.len());
    }
    let types = Distinct::of(append, same_type);
    out.varint(types.values.len());
    types
        .values
        .iter()
        .for_each(|event| encode_type(event, out));
    let metadatas = Distinct::of(append, |a, b| Metadata::shares(&a.metadata, &b.metadata));
    out.varint(metadatas.values.len());
    metadatas
        .values
        .iter()
        .for_each(|event| metadata::encode(&event.metadata, out));
    for (at, event) in append.events().enumerate() {
        out.raw(event.id.uuid().as_bytes());
        out.varint(types.index[at]);
        out.varint(metadatas.index[at]);
        out.varint(event.payload.data.len());
    }
    append
        .events()
        .for_each(|event| out.raw(&event.payload.data));
}

fn encode_type(event: &NewEvent, out: &mut Writer<'_>) {
    let Payload {
        codec,
        version,
        flags,
        ..
    } = &event.payload;
    out.text(event.name.as_str());
    out.text(codec.as_str());
    out.varint(version.major.into());
    out.varint(version.minor.into());
    out.byte(flags.bits());
}

fn same_type(a: &NewEvent, b: &NewEvent) -> bool {
    a.name == b.name
        && a.payload.codec == b.payload.codec
        && a.payload.version == b.payload.version
        && a.payload.flags == b.payload.flags
}

/// The events that differ in some respect, and for each event which of them it is like.
struct Distinct<'a> {
    values: Vec<&'a NewEvent>,
    index: Vec<usize>,
}

impl<'a> Distinct<'a> {
    fn of(append: &'a Append, same: impl Fn(&NewEvent, &NewEvent) -> bool) -> Self {
        let mut values: Vec<&NewEvent> = Vec::new();
        let mut index = Vec::with_capacity(append.event_count());
        for event in append.events() {
            let oldest = values.len().saturating_sub(REMEMBERED);
            let known = values[oldest..]
                .iter()
                .rposition(|value| same(value, event));
            index.push(known.map_or(values.len(), |at| oldest + at));
            if known.is_none() {
                values.push(event);
            }
        }
        Self { values, index }
    }
}
