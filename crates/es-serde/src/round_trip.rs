//! Finds the types that a format writes and cannot read, before they are stored.

use es_core::{Codec, CodecError, CodecExt, Event, TypeTag};
use serde::{Serialize, Serializer};

/// Encodes sample events, decodes them, and compares: for a program's start or its tests.
///
/// Formats without names, such as bincode and postcard, write some types without complaint that
/// they cannot read back: those with serde's `skip_serializing_if`, with a `tag`, or with a
/// [`serde_json::Value`] inside. Every type of the event needs a sample, and one whose options are
/// empty shows more than one whose options are filled.
///
/// # Errors
/// [`RoundTripError`] for the first type without a sample, or that does not come back.
///
/// ```
/// use es_core::Event;
/// use es_serde::{Json, round_trips};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(PartialEq, Event, Serialize, Deserialize)]
/// enum ClaimEvent {
///     ClaimCreated { amount: u64 },
///     ClaimClosed,
/// }
///
/// let created = ClaimEvent::ClaimCreated { amount: 1_000 };
/// let error = round_trips(&Json, &[created]).unwrap_err();
/// assert_eq!(error.to_string(), "there is no sample of a ClaimClosed 1.0");
/// # round_trips(&Json, &[ClaimEvent::ClaimCreated { amount: 1_000 }, ClaimEvent::ClaimClosed])?;
/// # Ok::<(), es_serde::RoundTripError>(())
/// ```
pub fn round_trips<E: Event + PartialEq>(
    codec: &dyn Codec,
    samples: &[E],
) -> Result<(), RoundTripError> {
    for (index, tag) in E::TYPES.iter().enumerate() {
        let mut of_type = samples.iter().filter(|event| event.type_index() == index);
        let first = of_type
            .next()
            .ok_or_else(|| RoundTripError::NoSample { tag: tag.clone() })?;
        for sample in [first].into_iter().chain(of_type) {
            round_trip(codec, index, tag, sample)?;
        }
    }
    Ok(())
}

fn round_trip<E: Event + PartialEq>(
    codec: &dyn Codec,
    index: usize,
    tag: &TypeTag,
    sample: &E,
) -> Result<(), RoundTripError> {
    let data = codec.encode(tag, &Content(sample))?;
    let read = codec.decode_with(tag, &data, |deserializer| {
        E::deserialize_content(index, deserializer)
    })?;
    if read == *sample {
        Ok(())
    } else {
        Err(RoundTripError::Changed { tag: tag.clone() })
    }
}

struct Content<'a, E>(&'a E);

impl<E: Event> Serialize for Content<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_content(serializer)
    }
}

/// Why events must not be stored with a codec.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RoundTripError {
    /// Add an event of this type to the samples.
    #[error("there is no sample of a {tag}")]
    NoSample {
        /// The type without a sample.
        tag: TypeTag,
    },
    /// The type cannot be written, or not be read: change it, or choose another codec.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// The type comes back as another value: change it, or choose another codec.
    #[error("a {tag} does not come back as it was")]
    Changed {
        /// The type that changed.
        tag: TypeTag,
    },
}
