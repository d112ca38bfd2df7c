//! Small documents beside the events: keys of subjects, schemas, rules.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{BoxError, DocumentKind, DocumentName};

/// The longest content of a document, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// How often a document was saved; 0 while there is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(u64);

impl Revision {
    /// That of a document which is not there.
    pub const ABSENT: Self = Self(0);

    /// Takes a number that was read from a store.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// That of the next save.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A document as it is stored. `Debug` shows the length of the content only.
#[derive(Clone, PartialEq, Eq)]
pub struct Document {
    /// Its name among those of its kind.
    pub name: DocumentName,
    /// How often it was saved.
    pub revision: Revision,
    /// What is in it.
    pub content: Bytes,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("name", &self.name)
            .field("revision", &self.revision)
            .field("bytes", &self.content.len())
            .finish()
    }
}

/// A store of small documents, each replaced as a whole by compare-and-set.
///
/// # Contract
/// - A save is all or nothing, and as durable as an append once it was acknowledged.
/// - Of several saves that expect one revision, one wins.
/// - A load sees every save that was acknowledged before it began.
/// - There is no deleting: what must go is replaced by what says so.
#[async_trait]
pub trait DocumentStore: fmt::Debug + Send + Sync {
    /// The document of this kind and name, if there is one.
    ///
    /// # Errors
    /// See [`DocumentError`].
    async fn load_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Result<Option<Document>, DocumentError>;

    /// Saves a document that stands at `expected` ([`Revision::ABSENT`] for a new one), and returns
    /// the revision after it.
    ///
    /// # Errors
    /// [`DocumentError::Changed`] if it stands elsewhere: load it and decide again.
    ///
    /// # Cancel safety
    /// A dropped call may or may not have saved it.
    async fn save_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError>;

    /// The documents of a kind in the order of their names, byte by byte: up to `limit` of those
    /// after a name, or of all.
    ///
    /// # Errors
    /// See [`DocumentError`].
    async fn documents(
        &self,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Result<Vec<Document>, DocumentError>;
}

#[async_trait]
impl<S: DocumentStore + ?Sized> DocumentStore for Arc<S> {
    async fn load_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Result<Option<Document>, DocumentError> {
        (**self).load_document(kind, name).await
    }

    async fn save_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        (**self).save_document(kind, name, expected, content).await
    }

    async fn documents(
        &self,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Result<Vec<Document>, DocumentError> {
        (**self).documents(kind, after, limit).await
    }
}

/// Why a document could not be read or saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Somebody else saved it, or it is not there. Load it, decide again, save again.
    #[error("document {name} of {kind} is at revision {actual}, expected {expected}")]
    Changed {
        /// The kind.
        kind: DocumentKind,
        /// The document.
        name: DocumentName,
        /// What the caller expected.
        expected: Revision,
        /// What it is at.
        actual: Revision,
    },
    /// It is over [`MAX_DOCUMENT_BYTES`]: divide it.
    #[error("document {name} of {kind} would have {bytes} bytes, more than {MAX_DOCUMENT_BYTES}")]
    TooLarge {
        /// The kind.
        kind: DocumentKind,
        /// The document.
        name: DocumentName,
        /// Its length.
        bytes: usize,
    },
    /// What is stored is damaged.
    #[error("document {name} of {kind} is damaged")]
    Corrupt {
        /// The kind.
        kind: DocumentKind,
        /// The document.
        name: DocumentName,
        /// What was found.
        source: BoxError,
    },
    /// The store did not answer. A save may have happened: load the document to see.
    #[error("the document store did not answer")]
    Unavailable {
        /// What is in the way.
        source: BoxError,
    },
}

impl DocumentError {
    /// Whether somebody else saved the document first.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Changed { .. })
    }

    /// For stores: refuses a content that is too large.
    ///
    /// # Errors
    /// [`DocumentError::TooLarge`].
    pub fn refuse_large(
        kind: &DocumentKind,
        name: &DocumentName,
        content: &[u8],
    ) -> Result<(), Self> {
        if content.len() <= MAX_DOCUMENT_BYTES {
            return Ok(());
        }
        Err(Self::TooLarge {
            kind: kind.clone(),
            name: name.clone(),
            bytes: content.len(),
        })
    }
}
