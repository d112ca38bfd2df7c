//! Appends as documents, ready but for their place.

use bytes::Bytes;
use es_core::chain::{ChainHash, ChainPart, ContentHash};
use es_core::{
    Append, AppendId, Metadata, NewEvent, PayloadFlags, Position, StreamVersion, StreamWrite,
    Timestamp, TypeVersion,
};
use mongodb::bson::spec::BinarySubtype;
use uuid::Uuid;

use super::writer::Writer;

/// The server's limit on one document.
pub(crate) const MAX_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// Where the values stand that are known only when the document gets its place.
const POSITION: usize = 4 + 1 + 4;
const VERSION: usize = POSITION + 8 + 1 + 2;
const RECORDED_AT: usize = VERSION + 8 + 1 + 3;
const FIRST_POSITION: usize = RECORDED_AT + 8 + 1 + 2;

/// What a hash adds to a document.
const HASH_BYTES: usize = 40;

/// The documents of an append, one per stream, with blanks for position, version and time.
#[derive(Debug)]
pub(crate) struct EncodedAppend {
    pub(crate) documents: Vec<Blank>,
}

/// A document whose place is not known yet.
pub(crate) struct Blank {
    bytes: Vec<u8>,
    pub(crate) events: u32,
    /// The hash over the events, where the log is chained.
    content: Option<ContentHash>,
    /// Whether it is not the first of its append, and so says where that one is.
    further: bool,
}

/// What fills the blanks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) position: Position,
    pub(crate) version: StreamVersion,
    /// The position of the append's first document.
    pub(crate) first_position: Position,
}

/// A document at its place; what is missing is when it is recorded.
pub(crate) struct Placed {
    bytes: Vec<u8>,
    place: Place,
    events: u32,
    content: Option<ContentHash>,
}

/// What is the same for all documents of a batch, or known only when it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seal {
    pub(crate) recorded_at: Timestamp,
    /// Stands in the last document.
    pub(crate) mark: Option<Mark>,
    /// The hash of the chain after the document, where the log is chained.
    pub(crate) chain: Option<ChainHash>,
}

/// Who wrote a batch: stands in its last document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) writer: i64,
    pub(crate) waited: bool,
}

impl EncodedAppend {
    /// Encodes an append; with `keep_id` its id is written even if it follows from the events, and if
    /// it is to be `chained` its content is hashed.
    pub(crate) fn new(append: &Append, keep_id: bool, chained: bool) -> Self {
        let documents = append.writes().iter().enumerate();
        let documents = documents
            .map(|(index, write)| {
                let id = (index == 0).then(|| append.id());
                let id = id.filter(|id| keep_id || *id != AppendId::from(write.events[0].id));
                let content = chained.then(|| ContentHash::of(write));
                Blank::new(write, id, content, index > 0)
            })
            .collect();
        Self { documents }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.documents.iter().map(|blank| blank.bytes.len()).sum()
    }

    /// Whether the server takes it: each document, and all of them in one command.
    pub(crate) fn fits(&self) -> bool {
        const ROOM_FOR_THE_COMMAND: usize = 64 * 1024;
        self.bytes() <= MAX_DOCUMENT_BYTES - ROOM_FOR_THE_COMMAND
    }
}

impl Blank {
    fn new(
        write: &StreamWrite,
        id: Option<AppendId>,
        content: Option<ContentHash>,
        further: bool,
    ) -> Self {
        let events = i32::try_from(write.events.len()).unwrap_or(i32::MAX);
        let mut bytes = Vec::with_capacity(room(write));
        let mut document = Writer::begin(&mut bytes);
        document.i64("_id", 0);
        document.i64("v", 0);
        document.i64("at", 0);
        if further {
            document.i64("f", 0);
        }
        document.i32("n", events);
        document.string("s", write.stream.as_str());
        document.string("c", write.stream.category());
        if let Some(id) = id {
            uuid(&mut document, "a", id.uuid());
        }
        let shared = shared_metadata(&write.events);
        if let Some(shared) = shared {
            document.document("m", |nested| metadata(nested, shared));
        }
        document.array("e", &write.events, |array, key, new| {
            array.document(key, |nested| event(nested, new, shared));
        });
        document.end();
        Self {
            bytes,
            events: events.unsigned_abs(),
            content,
            further,
        }
    }

