//! One document: where its events stand, and the events.

use std::fmt;

use bytes::Bytes;
use es_core::{
    EventId, Metadata, NewEvent, Payload, PayloadFlags, Position, RecordedEvent, StreamVersion,
    Timestamp, TypeVersion,
};

use super::elements::{Element, Elements};
use super::{Interned, Malformed, metadata};

/// A stored document, with everything but the events taken apart.
#[derive(Clone)]
pub(crate) struct Stored<'d> {
    /// The position of its first event.
    pub(crate) first_position: Position,
    /// The version of its first event.
    pub(crate) first_version: StreamVersion,
    pub(crate) recorded_at: Timestamp,
    /// How many events it holds, at least one.
    pub(crate) count: u64,
    /// The position of the first document of its append, unless it is that.
    pub(crate) append_begins: Option<Position>,
    stream: &'d [u8],
    metadata: Option<Elements<'d>>,
    /// None if the events were moved to the archive.
    events: Option<Elements<'d>>,
}

/// An event that was taken, and what its content counts towards the size of a page.
pub(crate) struct Taken {
    pub(crate) event: RecordedEvent,
    pub(crate) bytes: usize,
}

impl<'d> Stored<'d> {
    /// Takes apart what stands around the events.
    pub(crate) fn read(document: &'d [u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::default();
        let mut elements = Elements::of(document)?;
        while let Some(element) = elements.next()? {
            fields.take(&element)?;
        }
        fields.complete()
    }

    pub(crate) fn last_position(&self) -> Position {
        self.first_position.plus(self.count - 1)
    }

    pub(crate) fn last_version(&self) -> StreamVersion {
        self.first_version.plus(self.count - 1)
    }

    /// Whether its stream is in this category.
    pub(crate) fn is_in(&self, category: &str) -> bool {
        let rest = self.stream.strip_prefix(category.as_bytes());
        rest.is_some_and(|rest| rest.first() == Some(&b'/'))
    }

    /// Whether only its place is left, and the events are in the archive.
    pub(crate) fn is_archived(&self) -> bool {
        self.events.is_none()
    }

    /// Hands over the events from number `from` up to before number `to`, counted from 0.
    ///
    /// Payloads are slices of `buffer`, in which the document must lie.
    pub(crate) fn events(
        &self,
        interned: &mut Interned,
        buffer: &Bytes,
        (from, to): (u64, u64),
        mut take: impl FnMut(Taken),
    ) -> Result<(), Malformed> {
        let mut events = self.events.clone().ok_or(Malformed::Missing("e"))?;
        let stream = interned.stream(self.stream)?;
        let shared = self.metadata.clone().map(metadata::decode).transpose()?;
        let shared = shared.unwrap_or_default();
        let shared_bytes = shared.approximate_bytes();
        let mut number = 0;
        while let Some(element) = events.next()? {
            if (from..to).contains(&number) {
                let mut event = Event::read(element.document("e")?)?;
                let own = event.metadata.take().map(metadata::decode).transpose()?;
                let bytes = own
                    .as_ref()
                    .map_or(shared_bytes, Metadata::approximate_bytes);
                let metadata = own.unwrap_or_else(|| shared.clone());
                let event = event.complete(interned, buffer, metadata)?;
                let bytes = 64 + event.name.as_str().len() + event.payload.data.len() + bytes;
                let event = RecordedEvent::new(
                    self.first_position.plus(number),
                    stream.clone(),
                    self.first_version.plus(number),
                    self.recorded_at,
                    event,
                );
                take(Taken { event, bytes });
            }
            number += 1;
        }
        if number == self.count {
            Ok(())
        } else {
            Err(Malformed::Count {
                said: self.count,
                found: number,
            })
        }
    }
}

/// Payloads are in it.
impl fmt::Debug for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("first_position", &self.first_position)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

/// The fields of a document as they come.
#[derive(Default)]
struct Fields<'d> {
    position: Option<u64>,
    version: Option<u64>,
    recorded_at: Option<i64>,
    append_begins: Option<u64>,
    count: Option<i32>,
    stream: Option<&'d [u8]>,
    metadata: Option<Elements<'d>>,
    events: Option<Elements<'d>>,
    archived: bool,
}

