//! The algorithms that a stored payload may name, and how each is read.

use std::fmt;

use super::DecompressError;

/// What a payload may be compressed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// An LZ4 block: fast both ways (feature `lz4`).
    Lz4,
    /// A Zstandard frame: smaller, and slower to write (feature `zstd`).
    Zstd,
}

impl Algorithm {
    /// The first byte of a stored payload.
    #[cfg(any(feature = "lz4", feature = "zstd"))]
    pub(super) const fn tag(self) -> u8 {
        match self {
            Self::Lz4 => 1,
            Self::Zstd => 2,
        }
    }

    pub(super) const fn of(tag: u8) -> Option<Self> {
        match tag {
            1 => Some(Self::Lz4),
            2 => Some(Self::Zstd),
            _ => None,
        }
    }

    /// What has to be on in es-serde for it.
    pub(super) const fn feature(self) -> &'static str {
        match self {
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// Decompresses into exactly `length` bytes.
    pub(super) fn decompress(
        self,
        compressed: &[u8],
        length: usize,
    ) -> Result<Vec<u8>, DecompressError> {
        match self {
            #[cfg(feature = "lz4")]
            Self::Lz4 => exactly(length, self, |plain| {
                lz4_flex::block::decompress_into(compressed, plain)
                    .map_err(|error| DecompressError::damaged(self, error))
            }),
            #[cfg(feature = "zstd")]
            Self::Zstd => exactly(length, self, |plain| read_frame(compressed, plain)),
            #[cfg(not(all(feature = "lz4", feature = "zstd")))]
            _ => {
                let _ = (compressed, length);
                Err(DecompressError::FeatureOff { algorithm: self })
            }
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lz4 => "LZ4",
            Self::Zstd => "Zstandard",
        })
    }
}

/// Sets `length` bytes aside and has them filled, all of them.
#[cfg(any(feature = "lz4", feature = "zstd"))]
fn exactly(
    length: usize,
    algorithm: Algorithm,
    fill: impl FnOnce(&mut [u8]) -> Result<usize, DecompressError>,
) -> Result<Vec<u8>, DecompressError> {
    let mut plain = vec![0; length];
    let filled = fill(&mut plain)?;
    if filled == length {
        Ok(plain)
    } else {
        let problem = format!("it holds {filled} plain bytes and declares {length}");
        Err(DecompressError::damaged(algorithm, problem))
    }
}

/// The library would also take several frames in a row; here there is one.
#[cfg(feature = "zstd")]
fn read_frame(compressed: &[u8], plain: &mut [u8]) -> Result<usize, DecompressError> {
    let damaged = |error| DecompressError::damaged(Algorithm::Zstd, error);
    match zstd::zstd_safe::find_frame_compressed_size(compressed) {
        Ok(length) if length == compressed.len() => {}
        Ok(_) => return Err(damaged("there are bytes behind the frame".into())),
        Err(code) => return Err(damaged(zstd::zstd_safe::get_error_name(code).into())),
    }
    zstd::bulk::decompress_to_buffer(compressed, plain)
        .map_err(|error: std::io::Error| damaged(es_core::BoxError::from(error)))
}
