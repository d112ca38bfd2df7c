//! Why an import ended before its file did.

use std::path::PathBuf;

use event_sourcing::core::{AppendError, EventId, InvalidAppend, VersionConflict};
use event_sourcing::{StreamId, StreamVersion};

use crate::cloud_event::CloudEventError;
use crate::log_file::LogFileError;

/// Why an import ended. What was imported before stays; the next run goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] LogFileError),
    /// One line cannot be imported.
    #[error("{}, line {line}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line.
        line: u64,
        /// Why.
        #[source]
        problem: Problem,
    },
}

/// Why one line cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It is no CloudEvent, or one that does not fit.
    #[error(transparent)]
    Event(#[from] CloudEventError),
    /// No store takes it.
    #[error(transparent)]
    Append(#[from] InvalidAppend),
    /// Somebody else has written to the stream.
    #[error("{0}; it holds events that are not in this file, so import into another store")]
    OtherEvents(VersionConflict),
    /// The event is there, and others, that the file does not have, are before it.
    #[error(
        "the event is version {version} of stream {stream} in the store and {by_file} in the file; \
         import into another store"
    )]
    Displaced {
        /// The stream.
        stream: StreamId,
        /// Its version in the store.
        version: StreamVersion,
        /// Its version in the file.
        by_file: StreamVersion,
    },
    /// The event id stands for something else.
    #[error("event {0} is in the store already, with another content or in another stream")]
    OtherContent(EventId),
    /// The store did not take it.
    #[error("the store did not take the event; mend the cause and run the same command again")]
    Store(#[source] AppendError),
}

impl Problem {
    pub(super) fn of(error: AppendError) -> Self {
        match error {
            AppendError::Conflict(conflict) => Self::OtherEvents(conflict),
            AppendError::IdReused { append_id } => Self::OtherContent(append_id.uuid().into()),
            error => Self::Store(error),
        }
    }
}
