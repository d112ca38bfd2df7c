//! bincode: compact, and frozen.

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use bincode::error::EncodeError;
use bytes::Bytes;
use es_core::codec::{DecodeVisitor, erased};
use es_core::{Codec, CodecError, CodecId, TypeTag};

use crate::guard::Guard;
use crate::limit::{self, MAX_PAYLOAD_BYTES};

/// The bincode codec, id `bincode`: version 2 of the format in its standard configuration (varint
/// integers, little endian), through serde.
///
/// The bytes hold values in the order of the type's fields, and no names. So a stored type must
/// never change its shape under the same version: a field that is added, removed, moved or given
/// another type makes what was stored unreadable, or lets it be read as something else. Give the
/// type a new version and translate.
///
/// # Frozen
/// The `bincode` crate has ended: 2.0.1 is the last version that works, and RUSTSEC-2025-0141
/// reports it as unmaintained (without any vulnerability). The format does not change any more, and
/// files in this crate's tests hold every byte of it to that. For something new, take
/// [`Postcard`](crate::Postcard) or [`Avro`](crate::Avro).
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
/// use es_serde::Bincode;
///
/// let tag = TypeTag::new(TypeName::from_static("Amounts"), TypeVersion::INITIAL);
/// let data = Bincode.encode(&tag, &vec![1u64, 2])?;
/// assert_eq!(&data[..], [2, 1, 2]);
/// assert_eq!(Bincode.decode_value::<Vec<u64>>(&tag, &data)?, [1, 2]);
/// # Ok::<(), es_core::CodecError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Bincode;

impl Bincode {
    /// The id stored with each bincode payload.
    pub const ID: CodecId = CodecId::from_static("bincode");

    /// The most bytes of a payload, on writing and on reading: 16 MiB.
    pub const MAX_BYTES: usize = MAX_PAYLOAD_BYTES;
}

/// bincode counts a varint as the size of the number, at most 16 bytes, so that a payload within
/// [`Bincode::MAX_BYTES`] never meets this limit.
const CLAIMED_BYTES: usize = 16 * Bincode::MAX_BYTES;

const FORMAT: Configuration<LittleEndian, Varint, Limit<CLAIMED_BYTES>> =
    config::standard().with_limit::<CLAIMED_BYTES>();

impl Codec for Bincode {
    fn id(&self) -> CodecId {
        Self::ID
    }

    fn encode(&self, tag: &TypeTag, value: &dyn erased::Serialize) -> Result<Bytes, CodecError> {
        let data = bincode::serde::encode_to_vec(value, FORMAT)
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
        let read = bincode::serde::seed_decode_from_slice(guard.seed(visit), data, FORMAT);
        let ((), used) = guard
            .outcome(read)
            .map_err(|failure| CodecError::decode(tag, failure))?;
        limit::check_used(tag, used, data.len())
    }
}

fn words_of_encoding(error: &EncodeError) -> &'static str {
    match error {
        EncodeError::Serde(_) => "a list or map does not know its length",
        _ => "the type refuses to be written",
    }
}

/// bincode shows an error as Rust code, and values with it.
fn words_of_decoding(message: &str) -> &'static str {
    let known = [
        ("UnexpectedEnd", "the bytes end within a value"),
        ("LimitExceeded", "a length is over the limit"),
        ("InvalidIntegerType", "an integer is too large for its type"),
        ("UnexpectedVariant", "an option is neither there nor absent"),
        ("Utf8", "a text is not UTF-8"),
        ("InvalidCharEncoding", "a character is not one"),
        ("InvalidBooleanValue", "a boolean is neither true nor false"),
        ("OutsideUsizeRange", "a length is over the limit"),
        (
            "Serde(",
            "the type asks the format what the bytes hold, which bincode does not record",
        ),
    ];
    let words = known.iter().find(|(start, _)| message.starts_with(start));
    words.map_or(
        "the bytes do not have the shape of the type",
        |(_, words)| words,
    )
}
