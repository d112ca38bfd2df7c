//! The lines of a history.

use es_core::{
    Append, AppendError, AppendId, Appended, EventId, ExpectedVersion, Position, StreamId,
    StreamVersion,
};
use serde::{Deserialize, Serialize};

use super::{digest, seen::Seen};

/// One line of a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Orders the lines of a process: what has the lower stamp was written down earlier.
    pub stamp: u64,
    /// When, in microseconds since the recorder was made. For people, and for durations.
    pub micros: u64,
    /// What happened.
    pub entry: Entry,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    /// A call is about to be made.
    Called {
        /// Names the call in its process.
        call: u64,
        /// Through which of the stores that the process has open. Files that do not say so are of
        /// processes with one.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        store: String,
        /// Which part of the process made it, for people.
        client: String,
        /// What is asked for.
        operation: Operation,
    },
    /// The answer to a call is there.
    Answered {
        /// The call.
        call: u64,
        /// What it said.
        answer: Answer,
    },
    /// Somebody follows the log from after a position on.
    Subscribed {
        /// Names the subscription in its process.
        subscription: u64,
        /// Through which store, as for a call.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        store: String,
        /// Who, for people.
        client: String,
        /// Where it starts.
        after: Position,
    },
    /// A subscription delivered events.
    Delivered {
        /// Which one.
        subscription: u64,
        /// What.
        events: Seen,
    },
}

/// What is asked of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// To append.
    Append(AppendCall),
    /// To read a page of a stream.
    ReadStream {
        /// Which stream.
        stream: StreamId,
    },
    /// To read a page of all events.
    ReadAll {
        /// After which position.
        after: Position,
    },
    /// To read one event.
    ReadEvent {
        /// Which one.
        id: EventId,
    },
    /// To tell the last position.
    Head,
    /// To read a checkpoint.
    LoadCheckpoint {
        /// Which one.
        name: String,
    },
    /// To move a checkpoint.
    SaveCheckpoint {
        /// Which one.
        name: String,
        /// From where.
        from: Position,
        /// To where.
        to: Position,
    },
}

/// An append as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppendCall {
    /// Its id; repeats have the same.
    pub id: AppendId,
    /// The streams to write to, in order.
    pub writes: Vec<WrittenStream>,
    /// The streams to look at only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<CheckedStream>,
}

/// A stream that an append writes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenStream {
    /// The stream.
    pub stream: StreamId,
    /// What must be true of it.
    pub expected: ExpectedVersion,
    /// The events: their ids, and digests of their contents.
    pub events: Vec<(EventId, u64)>,
}

/// A stream that an append only looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedStream {
    /// The stream.
    pub stream: StreamId,
    /// What must be true of it.
    pub expected: ExpectedVersion,
}

impl AppendCall {
    /// All events, in the order of their positions: stream, id, digest of the content.
    pub fn events(&self) -> impl Iterator<Item = (&StreamId, EventId, u64)> {
        self.writes.iter().flat_map(|write| {
            let of_stream = move |&(id, digest)| (&write.stream, id, digest);
            write.events.iter().map(of_stream)
        })
    }

    /// All conditions: stream, and what must be true of it.
    pub fn conditions(&self) -> impl Iterator<Item = (&StreamId, ExpectedVersion)> {
        let writes = self
            .writes
            .iter()
            .map(|write| (&write.stream, write.expected));
        let checks = self
            .checks
            .iter()
            .map(|check| (&check.stream, check.expected));
        writes.chain(checks)
    }
}

impl From<&Append> for AppendCall {
    fn from(append: &Append) -> Self {
        let writes = append.writes().iter().map(|write| WrittenStream {
            stream: write.stream.clone(),
            expected: write.expected,
            events: write
                .events
                .iter()
                .map(|event| (event.id, digest::of_new(event)))
                .collect(),
        });
        let checks = append.checks().iter().map(|check| CheckedStream {
            stream: check.stream.clone(),
            expected: check.expected,
        });
        Self {
            id: append.id(),
            writes: writes.collect(),
            checks: checks.collect(),
        }
    }
}

/// What a store answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The append is acknowledged.
    Appended(Appended),
    /// A stream was not as expected; nothing was written.
    Conflict {
        /// The stream.
        stream: StreamId,
        /// Where it was.
        actual: StreamVersion,
    },
    /// The store could not write, and wrote nothing.
    Unavailable {
        /// Why.
        why: String,
    },
    /// The append was refused for another reason; nothing was written.
    Refused {
        /// Why.
        why: String,
    },
    /// The append may be written.
    Unknown {
        /// Why.
        why: String,
    },
    /// Events of one stream, by their versions.
    Stream {
        /// The events.
        events: Seen,
        /// The version of the stream, if it follows from the page.
        version: Option<StreamVersion>,
    },
    /// Events of all streams, by their positions.
    All {
        /// The events; of those before `scanned_to` that the filter took.
        events: Seen,
        /// Whether the filter takes all.
        unfiltered: bool,
        /// Up to where the events were looked at.
        scanned_to: Position,
        /// Whether that was the end of the store.
        at_end: bool,
    },
    /// An event by its id, or that there is none.
    Event {
        /// The event by its position.
        event: Option<Seen>,
    },
    /// The last position.
    Head(Position),
    /// Where a checkpoint stands.
    Checkpoint(Position),
    /// The checkpoint was moved.
    Saved,
    /// The checkpoint stands elsewhere, and was not moved.
    Moved {
        /// Where it stands.
        actual: Position,
    },
    /// No answer to a read, or none that tells anything; a checkpoint may have moved.
    Failed {
        /// Why.
        why: String,
    },
}

impl From<&Result<Appended, AppendError>> for Answer {
    fn from(result: &Result<Appended, AppendError>) -> Self {
        match result {
            Ok(appended) => Self::Appended(appended.clone()),
            Err(AppendError::Conflict(conflict)) => Self::Conflict {
                stream: conflict.stream.clone(),
                actual: conflict.actual,
            },
            Err(error @ AppendError::Unavailable { .. }) => Self::Unavailable { why: why(error) },
            Err(error @ AppendError::Unknown { .. }) => Self::Unknown { why: why(error) },
            Err(error) => Self::Refused { why: why(error) },
        }
    }
}

/// An error with its causes.
pub(super) fn why(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
