//! Data keys.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::KeyError;

/// How long a key is, in bytes.
pub(super) const KEY_BYTES: usize = 32;

/// A key of 256 bits. It is wiped when it is dropped, and `Debug` does not show it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; KEY_BYTES]);

impl DataKey {
    /// Takes the bytes of a key.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Makes a random one.
    ///
    /// # Errors
    /// The system has no random bytes to give.
    pub fn random() -> Result<Self, KeyError> {
        let mut key = Self([0; KEY_BYTES]);
        fill_random(&mut key.0)?;
        Ok(key)
    }

    /// The bytes, for a provider that wraps them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

pub(super) fn fill_random(bytes: &mut [u8]) -> Result<(), KeyError> {
    getrandom::fill(bytes).map_err(|error| KeyError::Unavailable(error.into()))
}
