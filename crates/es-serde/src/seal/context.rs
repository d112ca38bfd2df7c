//! What sealed content belongs to, and is bound to.

use es_core::{CodecId, EventId, StreamId, StreamVersion, TypeTag};

/// What sealed content belongs to. It opens with the same context only.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum SealContext<'a> {
    /// An event.
    #[non_exhaustive]
    Event {
        /// Its stream.
        stream: &'a StreamId,
        /// Its id.
        id: EventId,
        /// Its type.
        tag: &'a TypeTag,
        /// Its format.
        codec: &'a CodecId,
        /// Its version in the stream, if the append expected one.
        version: Option<StreamVersion>,
    },
    /// A snapshot.
    #[non_exhaustive]
    Snapshot {
        /// Its stream.
        stream: &'a StreamId,
        /// Its version.
        version: StreamVersion,
        /// The type of the state.
        tag: &'a TypeTag,
        /// Its format.
        codec: &'a CodecId,
    },
    /// Something else: a dead letter, the state of a saga, a read model. The name tells it from all
    /// others.
    Other(&'a str),
}

impl SealContext<'_> {
    /// The associated data; no two contexts have the same.
    pub(super) fn bytes(&self, field: Option<&str>) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128);
        match self {
            Self::Event {
                stream,
                id,
                tag,
                codec,
                version,
            } => {
                bytes.push(1);
                text(&mut bytes, stream.as_str());
                bytes.extend(id.uuid().as_bytes());
                typed(&mut bytes, tag, codec);
                number(&mut bytes, version.map_or(0, StreamVersion::get));
            }
            Self::Snapshot {
                stream,
                version,
                tag,
                codec,
            } => {
                bytes.push(2);
                text(&mut bytes, stream.as_str());
                number(&mut bytes, version.get());
                typed(&mut bytes, tag, codec);
            }
            Self::Other(name) => {
                bytes.push(3);
                text(&mut bytes, name);
            }
        }
        text(&mut bytes, field.unwrap_or_default());
        bytes
    }

    pub(super) fn names_a_version(&self) -> bool {
        matches!(
            self,
            Self::Event {
                version: Some(_),
                ..
            }
        )
    }

    /// Without the version of an event, for what was sealed before it had one.
    pub(super) fn without_version(self) -> Self {
        match self {
            Self::Event {
                stream,
                id,
                tag,
                codec,
                ..
            } => Self::Event {
                stream,
                id,
                tag,
                codec,
                version: None,
            },
            other => other,
        }
    }
}

fn typed(bytes: &mut Vec<u8>, tag: &TypeTag, codec: &CodecId) {
    text(bytes, tag.name.as_str());
    bytes.extend(tag.version.major.to_le_bytes());
    bytes.extend(tag.version.minor.to_le_bytes());
    text(bytes, codec.as_str());
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    number(bytes, text.len() as u64);
    bytes.extend(text.as_bytes());
}

fn number(bytes: &mut Vec<u8>, number: u64) {
    bytes.extend(number.to_le_bytes());
}
