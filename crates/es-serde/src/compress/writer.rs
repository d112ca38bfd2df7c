//! The writing side: which algorithm, and which payloads are worth it.

use es_core::{Payload, PayloadFlags};

use super::{Algorithm, HEADER_BYTES, MAX_PLAIN_BYTES};

/// How to compress payloads: the algorithm, and from which size on.
///
/// Below about a kilobyte there is little to gain: events are small, and a store compresses whole
/// blocks of them anyway. The same payload and the same version of this crate give the same bytes,
/// so a repeated append stays a repeat (I5).
///
/// Compress first and encrypt then: what is encrypted does not get smaller.
///
/// ```
/// # #[cfg(feature = "lz4")] {
/// use es_core::{Payload, PayloadFlags, TypeVersion};
/// use es_serde::{Compression, Json};
///
/// let compression = Compression::lz4().with_threshold(100);
/// let payload = |bytes| Payload::new(Json::ID, TypeVersion::INITIAL, vec![b' '; bytes]);
/// assert_eq!(compression.compress(payload(99)), payload(99));
/// assert_eq!(compression.compress(payload(100)).flags, PayloadFlags::COMPRESSED);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compression {
    method: Method,
    threshold: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    #[cfg(feature = "lz4")]
    Lz4,
    #[cfg(feature = "zstd")]
    Zstd { level: i32 },
}

impl Compression {
    /// The smallest payload that is compressed, in bytes, unless another threshold is set.
    pub const DEFAULT_THRESHOLD: usize = 1024;

    /// LZ4, for when speed matters most.
    #[cfg(feature = "lz4")]
    #[must_use]
    pub const fn lz4() -> Self {
        Self::new(Method::Lz4)
    }

    /// Zstandard, for when size matters most. Levels go from 1, fast, to 22, small; others become
    /// the nearest of them. 3 is the usual one.
    #[cfg(feature = "zstd")]
    #[must_use]
    pub const fn zstd(level: i32) -> Self {
        let level = match level {
            ..=1 => 1,
            22.. => 22,
            level => level,
        };
        Self::new(Method::Zstd { level })
    }

    const fn new(method: Method) -> Self {
        Self {
            method,
            threshold: Self::DEFAULT_THRESHOLD,
        }
    }

    /// Leaves payloads of fewer than `bytes` bytes as they are.
    #[must_use]
    pub const fn with_threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// What it compresses with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.method.algorithm()
    }

    /// The smallest payload that it compresses, in bytes.
    #[must_use]
    pub const fn threshold(&self) -> usize {
        self.threshold
    }

    /// Compresses a payload and flags it, if that makes it smaller.
    ///
    /// A payload below the threshold or above [`MAX_PLAIN_BYTES`] comes back as it is, and so does
    /// one to which something was done already. [`decompress`](super::decompress) undoes it.
    #[must_use]
    pub fn compress(&self, mut payload: Payload) -> Payload {
        let length = payload.data.len();
        let eligible = payload.flags == PayloadFlags::PLAIN
            && (self.threshold..=MAX_PLAIN_BYTES).contains(&length);
        if eligible && let Some(stored) = self.method.stored_form(&payload.data) {
            payload.data = stored.into();
            payload.flags = PayloadFlags::COMPRESSED;
        }
        payload
    }
}

/// LZ4.
#[cfg(feature = "lz4")]
impl Default for Compression {
    fn default() -> Self {
        Self::lz4()
    }
}

impl Method {
    const fn algorithm(self) -> Algorithm {
        match self {
            #[cfg(feature = "lz4")]
            Self::Lz4 => Algorithm::Lz4,
            #[cfg(feature = "zstd")]
            Self::Zstd { .. } => Algorithm::Zstd,
        }
    }

    /// The header and the compressed bytes, if they are fewer than the plain ones.
    fn stored_form(self, plain: &[u8]) -> Option<Vec<u8>> {
        let length = u32::try_from(plain.len()).ok()?;
        let mut stored = vec![0; HEADER_BYTES + self.bound(plain.len())];
        let (header, room) = stored.split_at_mut(HEADER_BYTES);
        header[0] = self.algorithm().tag();
        header[1..].copy_from_slice(&length.to_le_bytes());
        let used = HEADER_BYTES + self.compress_into(plain, room)?;
        stored.truncate(used);
        stored.shrink_to_fit();
        (used < plain.len()).then_some(stored)
    }

    /// The most bytes that this many can become.
    fn bound(self, length: usize) -> usize {
        match self {
            #[cfg(feature = "lz4")]
            Self::Lz4 => lz4_flex::block::get_maximum_output_size(length),
            #[cfg(feature = "zstd")]
            Self::Zstd { .. } => zstd::zstd_safe::compress_bound(length),
        }
    }

    /// Nothing is wrong with a payload that the library fails on, so it stays plain.
    fn compress_into(self, plain: &[u8], room: &mut [u8]) -> Option<usize> {
        match self {
            #[cfg(feature = "lz4")]
            Self::Lz4 => lz4_flex::block::compress_into(plain, room).ok(),
            #[cfg(feature = "zstd")]
            Self::Zstd { level } => zstd::bulk::compress_to_buffer(plain, room, level).ok(),
        }
    }
}
