//! What a chain may find.

use es_core::{BoxError, DocumentError, Position, ReadError};

/// Why a chain could not be extended, or does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The history is not what it was when it was linked. Compare this part with a backup.
    #[error("events after position {after} up to {up_to} are not what they were")]
    Broken {
        /// Up to here it holds.
        after: Position,
        /// Here it does not.
        up_to: Position,
    },
    /// Events at the end are gone.
    #[error("the history ends at position {last}, and was linked up to {linked}")]
    Removed {
        /// The last event that is there.
        last: Position,
        /// Where the chain was.
        linked: Position,
    },
    /// An event in the middle is gone.
    #[error("the event at position {position} is missing")]
    Missing {
        /// Where it was.
        position: Position,
    },
    /// A link cannot be read: it was changed, or written by a later version of this program.
    #[error("a link of the chain is damaged")]
    Link(#[source] BoxError),
    /// The events could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The links could not be read or saved.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl ChainError {
    /// Whether the history was changed, as opposed to a store that does not answer.
    #[must_use]
    pub fn is_tampering(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::Removed { .. } | Self::Missing { .. } | Self::Link(_) => {
                true
            }
            Self::Read(error) => {
                matches!(error, ReadError::Hole { .. } | ReadError::Corrupt { .. })
            }
            Self::Document(_) => false,
        }
    }
}
