//! Why events were not archived or restored.

use std::path::PathBuf;

use es_core::{BoxError, Position, ReadError};

/// Why a run of archiving or restoring stopped. What it had done until then stays done, all events
/// are still there, and the next run goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The server did not do it. Run it again once what `source` names is mended.
    #[error("the server did not do it")]
    Server {
        /// What is in the way.
        source: BoxError,
    },
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Another document is in the archive in the place of this one. Nothing was replaced. Find out
    /// whose archive this is: one archive serves one namespace.
    #[error("the archive holds something else at position {position}")]
    Differs {
        /// The position of the first event of the document.
        position: Position,
    },
    /// A document that should have been copied is not in the archive. Nothing was replaced.
    #[error("the archive does not hold the document at position {position}")]
    Missing {
        /// The position of the first event of the document.
        position: Position,
    },
    /// The file could not be read or written.
    #[error("archive file {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is in the way.
        source: std::io::Error,
    },
    /// The file is not an archive, or is damaged. It was not changed.
    #[error("archive file {} is damaged at byte {offset}: {what}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What was found.
        what: &'static str,
    },
    /// Another run writes to the file just now.
    #[error("archive file {} is being written by another run", path.display())]
    FileLocked {
        /// Which file.
        path: PathBuf,
    },
}

impl From<mongodb::error::Error> for ArchiveError {
    fn from(error: mongodb::error::Error) -> Self {
        Self::Server {
            source: error.into(),
        }
    }
}
