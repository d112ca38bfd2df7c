//! What may stop a migration.

use es_core::{AppendError, BoxError, InvalidAppend, Position, ReadError};

/// Why a migration stopped. Once what it names is mended, run it again: it goes on where it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// The transform refused an event.
    #[error("the event at position {position} cannot be transformed")]
    Transform {
        /// Where it is in the source.
        position: Position,
        /// What the transform says.
        source: BoxError,
    },
    /// Encrypted or compressed content would be moved to another stream, id, type or format, where
    /// it could not be opened. Migrate through the store that opens it.
    #[error("the event at position {position} is sealed, and can only be copied as it is")]
    Sealed {
        /// Where it is in the source.
        position: Position,
    },
    /// The target holds events that no migration wrote. Choose an empty namespace.
    #[error("the event at position {position} of the target was not written by a migration")]
    Foreign {
        /// Where it is in the target.
        position: Position,
    },
    /// The target is not what the source is transformed to. Empty it, and run the migration again.
    #[error("the target differs from the transformed source at position {position}: {what}")]
    Differs {
        /// Where in the target.
        position: Position,
        /// What differs.
        what: &'static str,
    },
    /// One event became more than fits into one append.
    #[error(transparent)]
    Append(#[from] InvalidAppend),
    /// A store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The target did not take an append; a conflict means that somebody else writes into it.
    #[error("the target did not take an append")]
    Write(#[from] AppendError),
}
