//! The bytes of an event or snapshot, and what is needed to read them.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{CodecId, TypeVersion};

/// Content in some format, with all that a reader needs to know to decode it.
///
/// `Debug` shows the length and never the bytes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// The format of `data` once the flags are undone.
    pub codec: CodecId,
    /// The version of the type's shape.
    pub version: TypeVersion,
    /// What was done to the encoded bytes.
    pub flags: PayloadFlags,
    /// The bytes.
    pub data: Bytes,
}

impl Payload {
    /// Content that is neither compressed nor encrypted.
    #[must_use]
    pub fn new(codec: CodecId, version: TypeVersion, data: impl Into<Bytes>) -> Self {
        Self {
            codec,
            version,
            flags: PayloadFlags::PLAIN,
            data: data.into(),
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload")
            .field("codec", &self.codec)
            .field("version", &self.version)
            .field("flags", &self.flags)
            .field("bytes", &self.data.len())
            .finish()
    }
}

/// What was done to encoded bytes before they were stored, as a set of bits.
///
/// A reader that meets a bit which it does not know must refuse the payload.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PayloadFlags(u8);

impl PayloadFlags {
    /// Nothing was done.
    pub const PLAIN: Self = Self(0);
    /// The bytes are compressed.
    pub const COMPRESSED: Self = Self(1);
    /// The bytes are encrypted as a whole.
    pub const ENCRYPTED: Self = Self(2);
    /// Marked fields in them are encrypted.
    pub const SEALED_FIELDS: Self = Self(4);
    /// They were encrypted and their key is destroyed: nothing is left of them. Readers see this
    /// flag; it is never stored.
    pub const ERASED: Self = Self(8);

    /// Takes the bits as they were stored.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The bits to store.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// These flags and those.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These flags without those.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl fmt::Debug for PayloadFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010b}", self.0)
    }
}
