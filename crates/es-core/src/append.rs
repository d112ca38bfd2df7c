//! The unit of writing: events for one or more streams, all or nothing.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{AppendError, AppendId, NewEvent, Position, StreamId, StreamVersion};

/// The most events in one append, over all its streams.
pub const MAX_APPEND_EVENTS: usize = 4_096;
/// The most streams in one append, written and checked together.
pub const MAX_APPEND_STREAMS: usize = 256;
/// The most bytes in one append, as [`NewEvent::approximate_bytes`] counts them.
pub const MAX_APPEND_BYTES: usize = 12 * 1024 * 1024;

/// What must be true of a stream for an append to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ExpectedVersion {
    /// Nothing: append after whatever is there.
    Any,
    /// The stream has no events.
    NoStream,
    /// The stream has at least one event.
    Exists,
    /// The stream's last event has this version; [`StreamVersion::EMPTY`] means no events.
    Exact(StreamVersion),
}

impl ExpectedVersion {
    /// Whether a stream at version `actual` is as expected.
    #[must_use]
    pub fn allows(self, actual: StreamVersion) -> bool {
        match self {
            Self::Any => true,
            Self::NoStream => actual.is_empty(),
            Self::Exists => !actual.is_empty(),
            Self::Exact(version) => actual == version,
        }
    }
}

impl fmt::Display for ExpectedVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any version"),
            Self::NoStream => f.write_str("no stream"),
            Self::Exists => f.write_str("an existing stream"),
            Self::Exact(version) => write!(f, "version {version}"),
        }
    }
}

/// Events for one stream, in an [`Append`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamWrite {
    /// The stream to append to.
    pub stream: StreamId,
    /// What must be true of it before.
    pub expected: ExpectedVersion,
    /// The events, in order; at least one.
    pub events: Vec<NewEvent>,
}

/// A stream that an [`Append`] looks at without writing to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamCheck {
    /// The stream to look at.
    pub stream: StreamId,
    /// What must be true of it at the moment of the append.
    pub expected: ExpectedVersion,
}

/// Events for one or more streams that are stored together or not at all (I1).
///
/// The events get consecutive positions, stream by stream in the order given. An append is valid
/// by construction: it has at least one event, names each stream once, and keeps to the limits
/// [`MAX_APPEND_EVENTS`], [`MAX_APPEND_STREAMS`] and [`MAX_APPEND_BYTES`].
///
/// ```
/// use es_core::{Append, CodecId, EventId, ExpectedVersion, NewEvent, Payload, TypeName, TypeVersion};
/// # let id = |n| EventId::new(uuid::Uuid::from_u128(n));
/// # let event = |n| NewEvent::new(
/// #     id(n),
/// #     TypeName::from_static("ClaimPaid"),
/// #     Payload::new(CodecId::from_static("json"), TypeVersion::INITIAL, &b"{}"[..]),
/// # );
/// let append = Append::new("Claim/42".parse()?, ExpectedVersion::Exists, [event(1)])?
///     .and("Account/7".parse()?, ExpectedVersion::Any, [event(2)])?
///     .check("Policy/9".parse()?, ExpectedVersion::Exists)?;
/// assert_eq!(append.id().uuid(), id(1).uuid());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    id: AppendId,
    writes: Vec<StreamWrite>,
    checks: Vec<StreamCheck>,
}

impl Append {
    /// An append to one stream; its id is that of the first event.
    ///
    /// # Errors
    /// If there is no event, two have the same id, or a limit is passed.
    pub fn new(
        stream: StreamId,
        expected: ExpectedVersion,
        events: impl IntoIterator<Item = NewEvent>,
    ) -> Result<Self, InvalidAppend> {
        let events: Vec<_> = events.into_iter().collect();
        let first = events
            .first()
            .ok_or_else(|| InvalidAppend::NoEvents(stream.clone()))?;
        let id = AppendId::from(first.id);
        Self {
            id,
            writes: vec![StreamWrite {
                stream,
                expected,
                events,
            }],
            checks: Vec::new(),
        }
        .validated()
    }