impl<'d> Fields<'d> {
    #[inline]
    fn take(&mut self, element: &Element<'d>) -> Result<(), Malformed> {
        match element.name {
            b"_id" => self.position = Some(element.counter("_id")?),
            b"v" => self.version = Some(element.counter("v")?),
            b"at" => self.recorded_at = Some(element.i64("at")?),
            b"f" => self.append_begins = Some(element.counter("f")?),
            b"n" => self.count = Some(element.i32("n")?),
            b"s" => self.stream = Some(element.text_bytes("s")?),
            b"m" => self.metadata = Some(element.document("m")?),
            b"e" => self.events = Some(element.array("e")?),
            b"z" => self.archived = element.bool("z")?,
            // The category follows from the stream; append id and mark are for writers.
            _ => {}
        }
        Ok(())
    }

    fn complete(self) -> Result<Stored<'d>, Malformed> {
        let count = self.count.ok_or(Malformed::Missing("n"))?;
        let stored = Stored {
            first_position: place(self.position, "_id").map(Position::new)?,
            first_version: place(self.version, "v").map(StreamVersion::new)?,
            recorded_at: Timestamp::from_micros(self.recorded_at.ok_or(Malformed::Missing("at"))?),
            count: u64::try_from(count)
                .ok()
                .filter(|count| *count > 0)
                .ok_or(Malformed::Value("n"))?,
            append_begins: self.append_begins.map(Position::new),
            stream: self.stream.ok_or(Malformed::Missing("s"))?,
            metadata: self.metadata,
            events: self.events,
        };
        if stored.events.is_none() && !self.archived {
            return Err(Malformed::Missing("e"));
        }
        Ok(stored)
    }
}

/// Positions and versions count from 1.
fn place(number: Option<u64>, field: &'static str) -> Result<u64, Malformed> {
    match number {
        None => Err(Malformed::Missing(field)),
        Some(0) => Err(Malformed::Value(field)),
        Some(number) => Ok(number),
    }
}

/// The fields of an event as they come.
#[derive(Default)]
struct Event<'d> {
    id: Option<uuid::Uuid>,
    name: Option<&'d [u8]>,
    version: TypeVersion,
    codec: Option<&'d [u8]>,
    flags: PayloadFlags,
    data: Option<&'d [u8]>,
    metadata: Option<Elements<'d>>,
}

impl<'d> Event<'d> {
    #[inline]
    fn read(mut elements: Elements<'d>) -> Result<Self, Malformed> {
        let mut event = Self::default();
        while let Some(element) = elements.next()? {
            match element.name {
                b"i" => event.id = Some(element.uuid("e.i")?),
                b"t" => event.name = Some(element.text_bytes("e.t")?),
                b"tv" => {
                    let version = element.text("e.tv")?.parse();
                    event.version = version.map_err(|_| Malformed::Value("e.tv"))?;
                }
                b"k" => event.codec = Some(element.text_bytes("e.k")?),
                b"g" => {
                    let bits = u8::try_from(element.i32("e.g")?);
                    let bits = bits.map_err(|_| Malformed::Value("e.g"))?;
                    event.flags = PayloadFlags::from_bits(bits);
                }
                b"d" => event.data = Some(element.binary("e.d")?),
                b"x" => event.metadata = Some(element.document("e.x")?),
                _ => {}
            }
        }
        Ok(event)
    }

    fn complete(
        self,
        interned: &mut Interned,
        buffer: &Bytes,
        metadata: Metadata,
    ) -> Result<NewEvent, Malformed> {
        let data = self.data.ok_or(Malformed::Missing("e.d"))?;
        let payload = Payload {
            codec: interned.codec(self.codec.ok_or(Malformed::Missing("e.k"))?)?,
            version: self.version,
            flags: self.flags,
            data: slice(buffer, data),
        };
        let id = EventId::new(self.id.ok_or(Malformed::Missing("e.i"))?);
        let name = interned.name(self.name.ok_or(Malformed::Missing("e.t"))?)?;
        Ok(NewEvent::new(id, name, payload).with_metadata(metadata))
    }
}

/// These bytes as a part of the buffer that they lie in.
fn slice(buffer: &Bytes, bytes: &[u8]) -> Bytes {
    if bytes.is_empty() {
        return Bytes::new();
    }
    buffer.slice_ref(bytes)
}
