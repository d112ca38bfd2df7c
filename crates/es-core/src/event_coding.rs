//! Between a user's events and stored ones: encoding, and decoding with errors that say where.

use crate::codec::CodecExt;
use crate::event::Content;
use crate::{
    Codec, CodecError, CodecId, CodecSet, Event, EventId, NewEvent, Payload, PayloadFlags, Place,
    Position, RecordedEvent, TypeTag,
};

/// Turns events into what a store takes, and back; implemented for [`CodecSet`].
pub trait EventCoding {
    /// Encodes one event under an id.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the event does not fit the format.
    fn encode_event<E: Event>(&self, id: EventId, event: &E) -> Result<NewEvent, CodecError>;

    /// Decodes one recorded event.
    ///
    /// # Errors
    /// [`DecodeError`], which names the stream, the version and the position.
    fn decode_event<E: Event>(&self, recorded: &RecordedEvent) -> Result<E, DecodeError>;
}

impl EventCoding for CodecSet {
    fn encode_event<E: Event>(&self, id: EventId, event: &E) -> Result<NewEvent, CodecError> {
        let tag = event.type_tag();
        let data = self.writer().encode(tag, &Content(event))?;
        let payload = Payload::new(self.writer().id(), tag.version, data);
        Ok(NewEvent::new(id, tag.name.clone(), payload))
    }

    fn decode_event<E: Event>(&self, recorded: &RecordedEvent) -> Result<E, DecodeError> {
        decode(self, recorded).map_err(|failure| DecodeError {
            place: Place::Version(recorded.stream.clone(), recorded.version),
            position: recorded.position,
            failure: Box::new(failure),
        })
    }
}

fn decode<E: Event>(codecs: &CodecSet, recorded: &RecordedEvent) -> Result<E, DecodeFailure> {
    let (index, tag) = known_type::<E>(recorded)?;
    let codec = reader(codecs, &recorded.payload)?;
    let read = |deserializer: &mut dyn crate::codec::erased::Deserializer<'_>| {
        E::deserialize_content(index, deserializer)
    };
    codec
        .decode_with(tag, &recorded.payload.data, read)
        .map_err(DecodeFailure::Content)
}

fn known_type<E: Event>(
    recorded: &RecordedEvent,
) -> Result<(usize, &'static TypeTag), DecodeFailure> {
    let found = || recorded.type_tag();
    let mut types = E::TYPES.iter().enumerate();
    let (index, tag) = types
        .find(|(_, tag)| tag.name == recorded.name)
        .ok_or_else(|| DecodeFailure::UnknownType { found: found() })?;
    if tag.version == recorded.payload.version {
        Ok((index, tag))
    } else {
        Err(DecodeFailure::OtherVersion {
            found: found(),
            known: tag.clone(),
        })
    }
}

/// The codec for a payload to which nothing was done that this reader cannot undo.
pub(crate) fn reader<'c>(
    codecs: &'c CodecSet,
    payload: &Payload,
) -> Result<&'c dyn Codec, DecodeFailure> {
    if payload.flags != PayloadFlags::PLAIN {
        return Err(DecodeFailure::Flags {
            flags: payload.flags,
        });
    }
    codecs
        .reader(&payload.codec)
        .ok_or_else(|| DecodeFailure::UnknownCodec {
            found: payload.codec.clone(),
            known: codecs.ids().collect(),
        })
}

/// A recorded event that cannot be turned back into the user's type.
#[derive(Debug, thiserror::Error)]
#[error("cannot decode {place} at position {position}")]
pub struct DecodeError {
    /// The stream and version of the event.
    pub place: Place,
    /// The position of the event.
    pub position: Position,
    /// Why.
    #[source]
    pub failure: Box<DecodeFailure>,
}

/// Why a payload cannot be decoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeFailure {
    /// Nothing reads this format: add its codec to the set.
    #[error("codec {found} is not among {known:?}; add it to the codec set")]
    UnknownCodec {
        /// The format of the payload.
        found: CodecId,
        /// The formats that can be read.
        known: Vec<CodecId>,
    },
    /// The Rust type has no such event: it was removed or renamed, or the stream belongs to
    /// something else. Name it with `#[event(name = ..)]`.
    #[error("event type {found} is not among those of this program")]
    UnknownType {
        /// The type of the event.
        found: TypeTag,
    },
    /// The event has another version than this program writes.
    #[error("event type {found} is not the version this program reads, {known}")]
    OtherVersion {
        /// The type of the event.
        found: TypeTag,
        /// What the program knows.
        known: TypeTag,
    },
    /// The payload is compressed or encrypted in a way that this program cannot undo.
    #[error("payload flags {flags:?} are not understood here")]
    Flags {
        /// What was done to it.
        flags: PayloadFlags,
    },
    /// The bytes are not of that type.
    #[error(transparent)]
    Content(CodecError),
}
