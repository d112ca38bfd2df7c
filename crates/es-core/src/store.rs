//! The contract of an event store, and the answers it gives.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    AllPage, AllRange, Append, AppendId, Appended, BoxError, EventId, Position, RecordedEvent,
    StreamId, StreamPage, StreamRange, StreamVersion, VersionConflict,
};

/// An append-only store of streams, with one order over all of them.
///
/// This is what an implementor keeps; callers find more in [`EventStoreExt`](crate::EventStoreExt).
/// The conformance suites in [`testing`](crate::testing) check each line.
///
/// # Contract
/// - **I1** An append is all or nothing, over all its streams, whatever dies.
/// - **I2** Versions of a stream are 1..n without a hole. Of two appends that expect the same
///   version exactly one wins; the loser learns the actual version.
/// - **I3** Positions are 1..n without a hole, in commit order: who has read up to a position
///   never later finds a new event at or below it. Recorded times never go back along positions.
/// - **I4** An acknowledged append is durable, as far as the store is, and can be read at once: by
///   version, by position and by event id.
/// - **I5** The same append id again changes nothing and returns the first result, whatever the
///   streams have become since; expected versions and checks are not looked at, and are not part
///   of what is compared. The same id with other events is refused. A store that can only keep
///   this for appends with an exact version refuses an id of the caller's on others
///   ([`AppendError::Unsupported`]), and says so where it is opened.
/// - Dropping a future leaves the append done or not done, never in part.
/// - Reads see whole appends only.
#[async_trait]
pub trait EventStore: fmt::Debug + Send + Sync {
    /// Appends events to one or more streams.
    ///
    /// Concurrent appends are put in an order; each sees all before it. That order is the store's:
    /// whoever needs one append after another waits for the first, or lets the second expect the
    /// version that the first one makes. (Runtimes may poll concurrent futures in any order.)
    ///
    /// # Errors
    /// See [`AppendError`]: each variant says whether anything was written.
    ///
    /// # Cancel safety
    /// A dropped append may or may not happen; repeat it with the same id to find out.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// Reads a page of one stream. A stream that was never written to has no events.
    ///
    /// A page holds at most [`MAX_PAGE_EVENTS`](crate::MAX_PAGE_EVENTS); it is not empty unless the
    /// range is.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError>;

    /// Reads a page of all events in the order of positions.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError>;

    /// Reads the event with this id; the first one, should several appends have used the same.
    ///
    /// # Errors
    /// [`ReadError::Unsupported`] where the store is set up without an index on event ids.
    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError>;

    /// The position of the last event, [`Position::START`] if there is none.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn head(&self) -> Result<Position, ReadError>;

    /// Returns once there is an event after `position`: at once if there is one already.
    ///
    /// This is what a subscription waits on. It may return early; it never misses an event.
    ///
    /// # Errors
    /// See [`ReadError`]; also when the store is closed, since no event will come.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    async fn wait_past(&self, position: Position) -> Result<(), ReadError>;
}

#[async_trait]
impl<S: EventStore + ?Sized> EventStore for Arc<S> {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        (**self).append(append).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        (**self).read_stream(stream, range).await
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        (**self).read_all(range).await
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        (**self).read_event(id).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        (**self).head().await
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        (**self).wait_past(position).await
    }
}

/// Why an append was not acknowledged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Someone else appended first, and nothing was written. Load again, decide again, append.
    #[error(transparent)]
    Conflict(#[from] VersionConflict),
    /// This append id was used for other events, and nothing was written. Ids must not be reused:
    /// find out who makes them.
    #[error("append id {append_id} was used before, for other events")]
    IdReused {
        /// The id.
        append_id: AppendId,
    },
    /// The store cannot do this at all, and nothing was written.
    #[error("this store cannot {what}")]
    Unsupported {
        /// What it cannot do, and the remedy.
        what: &'static str,
    },
    /// What was to be appended cannot be stored as it is, and nothing was written: the source says
    /// why, as that its subject was erased.
    #[error("the append was refused, and nothing was written")]
    Refused {
        /// Why.
        source: BoxError,
    },
    /// The store could not write just now, and wrote nothing: repeat it later, once what `source`
    /// names is mended.
    #[error("the store could not append, and wrote nothing")]
    Unavailable {
        /// What is in the way.
        source: BoxError,
    },
    /// The events may be stored or not: the reply was lost, or durability could not be confirmed.
    /// Repeat the very same append, with the same id, to find out.
    #[error("unknown outcome of append {append_id}")]
    Unknown {
        /// The id to repeat.
        append_id: AppendId,
        /// What happened.
        source: BoxError,
    },
    /// The store's data is damaged where this append had to look, and nothing was written.
    /// Restore from a backup; repeating does not help.
    #[error("the store is damaged")]
    Corrupt {
        /// What was found.
        source: BoxError,
    },
}

impl AppendError {
    /// Whether another append came first, so that deciding again may help.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }

    /// Whether sending the very same append again is safe and may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Unknown { .. })
    }

    /// Whether the events may be stored in spite of the error.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }
}

/// Why a read gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// What is stored there is damaged. Restore from a backup; repeating does not help.
    #[error("the store is damaged at position {position}")]
    Corrupt {
        /// The first position that cannot be read.
        position: Position,
        /// What was found.
        source: BoxError,
    },
    /// Events are missing. Stop, and find out why, rather than go on over the hole (I6).
    #[error("expected {expected} and found {found}: events are missing from the store")]
    Hole {
        /// Which place should have come next.
        expected: Place,
        /// Which place came.
        found: Place,
    },
    /// These events were moved to an archive that this store was not told to read. Nothing is
    /// lost: do as `remedy` says, or start behind what is archived.
    #[error("the events at position {position} were archived; {remedy}")]
    Archived {
        /// The first position that is archived.
        position: Position,
        /// What to do in order to read them.
        remedy: &'static str,
    },
    /// The store cannot do this at all.
    #[error("this store cannot {what}")]
    Unsupported {
        /// What it cannot do, and the remedy.
        what: &'static str,
    },
    /// The store did not answer. Repeat it later.
    #[error("the store could not read")]
    Unavailable {
        /// What is in the way.
        source: BoxError,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl ReadError {
    /// Whether repeating may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// A place in a store or in a stream, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A place in the store.
    Position(Position),
    /// A place in a stream.
    Version(StreamId, StreamVersion),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => write!(f, "position {position}"),
            Self::Version(stream, version) => write!(f, "version {version} of stream {stream}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archived_events_are_reported_with_the_remedy_and_repeating_does_not_help() {
        let error = ReadError::Archived {
            position: Position::new(7),
            remedy: "restore them",
        };
        let text = error.to_string();
        assert_eq!(text, "the events at position 7 were archived; restore them");
        assert!(!error.is_retryable());
    }
}