    /// The document at its place; to be [sealed](Placed::sealed).
    pub(crate) fn placed(&self, place: Place) -> Placed {
        let room = if self.content.is_some() {
            HASH_BYTES
        } else {
            0
        };
        let mut bytes = Vec::with_capacity(self.bytes.len() + Mark::BYTES + room);
        bytes.extend_from_slice(&self.bytes);
        fill(&mut bytes, POSITION, place.position.get());
        fill(&mut bytes, VERSION, place.version.get());
        if self.further {
            fill(&mut bytes, FIRST_POSITION, place.first_position.get());
        }
        Placed {
            bytes,
            place,
            events: self.events,
            content: self.content,
        }
    }
}

impl Placed {
    /// The hash of the chain after it.
    pub(crate) fn link(&self, before: ChainHash, recorded_at: Timestamp) -> Option<ChainHash> {
        Some(before.then(&ChainPart {
            first_position: self.place.position,
            first_version: self.place.version,
            recorded_at,
            events: self.events.into(),
            content: self.content?,
        }))
    }

    /// The document as it is sent.
    pub(crate) fn sealed(mut self, seal: Seal) -> Bytes {
        let micros = seal.recorded_at.as_micros().cast_unsigned();
        fill(&mut self.bytes, RECORDED_AT, micros);
        if seal.mark.is_some() || seal.chain.is_some() {
            let mut document = Writer::reopen(&mut self.bytes);
            if let Some(hash) = seal.chain {
                document.binary("h", BinarySubtype::Generic, hash.as_bytes());
            }
            if let Some(mark) = seal.mark {
                mark.write(&mut document);
            }
            document.end();
        }
        Bytes::from(self.bytes)
    }
}

fn fill(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

/// Payloads stay out of messages (I11).
impl std::fmt::Debug for Placed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Placed")
            .field("place", &self.place)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Payloads stay out of messages (I11).
impl std::fmt::Debug for Blank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blank")
            .field("events", &self.events)
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl Mark {
    /// About what it adds to a document.
    const BYTES: usize = 32;

    /// Appends the element `w`.
    fn write(self, document: &mut Writer<'_>) {
        document.document("w", |mark| {
            mark.i64("i", self.writer);
            mark.bool("q", self.waited);
        });
    }
}

/// About how many bytes the document takes, with some to spare: a buffer that grows is copied.
fn room(write: &StreamWrite) -> usize {
    const DOCUMENT: usize = 512;
    const EVENT: usize = 160;
    let payloads = write.events.iter().map(|event| event.payload.data.len());
    DOCUMENT + write.events.len() * EVENT + payloads.sum::<usize>()
}

fn event(event: &mut Writer<'_>, new: &NewEvent, shared: Option<&Metadata>) {
    uuid(event, "i", new.id.uuid());
    event.string("t", new.name.as_str());
    if new.payload.version != TypeVersion::INITIAL {
        event.string("tv", &new.payload.version.to_string());
    }
    event.string("k", new.payload.codec.as_str());
    if new.payload.flags != PayloadFlags::PLAIN {
        event.i32("g", i32::from(new.payload.flags.bits()));
    }
    event.binary("d", BinarySubtype::Generic, &new.payload.data);
    let own = match shared {
        Some(shared) => !shared.shares(&new.metadata) && *shared != new.metadata,
        None => !new.metadata.is_empty(),
    };
    if own {
        event.document("x", |nested| metadata(nested, &new.metadata));
    }
}

/// The first event's metadata, if it says anything.
fn shared_metadata(events: &[NewEvent]) -> Option<&Metadata> {
    let first = events.first().map(|event| &event.metadata);
    first.filter(|metadata| !metadata.is_empty())
}

fn metadata(document: &mut Writer<'_>, metadata: &Metadata) {
    let trace = metadata.trace();
    let texts = [
        ("c", metadata.correlation()),
        ("u", metadata.causation()),
        ("b", metadata.actor()),
        ("r", metadata.source()),
        ("t", trace.map(|trace| trace.parent.as_str())),
        ("ts", trace.and_then(|trace| trace.state.as_deref())),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            document.string(key, text);
        }
    }
    if let Some(time) = metadata.occurred_at() {
        document.i64("o", time.as_micros());
    }
    if metadata.headers().next().is_some() {
        let headers = metadata.headers().flat_map(|(name, value)| [name, value]);
        document.array("h", headers, |array, key, text| array.string(key, text));
    }
}

