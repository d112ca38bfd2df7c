//! Who holds the key-encryption keys.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{DataKey, KeyError};

/// A data key, encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    /// The key-encryption key that unwraps it.
    pub key_id: String,
    /// What the provider made of it.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedKey")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// Holds key-encryption keys, and wraps data keys with them: [`LocalKeys`](super::LocalKeys) from a
/// file or the environment, or a key management service behind an implementation of yours.
///
/// # Contract
/// - What was wrapped is unwrapped with the same `context`, and with no other.
/// - A key-encryption key stays available as long as a data key is wrapped with it;
///   [`SubjectKeys::rewrap`](super::SubjectKeys::rewrap) moves them to the current one.
#[async_trait]
pub trait KeyProvider: fmt::Debug + Send + Sync {
    /// The id of the key that wraps from now on.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`].
    async fn current(&self) -> Result<String, KeyError>;

    /// Wraps a data key with the current key.
    ///
    /// # Errors
    /// [`KeyError::Unavailable`].
    async fn wrap(&self, key: &DataKey, context: &[u8]) -> Result<WrappedKey, KeyError>;

    /// Unwraps a data key.
    ///
    /// # Errors
    /// [`KeyError::UnknownKeyEncryptionKey`], [`KeyError::Unwrap`], [`KeyError::Unavailable`].
    async fn unwrap(&self, wrapped: &WrappedKey, context: &[u8]) -> Result<DataKey, KeyError>;
}

#[async_trait]
impl<P: KeyProvider + ?Sized> KeyProvider for Arc<P> {
    async fn current(&self) -> Result<String, KeyError> {
        (**self).current().await
    }

    async fn wrap(&self, key: &DataKey, context: &[u8]) -> Result<WrappedKey, KeyError> {
        (**self).wrap(key, context).await
    }

    async fn unwrap(&self, wrapped: &WrappedKey, context: &[u8]) -> Result<DataKey, KeyError> {
        (**self).unwrap(wrapped, context).await
    }
}
