//! A step made concrete: the call to the store, and the answer that is due.

use crate::{
    AllRange, Append, AppendId, Appended, EventId, NewEvent, Position, StreamId, StreamRange,
    StreamVersion, VersionConflict,
};

#[derive(Debug, Clone)]
pub(super) enum Call {
    Append {
        append: Append,
        due: AppendAnswer,
    },
    ReadStream {
        stream: StreamId,
        range: StreamRange,
        due: Vec<Stored>,
    },
    ReadAll {
        range: AllRange,
        due: Vec<Stored>,
    },
    ReadEvent {
        id: EventId,
        due: Option<Stored>,
    },
    Restart,
    /// The step has nothing to refer to: nothing was appended yet.
    Nothing,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum AppendAnswer {
    Appended(Appended),
    Conflict(VersionConflict),
    IdReused(AppendId),
}

/// A stored event, without its time, which is the store's to choose.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    pub(super) position: Position,
    pub(super) stream: StreamId,
    pub(super) version: StreamVersion,
    pub(super) event: NewEvent,
}
