//! What can go wrong with keys, and with what they seal.

use es_core::{BoxError, DocumentError};

/// Why content could not be sealed or opened. The messages name no subject and show no content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The subject was erased. To write about it again, readmit it
    /// ([`SubjectKeys::readmit`](super::SubjectKeys::readmit)).
    #[error("the content is about a subject that was erased")]
    SubjectErased,
    /// The content was changed, or stands where it was not written. Restore it from a backup.
    #[error("the content was tampered with or moved")]
    Tampered,
    /// The sealed form is cut off, or of a version that this program does not know.
    #[error("the sealed content is malformed: {0}")]
    Malformed(&'static str),
    /// A field that is not personal looks like a sealed one.
    #[error("the field {field} holds an object that looks sealed; rename its key $sealed")]
    LooksSealed {
        /// The field.
        field: String,
    },
    /// A field that is said to be personal is not in the content, which may be stored under another
    /// name and would then be in the clear: name the field as it is stored.
    #[error("the personal field {field} is not in the content; name it as it is stored")]
    MissingField {
        /// The field.
        field: String,
    },
    /// The content could not be read as the JSON object that it is said to be.
    #[error("the content is no JSON object")]
    NoObject(#[source] BoxError),
    /// A key could not be had.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Why a key could not be had or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The store of the keys has none for this content, and was not told to forget it: it is another
    /// store's, or was restored from an older backup.
    #[error("the key of sealed content is missing, and was not erased: is this its key store?")]
    Missing,
    /// The key-encryption key that a data key was wrapped with is not there.
    #[error("the key-encryption key {id} is not there; add it to the provider")]
    UnknownKeyEncryptionKey {
        /// Its id.
        id: String,
    },
    /// A wrapped key does not unwrap: it was changed, or the key-encryption key is another one of
    /// the same id.
    #[error("a wrapped key does not unwrap with the key-encryption key {id}")]
    Unwrap {
        /// Its id.
        id: String,
    },
    /// The subject was erased; a key of it is only made again once it is readmitted.
    #[error("the subject was erased")]
    Erased,
    /// Too many others changed the same keys at once. Try again.
    #[error("the keys of a subject were changed by others again and again")]
    Busy,
    /// What is stored about the keys cannot be read.
    #[error("the stored keys of a subject are damaged")]
    Damaged(#[source] BoxError),
    /// The provider or the store of the keys did not answer. Try again.
    #[error("the keys cannot be reached")]
    Unavailable(#[source] BoxError),
}

impl KeyError {
    /// Whether trying again later may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy)
    }
}

impl SealError {
    /// Whether trying again later may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Key(error) if error.is_retryable())
    }
}

impl From<DocumentError> for KeyError {
    fn from(error: DocumentError) -> Self {
        Self::Unavailable(error.into())
    }
}
