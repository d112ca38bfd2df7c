//! Between a user's events and stored ones: encoding, and decoding with errors that say where.

use std::{option, vec};

use crate::codec::CodecExt;
use crate::event::Content;
use crate::{
    Codec, CodecError, CodecId, CodecSet, Event, EventId, NewEvent, OnUnknown, Payload,
    PayloadFlags, Place, Position, RecordedEvent, TypeName, TypeTag, TypeVersion, UpcastError,
};

/// Turns events into what a store takes, and back; implemented for [`CodecSet`].
pub trait EventCoding {
    /// Encodes one event under an id.
    ///
    /// # Errors
    /// [`CodecError::Encode`] if the event does not fit the format, or only stands in for one that
    /// could not be read.
    fn encode_event<E: Event>(&self, id: EventId, event: &E) -> Result<NewEvent, CodecError>;

    /// Decodes one recorded event: to one event, unless rules of versioning split it, or drop its
    /// type, or the policy is to skip what is not known.
    ///
    /// # Errors
    /// [`DecodeError`], which names the stream, the version and the position.
    fn decode_event<E: Event>(&self, recorded: &RecordedEvent) -> Result<Decoded<E>, DecodeError>;
}

/// What a recorded event is to a program: an iterator over none, one or several events.
#[derive(Debug, Clone)]
pub struct Decoded<E>(Inner<E>);

#[derive(Debug, Clone)]
enum Inner<E> {
    One(option::IntoIter<E>),
    Several(vec::IntoIter<E>),
}

impl<E> Decoded<E> {
    fn one(event: E) -> Self {
        Self(Inner::One(Some(event).into_iter()))
    }

    fn none() -> Self {
        Self(Inner::One(None.into_iter()))
    }
}

impl<E> Iterator for Decoded<E> {
    type Item = E;

    fn next(&mut self) -> Option<E> {
        match &mut self.0 {
            Inner::One(event) => event.next(),
            Inner::Several(events) => events.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            Inner::One(event) => event.size_hint(),
            Inner::Several(events) => events.size_hint(),
        }
    }
}

impl<E> ExactSizeIterator for Decoded<E> {}

impl EventCoding for CodecSet {
    fn encode_event<E: Event>(&self, id: EventId, event: &E) -> Result<NewEvent, CodecError> {
        let tag = event.type_tag();
        if E::STAND_INS.holds(event.type_index()) {
            return Err(CodecError::encode(
                tag,
                "it only stands in for an event that could not be read",
            ));
        }
        let data = self.writer().encode(tag, &Content(event))?;
        let payload = Payload::new(self.writer().id(), tag.version, data);
        Ok(NewEvent::new(id, tag.name.clone(), payload).with_privacy(event.privacy()))
    }

    fn decode_event<E: Event>(&self, recorded: &RecordedEvent) -> Result<Decoded<E>, DecodeError> {
        decode(self, recorded).map_err(|failure| DecodeError {
            place: Place::Version(recorded.stream.clone(), recorded.version),
            position: recorded.position,
            failure: Box::new(failure),
        })
    }
}

fn decode<E: Event>(
    codecs: &CodecSet,
    recorded: &RecordedEvent,
) -> Result<Decoded<E>, DecodeFailure> {
    if recorded.payload.flags.contains(PayloadFlags::ERASED) {
        let found = || DecodeFailure::Erased {
            found: recorded.type_tag(),
        };
        return E::erased().map(Decoded::one).ok_or_else(found);
    }
    match known_type::<E>(&recorded.name, recorded.payload.version) {
        Ok(index) => content(codecs, index, &recorded.payload).map(Decoded::one),
        Err(unknown) => translated(codecs, recorded, unknown),
    }
}

/// The event of a type and version that the program reads as it is.
fn content<E: Event>(
    codecs: &CodecSet,
    index: usize,
    payload: &Payload,
) -> Result<E, DecodeFailure> {
    let codec = reader(codecs, payload)?;
    codec
        .decode_with(&E::TYPES[index], &payload.data, |deserializer| {
            E::deserialize_content(index, deserializer)
        })
        .map_err(DecodeFailure::Content)
}

/// An event of another version, or of a type that other rules may lead away from.
fn translated<E: Event>(
    codecs: &CodecSet,
    recorded: &RecordedEvent,
    unknown: DecodeFailure,
) -> Result<Decoded<E>, DecodeFailure> {
    let Some(upcast) = codecs.upcast() else {
        return not_known(codecs, recorded, unknown);
    };
    let tag = recorded.type_tag();
    match upcast.upcast(&tag, &recorded.payload, E::TYPES, codecs) {
        Ok(events) => {
            let decode = |(tag, payload): (TypeTag, Payload)| {
                content(codecs, known_type::<E>(&tag.name, tag.version)?, &payload)
            };
            let events = events
                .into_iter()
                .map(decode)
                .collect::<Result<Vec<_>, _>>()?;
            Ok(Decoded(Inner::Several(events.into_iter())))
        }
        Err(UpcastError::NoPath { .. }) => not_known(codecs, recorded, unknown),
        Err(error) => Err(DecodeFailure::Upcast(error)),
    }
}

fn not_known<E: Event>(
    codecs: &CodecSet,
    recorded: &RecordedEvent,
    unknown: DecodeFailure,
) -> Result<Decoded<E>, DecodeFailure> {
    match codecs.unknown_policy() {
        OnUnknown::Stop => Err(unknown),
        OnUnknown::Raw => E::unknown(recorded).map(Decoded::one).ok_or(unknown),
        OnUnknown::Skip(report) => {
            report.skipped(recorded, &unknown);
            Ok(Decoded::none())
        }
    }
}

fn known_type<E: Event>(name: &TypeName, version: TypeVersion) -> Result<usize, DecodeFailure> {
    let found = || TypeTag::new(name.clone(), version);
    let mut types = E::TYPES.iter().enumerate();
    let (index, known) = types
        .find(|(index, tag)| tag.name == *name && !E::STAND_INS.holds(*index))
        .ok_or_else(|| DecodeFailure::UnknownType { found: found() })?;
    if known.version == version {
        return Ok(index);
    }
    Err(DecodeFailure::OtherVersion {
        found: found(),
        known: known.clone(),
    })
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
    /// A rule of versioning does not fit what is stored.
    #[error(transparent)]
    Upcast(UpcastError),
    /// The content was erased. Give the event type a variant that stands in for it, with
    /// `#[event(erased)]`.
    #[error("the content of this {found} was erased, and no variant stands in for it")]
    Erased {
        /// The type of the event.
        found: TypeTag,
    },
    /// The payload is compressed or encrypted, and the store was not opened through what undoes it
    /// (`es_serde::PackedStore`).
    #[error("payload flags {flags:?} are not understood here")]
    Flags {
        /// What was done to it.
        flags: PayloadFlags,
    },
    /// The bytes are not of that type.
    #[error(transparent)]
    Content(CodecError),
}
