//! Which part of a stream or of a store to read, and what comes back.

use crate::{EventFilter, Position, RecordedEvent, StreamVersion};

/// The most events that a store puts into one page, whatever the limit of the range.
pub const MAX_PAGE_EVENTS: usize = 5_000;
/// Past this many bytes, as [`NewEvent::approximate_bytes`](crate::NewEvent::approximate_bytes)
/// counts them, a store ends a page. One page may pass it by one append.
pub const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// Oldest first or newest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    #[default]
    Forward,
    /// Newest first.
    Backward,
}

/// A part of one stream: the versions `from..=to`, in a direction, at most `limit` events.
///
/// ```
/// use es_core::{StreamRange, StreamVersion};
/// let last_ten = StreamRange::all().backward().limit(10);
/// let up_to_five = StreamRange::all().to(StreamVersion::new(5));
/// # let _ = (last_ten, up_to_five);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamRange {
    /// The lowest version to read.
    pub from: StreamVersion,
    /// The highest version to read.
    pub to: StreamVersion,
    /// The order in which to read.
    pub direction: Direction,
    /// The most events to read.
    pub limit: u64,
}

impl StreamRange {
    /// The whole stream, oldest first.
    #[must_use]
    pub const fn all() -> Self {
        Self {
            from: StreamVersion::FIRST,
            to: StreamVersion::MAX,
            direction: Direction::Forward,
            limit: u64::MAX,
        }
    }

    /// Leaves out versions below `from`.
    #[must_use]
    pub const fn from(mut self, from: StreamVersion) -> Self {
        self.from = from;
        self
    }

    /// Leaves out versions above `to`.
    #[must_use]
    pub const fn to(mut self, to: StreamVersion) -> Self {
        self.to = to;
        self
    }

    /// Reads newest first.
    #[must_use]
    pub const fn backward(mut self) -> Self {
        self.direction = Direction::Backward;
        self
    }

    /// Stops after `limit` events.
    #[must_use]
    pub const fn limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }

    /// Whether no event can be in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.from > self.to || self.to.is_empty() || self.limit == 0
    }

    /// What is left of this range after `page_events` of it were read, the last one at `last`.
    #[must_use]
    pub fn rest_after(mut self, last: StreamVersion, page_events: usize) -> Self {
        match self.direction {
            Direction::Forward => self.from = last.next(),
            Direction::Backward => self.to = last.previous(),
        }
        self.limit = self.limit.saturating_sub(page_events as u64);
        self
    }
}

impl Default for StreamRange {
    fn default() -> Self {
        Self::all()
    }
}

/// Some events of one stream.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StreamPage {
    /// The events, in the range's order. Empty only if the range holds none.
    pub events: Vec<RecordedEvent>,
    /// What to read next, or nothing at the end of the range.
    pub rest: Option<StreamRange>,
}

impl StreamPage {
    /// A page of these events; `rest` is what is left of the range.
    #[must_use]
    pub fn new(events: Vec<RecordedEvent>, rest: Option<StreamRange>) -> Self {
        Self { events, rest }
    }
}

/// A part of a store in the order of positions: those after `after` up to `until`, filtered, at
/// most `limit` events.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AllRange {
    /// The position before the first one to read: a checkpoint.
    pub after: Position,
    /// The last position to read.
    pub until: Position,
    /// The most events to return.
    pub limit: usize,
    /// Which events to return.
    pub filter: EventFilter,
}

impl AllRange {
    /// Everything after a position; [`Position::START`] for everything.
    #[must_use]
    pub fn after(after: Position) -> Self {
        Self {
            after,
            until: Position::MAX,
            limit: MAX_PAGE_EVENTS,
            filter: EventFilter::all(),
        }
    }

    /// Leaves out positions above `until`.
    #[must_use]
    pub fn until(mut self, until: Position) -> Self {
        self.until = until;
        self
    }

    /// Returns at most `limit` events a page, and never more than [`MAX_PAGE_EVENTS`].
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    /// Returns only events that the filter takes.
    #[must_use]
    pub fn filter(mut self, filter: EventFilter) -> Self {
        self.filter = filter;
        self
    }

    /// How many events a page may hold: the limit, at least 1 and at most [`MAX_PAGE_EVENTS`].
    #[must_use]
    pub fn page_limit(&self) -> usize {
        self.limit.clamp(1, MAX_PAGE_EVENTS)
    }
}

/// Some events of a store, in the order of their positions.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AllPage {
    /// The events that the filter took. May be empty before the end of the range: a store looks
    /// at a bounded number of events for each page.
    pub events: Vec<RecordedEvent>,
    /// Every event of the range up to here was looked at; where to read on, and what a checkpoint
    /// may hold once the events are handled.
    pub scanned_to: Position,
    /// Whether the range, or the store, ended here at some moment between the call and the answer.
    ///
    /// A page with events may leave that open where finding out would cost the store a further
    /// look: then the next page is empty, and says so.
    pub at_end: bool,
}

impl AllPage {
    /// A page of these events.
    #[must_use]
    pub fn new(events: Vec<RecordedEvent>, scanned_to: Position, at_end: bool) -> Self {
        Self {
            events,
            scanned_to,
            at_end,
        }
    }
}