fn uuid(document: &mut Writer<'_>, key: &str, id: Uuid) {
    document.binary(key, BinarySubtype::Uuid, id.as_bytes());
}

#[cfg(test)]
mod tests {
    use es_core::testing::sample_event;
    use es_core::{ExpectedVersion, StreamId};
    use mongodb::bson::Document;

    use super::*;

    fn documents(append: &Append) -> Vec<Document> {
        let place = |further: bool| Place {
            position: Position::new(if further { 12 } else { 11 }),
            version: StreamVersion::new(7),
            first_position: Position::new(11),
        };
        let mark = Mark {
            writer: -5,
            waited: true,
        };
        EncodedAppend::new(append, false, false)
            .documents
            .iter()
            .map(|blank| {
                let placed = blank.placed(place(blank.further));
                let bytes = placed.sealed(Seal {
                    recorded_at: Timestamp::from_micros(1_234),
                    mark: blank.further.then_some(mark),
                    chain: None,
                });
                Document::from_reader(&bytes[..]).unwrap()
            })
            .collect()
    }

    #[test]
    fn the_blanks_are_where_the_values_go() {
        let stream = |category| StreamId::new(category, 42).unwrap();
        let append = Append::new(stream("Claim"), ExpectedVersion::Any, [sample_event(1)])
            .and_then(|append| {
                append.and(stream("Policy"), ExpectedVersion::Any, [sample_event(2)])
            })
            .unwrap();
        let documents = documents(&append);
        let (first, further) = (&documents[0], &documents[1]);
        assert_eq!(first.get_i64("_id").unwrap(), 11);
        assert_eq!(first.get_i64("v").unwrap(), 7);
        assert_eq!(first.get_i64("at").unwrap(), 1_234);
        assert!(!first.contains_key("f") && !first.contains_key("w"));
        assert_eq!(further.get_i64("_id").unwrap(), 12);
        assert_eq!(further.get_i64("f").unwrap(), 11);
        let mark = further.get_document("w").unwrap();
        assert_eq!(*mark, mongodb::bson::doc! { "i": -5_i64, "q": true });
    }

    #[test]
    fn an_id_that_follows_from_the_events_is_not_written() {
        let stream = StreamId::new("Claim", 42).unwrap();
        let append = Append::new(stream, ExpectedVersion::Any, [sample_event(1)]).unwrap();
        assert!(!documents(&append)[0].contains_key("a"));
        let own = append.with_id(AppendId::derived(uuid::Uuid::nil(), "command"));
        assert!(documents(&own)[0].contains_key("a"));
    }

    #[test]
    fn metadata_is_written_once_and_own_metadata_beside_it() {
        let shared = Metadata::new()
            .with_actor("jane")
            .with_header("a\0.$b", "1");
        let events = [
            sample_event(1).with_metadata(shared.clone()),
            sample_event(2).with_metadata(shared),
            sample_event(3),
        ];
        let stream = StreamId::new("Claim", 42).unwrap();
        let append = Append::new(stream, ExpectedVersion::Any, events).unwrap();
        let document = &documents(&append)[0];
        assert_eq!(
            document.get_document("m").unwrap(),
            &mongodb::bson::doc! { "b": "jane", "h": ["a\0.$b", "1"] }
        );
        let own = |index: usize| {
            let event = document.get_array("e").unwrap()[index].as_document();
            event.unwrap().get("x").cloned()
        };
        assert_eq!(own(1), None);
        assert_eq!(own(2), Some(mongodb::bson::doc! {}.into()));
    }
}
