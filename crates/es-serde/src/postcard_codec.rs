//! postcard: compact, with a written specification.

use bytes::Bytes;
use es_core::codec::{DecodeVisitor, erased};
use es_core::{Codec, CodecError, CodecId, TypeTag};
use postcard::{Deserializer, Error};
use serde::de::DeserializeSeed;

use crate::guard::Guard;
use crate::limit::{self, MAX_PAYLOAD_BYTES};

/// The postcard codec, id `postcard`: version 1 of the format
/// ([specification](https://postcard.jamesmunns.com/wire-format)).
///
/// The bytes hold values in the order of the type's fields, and no names. So a stored type must
/// never change its shape under the same version: a field that is added, removed, moved or given
/// another type makes what was stored unreadable, or lets it be read as something else. Give the
/// type a new version and translate.
///
/// # What types must not do
/// Such types are written without complaint, and fail when they are read: those with serde's
/// `skip_serializing_if`, `tag` or `untagged`, and [`serde_json::Value`].
/// [`round_trips`](crate::round_trips) finds them before they are stored. Types with `flatten`
/// cannot be written.
///
/// # Limits
/// A payload has at most [`MAX_BYTES`](Self::MAX_BYTES). Reading refuses values that nest more than
/// 128 deep, where each option, newtype, list, map, struct and enum is a level; so a recursive type
/// is written deeper than it can be read. The errors show none of the content, and so not what a
/// type's own `Deserialize` says of it.
///
/// ```
/// use es_core::{Codec, CodecExt, TypeName, TypeTag, TypeVersion};
/// use es_serde::Postcard;
///
/// let tag = TypeTag::new(TypeName::from_static("Amounts"), TypeVersion::INITIAL);
/// let data = Postcard.encode(&tag, &vec![1u64, 300])?;
/// assert_eq!(&data[..], [2, 1, 0xAC, 0x02]);
/// assert_eq!(Postcard.decode_value::<Vec<u64>>(&tag, &data)?, [1, 300]);
/// # Ok::<(), es_core::CodecError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Postcard;

impl Postcard {
    /// The id stored with each postcard payload.
    pub const ID: CodecId = CodecId::from_static("postcard");

    /// The most bytes of a payload, on writing and on reading: 16 MiB.
    pub const MAX_BYTES: usize = MAX_PAYLOAD_BYTES;
}

impl Codec for Postcard {
    fn id(&self) -> CodecId {
        Self::ID
    }

    fn encode(&self, tag: &TypeTag, value: &dyn erased::Serialize) -> Result<Bytes, CodecError> {
        let data = postcard::to_stdvec(value)
            .map_err(|error| CodecError::encode(tag, words_of_encoding(&error)))?;
        limit::check_encoded(tag, data)
    }

    fn decode(
        &self,
        tag: &TypeTag,
        data: &[u8],
        visit: &mut DecodeVisitor<'_>,
    ) -> Result<(), CodecError> {
        limit::check(tag, data)?;
        let guard = Guard::new(data.len(), words_of_decoding);
        let mut format = Deserializer::from_bytes(data);
        let read = guard.seed(visit).deserialize(&mut format);
        let left_over = guard
            .outcome(read.and_then(|()| format.finalize()))
            .map_err(|failure| CodecError::decode(tag, failure))?;
        limit::check_used(tag, data.len() - left_over.len(), data.len())
    }
}

fn words_of_encoding(error: &Error) -> &'static str {
    match error {
        Error::SerializeSeqLengthUnknown => "a list or map does not know its length",
        _ => "the type refuses to be written",
    }
}

fn words_of_decoding(message: &str) -> &'static str {
    let known = [
        (
            Error::DeserializeUnexpectedEnd,
            "the bytes end within a value",
        ),
        (
            Error::DeserializeBadVarint,
            "an integer is too large for its type",
        ),
        (
            Error::DeserializeBadBool,
            "a boolean is neither true nor false",
        ),
        (Error::DeserializeBadChar, "a character is not one"),
        (Error::DeserializeBadUtf8, "a text is not UTF-8"),
        (
            Error::DeserializeBadOption,
            "an option is neither there nor absent",
        ),
        (
            Error::WontImplement,
            "the type asks the format what the bytes hold, which postcard does not record",
        ),
    ];
    let words = known.iter().find(|(error, _)| message == error.to_string());
    words.map_or(
        "the bytes do not have the shape of the type",
        |(_, words)| words,
    )
}
