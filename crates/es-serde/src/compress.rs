//! Compression of payloads: what to compress with, and from which size on.
//!
//! # Stored form
//! A payload flagged [`COMPRESSED`](es_core::PayloadFlags::COMPRESSED) holds, in this order:
//!
//! | bytes | content |
//! |---|---|
//! | 1 | the algorithm: 1 is an [LZ4 block], 2 is one [Zstandard frame] (RFC 8878) |
//! | 4 | how long the plain bytes are, an unsigned number, lowest byte first |
//! | the rest | the compressed bytes |
//!
//! This form never changes (I9); another one would get another first byte.
//!
//! [LZ4 block]: https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
//! [Zstandard frame]: https://www.rfc-editor.org/rfc/rfc8878

mod algorithm;
mod error;
#[cfg(any(feature = "lz4", feature = "zstd"))]
mod writer;

use es_core::{MAX_APPEND_BYTES, Payload, PayloadFlags};

pub use self::algorithm::Algorithm;
pub use self::error::DecompressError;
#[cfg(any(feature = "lz4", feature = "zstd"))]
pub use self::writer::Compression;

/// The most plain bytes that are compressed, and the limit to decompress with unless there is a
/// reason for another: nothing larger fits in an append.
pub const MAX_PLAIN_BYTES: usize = MAX_APPEND_BYTES;

/// The algorithm, and the length.
const HEADER_BYTES: usize = 5;

/// Undoes what `Compression` did to a payload; one that is not compressed comes back as it is.
///
/// It reads what any of the algorithms wrote that this program is built with. At most `limit`
/// bytes are set aside for the plain ones, and only once the length that the payload declares is
/// known to be within that: [`MAX_PLAIN_BYTES`] is the limit for whatever this crate compressed.
///
/// # Errors
/// [`DecompressError`] if the payload declares more than `limit`, is damaged, is encrypted, or
/// needs a feature that is off.
///
/// ```
/// # #[cfg(feature = "lz4")] {
/// use es_core::{Payload, PayloadFlags, TypeVersion};
/// use es_serde::{Compression, DecompressError, Json, MAX_PLAIN_BYTES, decompress};
///
/// let plain = Payload::new(Json::ID, TypeVersion::INITIAL, vec![b' '; 50_000]);
/// let packed = Compression::lz4().compress(plain.clone());
/// assert_eq!(packed.flags, PayloadFlags::COMPRESSED);
/// assert!(packed.data.len() < 1_000);
///
/// let refused = decompress(packed.clone(), 10_000);
/// assert!(matches!(refused, Err(DecompressError::TooLarge { declared: 50_000, .. })));
/// assert_eq!(decompress(packed, MAX_PLAIN_BYTES)?, plain);
/// # }
/// # Ok::<(), es_serde::DecompressError>(())
/// ```
pub fn decompress(mut payload: Payload, limit: usize) -> Result<Payload, DecompressError> {
    if !payload.flags.contains(PayloadFlags::COMPRESSED) {
        return Ok(payload);
    }
    if payload.flags != PayloadFlags::COMPRESSED {
        let flags = payload.flags;
        return Err(DecompressError::Flags { flags });
    }
    payload.data = plain(&payload.data, limit)?.into();
    payload.flags = PayloadFlags::PLAIN;
    Ok(payload)
}

fn plain(stored: &[u8], limit: usize) -> Result<Vec<u8>, DecompressError> {
    let Some((header, compressed)) = stored.split_first_chunk::<HEADER_BYTES>() else {
        let found = stored.len();
        return Err(DecompressError::NoHeader { found });
    };
    let [tag, length @ ..] = *header;
    let algorithm = Algorithm::of(tag).ok_or(DecompressError::UnknownAlgorithm { tag })?;
    let declared = u32::from_le_bytes(length);
    match usize::try_from(declared) {
        Ok(length) if length <= limit => algorithm.decompress(compressed, length),
        _ => Err(DecompressError::TooLarge { declared, limit }),
    }
}