    /// Adds events for a further stream.
    ///
    /// # Errors
    /// As [`new`](Self::new), or if the stream is in the append already.
    pub fn and(
        mut self,
        stream: StreamId,
        expected: ExpectedVersion,
        events: impl IntoIterator<Item = NewEvent>,
    ) -> Result<Self, InvalidAppend> {
        self.writes.push(StreamWrite {
            stream,
            expected,
            events: events.into_iter().collect(),
        });
        self.validated()
    }

    /// Adds a stream that must be as expected, and is not written to.
    ///
    /// # Errors
    /// If the stream is in the append already, or `expected` is [`ExpectedVersion::Any`], which
    /// would check nothing.
    pub fn check(
        mut self,
        stream: StreamId,
        expected: ExpectedVersion,
    ) -> Result<Self, InvalidAppend> {
        self.checks.push(StreamCheck { stream, expected });
        self.validated()
    }

    /// Gives the append an id of the caller's, as one derived from a command.
    #[must_use]
    pub fn with_id(mut self, id: AppendId) -> Self {
        self.id = id;
        self
    }

    /// What makes a repeat harmless.
    #[must_use]
    pub fn id(&self) -> AppendId {
        self.id
    }

    /// The streams to write to, in order.
    #[must_use]
    pub fn writes(&self) -> &[StreamWrite] {
        &self.writes
    }

    /// The streams to check only.
    #[must_use]
    pub fn checks(&self) -> &[StreamCheck] {
        &self.checks
    }

    /// Takes it apart, for a store that moves the events on.
    #[must_use]
    pub fn into_parts(self) -> (AppendId, Vec<StreamWrite>, Vec<StreamCheck>) {
        (self.id, self.writes, self.checks)
    }

    /// All events, in the order of their positions.
    pub fn events(&self) -> impl Iterator<Item = &NewEvent> {
        self.writes.iter().flat_map(|write| &write.events)
    }

    /// For stores that do not encrypt: refuses events that say whom they are about.
    ///
    /// # Errors
    /// [`AppendError::Unsupported`]: wrap the store in one that encrypts, as
    /// `es_serde::PackedStore`.
    pub fn refuse_personal(&self) -> Result<(), AppendError> {
        if self.events().all(|event| event.privacy.is_none()) {
            return Ok(());
        }
        Err(AppendError::Unsupported {
            what: "keep personal data in the clear; wrap it in es_serde::PackedStore",
        })
    }

    /// Replaces each event, in the order of their positions; for stores that transform what they
    /// pass on. What `transform` is shown of a write are the events before this one.
    ///
    /// # Errors
    /// The first one of `transform`.
    pub fn try_map_events<E>(
        mut self,
        mut transform: impl FnMut(&StreamWrite, NewEvent) -> Result<NewEvent, E>,
    ) -> Result<Self, E> {
        for write in &mut self.writes {
            for event in std::mem::take(&mut write.events) {
                let event = transform(write, event)?;
                write.events.push(event);
            }
        }
        Ok(self)
    }

    /// How many events there are.
    #[must_use]
    pub fn event_count(&self) -> usize {
        self.writes.iter().map(|write| write.events.len()).sum()
    }

    /// The first written or checked stream that is not as expected, as `version_of` knows them.
    pub fn first_conflict(
        &self,
        mut version_of: impl FnMut(&StreamId) -> StreamVersion,
    ) -> Option<VersionConflict> {
        let writes = self
            .writes
            .iter()
            .map(|write| (&write.stream, write.expected));
        let checks = self
            .checks
            .iter()
            .map(|check| (&check.stream, check.expected));
        writes.chain(checks).find_map(|(stream, expected)| {
            let actual = version_of(stream);
            let conflict = || VersionConflict {
                stream: stream.clone(),
                expected,
                actual,
            };
            (!expected.allows(actual)).then(conflict)
        })
    }

    fn validated(self) -> Result<Self, InvalidAppend> {
        self.validate_streams()?;
        self.validate_events()?;
        Ok(self)
    }

