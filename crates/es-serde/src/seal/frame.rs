//! The sealed form, version 1; see [`seal`](super).

use super::SealError;
use super::cipher::NONCE_BYTES;
use super::subject::{KeyRef, PSEUDONYM_BYTES, Pseudonym};

const FORM: u8 = 1;
const BOUND_TO_VERSION: u8 = 1;
const KEY_REF_BYTES: usize = PSEUDONYM_BYTES + 4;
/// More subjects than that share no content.
pub(super) const MAX_KEYS: usize = 255;

/// Sealed content, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) bound_to_version: bool,
    pub(super) keys: Vec<KeyRef>,
    pub(super) nonce: [u8; NONCE_BYTES],
    pub(super) sealed: &'a [u8],
}

/// Writes what goes before the ciphertext.
pub(super) fn begin(
    bound_to_version: bool,
    keys: &[KeyRef],
    nonce: &[u8; NONCE_BYTES],
    content_bytes: usize,
) -> Result<Vec<u8>, SealError> {
    let count = u8::try_from(keys.len()).map_err(|_| SealError::Malformed("too many subjects"))?;
    let length = 3 + keys.len() * KEY_REF_BYTES + NONCE_BYTES + content_bytes + 16;
    let mut bytes = Vec::with_capacity(length);
    bytes.extend([FORM, u8::from(bound_to_version) * BOUND_TO_VERSION, count]);
    for key in keys {
        bytes.extend(key.context());
    }
    bytes.extend(nonce);
    Ok(bytes)
}

impl<'a> Frame<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, SealError> {
        let cut_off = SealError::Malformed("it is cut off");
        let (&[form, flags, count], rest) = bytes.split_first_chunk().ok_or(cut_off)?;
        if form != FORM {
            return Err(SealError::Malformed("its form is of a later version"));
        }
        if flags & !BOUND_TO_VERSION != 0 {
            return Err(SealError::Malformed("it has flags of a later version"));
        }
        if count == 0 {
            return Err(SealError::Malformed("it names no key"));
        }
        let cut_off = || SealError::Malformed("it is cut off");
        let (keys, rest) = rest
            .split_at_checked(usize::from(count) * KEY_REF_BYTES)
            .ok_or_else(cut_off)?;
        let (nonce, sealed) = rest.split_first_chunk().ok_or_else(cut_off)?;
        Ok(Self {
            bound_to_version: flags & BOUND_TO_VERSION != 0,
            keys: keys.chunks_exact(KEY_REF_BYTES).map(key_ref).collect(),
            nonce: *nonce,
            sealed,
        })
    }
}

/// Of exactly [`KEY_REF_BYTES`].
fn key_ref(bytes: &[u8]) -> KeyRef {
    let (mut subject, mut generation) = ([0; PSEUDONYM_BYTES], [0; 4]);
    subject.copy_from_slice(&bytes[..PSEUDONYM_BYTES]);
    generation.copy_from_slice(&bytes[PSEUDONYM_BYTES..]);
    KeyRef {
        subject: Pseudonym(subject),
        generation: u32::from_le_bytes(generation),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_begun_is_parsed(
            bound: bool,
            subjects in prop::collection::vec((any::<[u8; 16]>(), any::<u32>()), 1..5),
            nonce: [u8; NONCE_BYTES],
            sealed: Vec<u8>,
        ) {
            let keys: Vec<_> = subjects
                .into_iter()
                .map(|(subject, generation)| KeyRef { subject: Pseudonym(subject), generation })
                .collect();
            let mut bytes = begin(bound, &keys, &nonce, sealed.len()).unwrap();
            bytes.extend(&sealed);
            let frame = Frame::parse(&bytes).unwrap();
            prop_assert_eq!(frame, Frame { bound_to_version: bound, keys, nonce, sealed: &sealed });
        }

        #[test]
        fn any_bytes_are_parsed_or_refused(bytes: Vec<u8>) {
            let _ = Frame::parse(&bytes);
        }
    }
}
