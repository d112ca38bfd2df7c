//! What a verification may find.

use es_core::{Position, ReadError};

/// Why a chain could not be verified, or does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The log was made without a chain. Copy its events into one that is chained.
    #[error("the log is not chained; copy its events into one that is")]
    NotChained,
    /// The history is not what it was when it was appended, or its hashes are not. Compare this part
    /// with a backup.
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
    /// An append has no hash, or one in the middle of it.
    #[error("the append that ends after position {after} has no hash")]
    NoHash {
        /// Up to here the chain holds.
        after: Position,
    },
    /// The store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl ChainError {
    /// Whether the history was changed, as opposed to a store that does not answer.
    #[must_use]
    pub fn is_tampering(&self) -> bool {
        match self {
            Self::Broken { .. }
            | Self::Removed { .. }
            | Self::Missing { .. }
            | Self::NoHash { .. } => true,
            Self::NotChained => false,
            Self::Read(error) => {
                matches!(error, ReadError::Hole { .. } | ReadError::Corrupt { .. })
            }
        }
    }
}
