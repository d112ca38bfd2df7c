//! The variable part of a record: streams, types, metadata, and the events one by one.

use es_core::{
    AppendId, CodecId, EventFilter, EventId, Metadata, Payload, PayloadFlags, Position,
    RecordedEvent, StreamId, StreamVersion, TypeName, TypeVersion,
};

use super::{Malformed, Reader, Record, metadata};

/// The bytes of an event id.
const EVENT_ID: usize = 16;
/// The fewest bytes that an event takes: its id and three numbers.
const LEAST_EVENT: usize = 19;
/// The fewest bytes of a type: two texts, two numbers, the flags.
const LEAST_TYPE: usize = 5;

/// A record whose tables are read and whose events are not yet.
pub(crate) struct Body<'r> {
    record: &'r Record,
    append_id: AppendId,
    streams: Vec<StreamPart>,
    types: Vec<EventType>,
    metadata: Vec<Metadata>,
    /// At the first event.
    events: Reader<'r>,
}

/// The events of one stream in a record.
#[derive(Debug)]
pub(crate) struct StreamPart {
    pub(crate) stream: StreamId,
    pub(crate) first_version: StreamVersion,
    pub(crate) count: usize,
}

impl StreamPart {
    pub(crate) fn last_version(&self) -> StreamVersion {
        self.first_version.plus(self.count as u64).previous()
    }
}

#[derive(Debug)]
struct EventType {
    name: TypeName,
    codec: CodecId,
    version: TypeVersion,
    flags: PayloadFlags,
}

impl<'r> Body<'r> {
    /// Reads the tables. Stops with `None` as soon as no event can match the filter.
    pub(super) fn parse(
        record: &'r Record,
        filter: Option<&EventFilter>,
    ) -> Result<Option<Self>, Malformed> {
        let mut reader = Reader::new(record.body_bytes());
        let append_id = AppendId::new(reader.uuid()?);
        let Some(streams) = streams(record, &mut reader, filter)? else {
            return Ok(None);
        };
        let Some(types) = types(&mut reader, filter)? else {
            return Ok(None);
        };
        let count = reader.count(1)?;
        let metadata = (0..count)
            .map(|_| metadata::decode(&mut reader))
            .collect::<Result<_, _>>()?;
        let expected: usize = streams.iter().map(|part| part.count).sum();
        let fits = reader.remaining() / LEAST_EVENT >= expected;
        if expected != record.header.events as usize || !fits {
            return Err(Malformed::Number);
        }
        Ok(Some(Self {
            record,
            append_id,
            streams,
            types,
            metadata,
            events: reader,
        }))
    }

    pub(crate) fn append_id(&self) -> AppendId {
        self.append_id
    }

    pub(crate) fn streams(&self) -> &[StreamPart] {
        &self.streams
    }

    /// Decodes the events that `wanted` takes by their stream, version and position, in order.
    pub(crate) fn events(
        &self,
        wanted: impl Fn(&StreamPart, StreamVersion, Position) -> bool,
        mut take: impl FnMut(RecordedEvent),
    ) -> Result<(), Malformed> {
        let mut entries = self.events.clone();
        let mut payload_at = self.payloads_at()?;
        let mut position = self.record.first_position();
        for part in &self.streams {
            for offset in 0..part.count {
                let version = part.first_version.plus(offset as u64);
                let id = entries.uuid()?;
                let kind = self.types.get(entries.varint()?).ok_or(Malformed::Number)?;
                let metadata = self
                    .metadata
                    .get(entries.varint()?)
                    .ok_or(Malformed::Number)?;
                let payload = payload_at..payload_at.saturating_add(entries.varint()?);
                payload_at = payload.end;
                if wanted(part, version, position) {
                    take(RecordedEvent {
                        position,
                        stream: part.stream.clone(),
                        version,
                        recorded_at: self.record.recorded_at(),
                        id: EventId::new(id),
                        name: kind.name.clone(),
                        payload: self.payload(kind, payload)?,
                        metadata: metadata.clone(),
                    });
                }
                position = position.next();
            }
        }
        let whole = payload_at == self.record.bytes.len();
        if whole { Ok(()) } else { Err(Malformed::Long) }
    }

    /// Where in the record the first payload begins.
    fn payloads_at(&self) -> Result<usize, Malformed> {
        let mut reader = self.events.clone();
        for _ in 0..self.record.header.events {
            reader.raw(EVENT_ID)?;
            reader.varint()?;
            reader.varint()?;
            reader.varint()?;
        }
        Ok(self.record.body_at + reader.offset())
    }

    fn payload(&self, kind: &EventType, at: std::ops::Range<usize>) -> Result<Payload, Malformed> {
        if at.end > self.record.bytes.len() {
            return Err(Malformed::Short);
        }
        let EventType {
            codec,
            version,
            flags,
            ..
        } = kind;
        let (codec, version, flags) = (codec.clone(), *version, *flags);
        Ok(Payload {
            codec,
            version,
            flags,
            data: self.record.bytes.slice(at),
        })
    }
}

fn streams(
    record: &Record,
    reader: &mut Reader<'_>,
    filter: Option<&EventFilter>,
) -> Result<Option<Vec<StreamPart>>, Malformed> {
    let mut texts = Vec::with_capacity(record.header.first_versions.len());
    for first_version in &record.header.first_versions {
        texts.push((*first_version, reader.text()?, reader.varint()?));
    }
    let wanted = filter.is_none_or(|filter| {
        let in_category = |text: &str| {
            let category = text.split_once('/').map(|(category, _)| category);
            category.is_some_and(|category| filter.categories.iter().any(|c| c == category))
        };
        filter.categories.is_empty() || texts.iter().any(|(_, text, _)| in_category(text))
    });
    if !wanted {
        return Ok(None);
    }
    let part = |(first_version, text, count): (StreamVersion, &str, usize)| {
        let stream = text.parse().map_err(|_| Malformed::Name)?;
        Ok(StreamPart {
            stream,
            first_version,
            count,
        })
    };
    texts
        .into_iter()
        .map(part)
        .collect::<Result<_, _>>()
        .map(Some)
}

fn types(
    reader: &mut Reader<'_>,
    filter: Option<&EventFilter>,
) -> Result<Option<Vec<EventType>>, Malformed> {
    let count = reader.count(LEAST_TYPE)?;
    let types = (0..count)
        .map(|_| event_type(reader))
        .collect::<Result<Vec<_>, _>>()?;
    let wanted = filter.is_none_or(|filter| {
        filter.names.is_empty() || types.iter().any(|kind| filter.names.contains(&kind.name))
    });
    Ok(wanted.then_some(types))
}

fn event_type(reader: &mut Reader<'_>) -> Result<EventType, Malformed> {
    let name = TypeName::new(reader.text()?).map_err(|_| Malformed::Name)?;
    let codec = CodecId::new(reader.text()?);
    let mut number = || {
        reader
            .varint()
            .and_then(|n| n.try_into().map_err(|_| Malformed::Number))
    };
    let version = TypeVersion::new(number()?, number()?);
    let flags = PayloadFlags::from_bits(reader.byte()?);
    Ok(EventType {
        name,
        codec,
        version,
        flags,
    })
}