    fn validate_streams(&self) -> Result<(), InvalidAppend> {
        if self.writes.len() + self.checks.len() > MAX_APPEND_STREAMS {
            return Err(InvalidAppend::TooManyStreams);
        }
        if let Some(check) = self
            .checks
            .iter()
            .find(|c| c.expected == ExpectedVersion::Any)
        {
            return Err(InvalidAppend::EmptyCheck(check.stream.clone()));
        }
        let written = self.writes.iter().map(|write| &write.stream);
        let checked = self.checks.iter().map(|check| &check.stream);
        match first_repeated(written.chain(checked)) {
            Some(stream) => Err(InvalidAppend::RepeatedStream(stream.clone())),
            None => Ok(()),
        }
    }

    fn validate_events(&self) -> Result<(), InvalidAppend> {
        if let Some(write) = self.writes.iter().find(|write| write.events.is_empty()) {
            return Err(InvalidAppend::NoEvents(write.stream.clone()));
        }
        let events = self.event_count();
        if events > MAX_APPEND_EVENTS {
            return Err(InvalidAppend::TooManyEvents { events });
        }
        let bytes = self.events().map(NewEvent::approximate_bytes).sum();
        if bytes > MAX_APPEND_BYTES {
            return Err(InvalidAppend::TooLarge { bytes });
        }
        match first_repeated(self.events().map(|event| event.id)) {
            Some(id) => Err(InvalidAppend::RepeatedEvent(id)),
            None => Ok(()),
        }
    }
}

/// A linear search for the usual handful, a set beyond it.
fn first_repeated<T: Eq + std::hash::Hash + Copy>(items: impl Iterator<Item = T>) -> Option<T> {
    const HANDFUL: usize = 16;
    let mut few = Vec::new();
    let mut many = HashSet::new();
    for item in items {
        let new = if few.len() < HANDFUL {
            let new = !few.contains(&item);
            few.push(item);
            new
        } else {
            !few.contains(&item) && many.insert(item)
        };
        if !new {
            return Some(item);
        }
    }
    None
}

/// An append that no store takes. Nothing was written; change the call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAppend {
    /// A stream is named without events for it: use a check to only look at it.
    #[error("no events for stream {0}")]
    NoEvents(StreamId),
    /// A stream is named twice: put its events into one write.
    #[error("stream {0} is named twice in one append")]
    RepeatedStream(StreamId),
    /// Two events have the same id.
    #[error("event id {0} stands twice in one append")]
    RepeatedEvent(crate::EventId),
    /// The check would let anything pass: expect something, or leave it out.
    #[error("the check of stream {0} expects any version, which checks nothing")]
    EmptyCheck(StreamId),
    /// Split it into several appends.
    #[error("an append of {events} events is over the limit of {MAX_APPEND_EVENTS}")]
    TooManyEvents {
        /// How many there are.
        events: usize,
    },
    /// Split it into several appends.
    #[error("an append of over {MAX_APPEND_STREAMS} streams")]
    TooManyStreams,
    /// Split it, or keep large content elsewhere and refer to it.
    #[error("an append of {bytes} bytes is over the limit of {MAX_APPEND_BYTES}")]
    TooLarge {
        /// How many there are, about.
        bytes: usize,
    },
}

/// A stream that was not as an append expected it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stream {stream} is at version {actual}, expected {expected}")]
pub struct VersionConflict {
    /// The stream.
    pub stream: StreamId,
    /// What the append wanted.
    pub expected: ExpectedVersion,
    /// Where the stream was.
    pub actual: StreamVersion,
}

/// Where a store put an append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appended {
    /// The position of the first event.
    pub first_position: Position,
    /// The position of the last event.
    pub last_position: Position,
    /// The written streams in the order of the append, each with the versions of its first and
    /// last new event.
    pub streams: Vec<StreamAppended>,
    /// Whether the store had this append already, so that this call changed nothing.
    pub repeated: bool,
}

/// Where a store put the events of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamAppended {
    /// The stream.
    pub stream: StreamId,
    /// The version of the first new event.
    pub first_version: StreamVersion,
    /// The version of the last new event, and so of the stream after the append.
    pub last_version: StreamVersion,
}

impl Appended {
    /// The version of the first written stream after the append.
    #[must_use]
    pub fn version(&self) -> StreamVersion {
        self.streams
            .first()
            .map_or(StreamVersion::EMPTY, |stream| stream.last_version)
    }
}
