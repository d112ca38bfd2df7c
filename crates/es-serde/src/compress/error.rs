//! Why a payload cannot be decompressed.

use es_core::{BoxError, PayloadFlags};

use super::Algorithm;

/// Why a payload cannot be decompressed. The messages show none of its content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecompressError {
    /// Something else was done to the payload after it was compressed: undo that first.
    #[error("payload flags {flags:?} say more than that it is compressed")]
    Flags {
        /// What was done to it.
        flags: PayloadFlags,
    },
    /// The payload is cut off before the compressed bytes begin, or was never compressed.
    #[error("a compressed payload has a header of 5 bytes; this one has {found} bytes")]
    NoHeader {
        /// How many bytes there are.
        found: usize,
    },
    /// The payload is damaged, or a later version wrote it: read it with that version.
    #[error("compression algorithm {tag} is not known")]
    UnknownAlgorithm {
        /// The first byte of the payload.
        tag: u8,
    },
    /// This program is built without the algorithm: turn on the feature of es-serde.
    #[error("the payload is compressed with {algorithm}; turn on feature {feature:?} of es-serde",
        feature = algorithm.feature())]
    FeatureOff {
        /// What the payload is compressed with.
        algorithm: Algorithm,
    },
    /// The payload is damaged, or made to exhaust the memory: if it can be trusted, allow more.
    #[error("the payload declares {declared} plain bytes; at most {limit} are allowed")]
    TooLarge {
        /// How many plain bytes it says it holds.
        declared: u32,
        /// How many the caller allows.
        limit: usize,
    },
    /// The payload is damaged: read it from another copy.
    #[error("the payload is no intact {algorithm} data")]
    Damaged {
        /// What the payload is compressed with.
        algorithm: Algorithm,
        /// What the algorithm says.
        source: BoxError,
    },
}

#[cfg(any(feature = "lz4", feature = "zstd"))]
impl DecompressError {
    pub(super) fn damaged(algorithm: Algorithm, source: impl Into<BoxError>) -> Self {
        let source = source.into();
        Self::Damaged { algorithm, source }
    }
}
