//! Why an aggregate could not be loaded, saved, or given a command.

use crate::{
    AppendError, CodecError, DecodeError, InvalidAppend, InvalidStreamId, ReadError, StreamId,
    StreamVersion, Timestamp,
};

/// Why an aggregate could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// Nothing has ever happened to it. Create it first, or look at the id.
    #[error("stream {stream} has no events")]
    NotFound {
        /// The stream of its events.
        stream: StreamId,
    },
    /// It has not come to that version yet.
    #[error("stream {stream} is at version {actual}, and has no version {version}")]
    NoSuchVersion {
        /// The stream of its events.
        stream: StreamId,
        /// The version that was asked for.
        version: StreamVersion,
        /// The version of its last event.
        actual: StreamVersion,
    },
    /// It did not exist at that time.
    #[error("stream {stream} had no events at {time}")]
    NotYet {
        /// The stream of its events.
        stream: StreamId,
        /// The time that was asked for.
        time: Timestamp,
    },
    /// The id cannot be part of a stream's name.
    #[error(transparent)]
    InvalidId(#[from] InvalidStreamId),
    /// The store could not read, or its data has a hole.
    #[error("cannot read the events of an aggregate")]
    Read(#[from] ReadError),
    /// An event is not what this program knows.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Why events could not be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The id cannot be part of a stream's name.
    #[error(transparent)]
    InvalidId(#[from] InvalidStreamId),
    /// An event does not fit the format.
    #[error(transparent)]
    Encode(#[from] CodecError),
    /// There are too many events, or too large ones, or none where some are needed.
    #[error(transparent)]
    Invalid(#[from] InvalidAppend),
    /// The store did not take them: see there whether they may be stored.
    #[error(transparent)]
    Append(#[from] AppendError),
}

impl SaveError {
    /// Whether somebody else changed the aggregate first: load it again, and decide again.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Append(error) if error.is_conflict())
    }

    /// Whether the events may be stored in spite of the error.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Append(error) if error.is_unknown())
    }
}

/// Why a command was not carried out. `E` is the domain's own error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError<E> {
    /// The aggregate refuses the command.
    #[error("{0}")]
    Refused(E),
    /// The aggregate could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The events could not be saved; after a conflict, not within the retries either.
    #[error(transparent)]
    Save(#[from] SaveError),
}

impl<E> ExecuteError<E> {
    /// The domain's error, if that is what it is.
    pub fn refused(self) -> Option<E> {
        match self {
            Self::Refused(error) => Some(error),
            _ => None,
        }
    }

    /// Whether others changed the aggregate each time before this command could.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Save(error) if error.is_conflict())
    }

    /// Whether the events may be stored in spite of the error.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Save(error) if error.is_unknown())
    }
}
