//! Following a store: what is there, then what comes.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::poll_immediate;
use futures_util::{Stream, stream};

use crate::{AllRange, EventFilter, EventStore, Place, Position, ReadError, RecordedEvent};

/// Delivers the events of a store in the order of positions, each once, without an end.
///
/// It always reads by position, page by page; that something new is there only wakes it. So
/// nothing is lost between catching up and going live, and a slow consumer costs one page of
/// memory.
///
/// ```
/// use es_core::{EventFilter, Position, Subscription, memory::MemoryStore};
/// # use es_core::testing::{sample_event, run};
/// # use es_core::{Append, EventStore, ExpectedVersion};
/// # run(async {
/// let store = MemoryStore::new();
/// store.append(Append::new("Claim/1".parse()?, ExpectedVersion::Any, [sample_event(1)])?).await?;
/// let mut events = Subscription::new(store.clone(), Position::START, EventFilter::all());
/// let first = events.next().await?;
/// assert_eq!(first.position, Position::new(1));
/// assert_eq!(events.position(), Position::new(1));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Subscription {
    store: Arc<dyn EventStore>,
    /// What to read next.
    range: AllRange,
    page: VecDeque<RecordedEvent>,
    /// Everything up to here was delivered or filtered out.
    delivered: Position,
    /// Whether the last page said that the store ended there.
    at_end: bool,
    /// Whether the last page was not a full one, so that the next one may have to be waited for.
    caught_up: bool,
    live: bool,
}

impl Subscription {
    /// Follows `store` from the event after `after` on.
    ///
    /// Stores are handles: hand over a clone.
    pub fn new(store: impl EventStore + 'static, after: Position, filter: EventFilter) -> Self {
        Self {
            store: Arc::new(store),
            range: AllRange::after(after).filter(filter),
            page: VecDeque::new(),
            delivered: after,
            at_end: false,
            caught_up: false,
            live: false,
        }
    }

    /// Reads at most `limit` events ahead, 5,000 if nothing is said.
    #[must_use]
    pub fn read_ahead(mut self, limit: usize) -> Self {
        self.range.limit = limit;
        self
    }

    /// The next event, as soon as there is one.
    ///
    /// # Errors
    /// See [`ReadError`]. Where it stood is kept: after a passing error, call it again.
    ///
    /// # Cancel safety
    /// Dropping the future loses no event: the next call returns it.
    pub async fn next(&mut self) -> Result<RecordedEvent, ReadError> {
        loop {
            if let Some(event) = self.page.pop_front() {
                self.delivered = if self.page.is_empty() {
                    self.range.after
                } else {
                    event.position
                };
                return Ok(event);
            }
            self.fill().await?;
        }
    }

    /// The next events, as soon as there are any: at most a page of them.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    ///
    /// # Cancel safety
    /// As [`next`](Self::next).
    pub async fn next_batch(&mut self) -> Result<Vec<RecordedEvent>, ReadError> {
        while self.page.is_empty() {
            self.fill().await?;
        }
        self.delivered = self.range.after;
        Ok(std::mem::take(&mut self.page).into())
    }

    /// The next events that are there already: at most a page of them, or `None` at the end of the
    /// store. For consumers that run, catch up and stop.
    ///
    /// ```
    /// use es_core::{EventFilter, EventStoreExt, Position, memory::MemoryStore};
    /// # es_core::testing::run(async {
    /// let store = MemoryStore::new();
    /// let mut events = store.subscribe(Position::START, EventFilter::all());
    /// assert_eq!(events.catch_up().await?, None);
    /// # Ok::<(), es_core::ReadError>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// As [`next`](Self::next).
    ///
    /// # Cancel safety
    /// As [`next`](Self::next).
    pub async fn catch_up(&mut self) -> Result<Option<Vec<RecordedEvent>>, ReadError> {
        while self.page.is_empty() {
            self.read_page().await?;
            if self.at_end && self.page.is_empty() {
                return Ok(None);
            }
        }
        self.next_batch().await.map(Some)
    }

    /// Every event up to here was returned, or not wanted by the filter: what a checkpoint may
    /// hold once the returned events are handled.
    #[must_use]
    pub fn position(&self) -> Position {
        self.delivered
    }

    /// Whether it has reached the end of the store, as far as that was known then, at least once
    /// since it last fell behind a page. A page that a live subscription reads may end before the
    /// end, since new events come.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// The subscription as a [`Stream`], which ends after its first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<RecordedEvent, ReadError>> + Send {
        stream::unfold(Some(self), |subscription| async {
            let mut subscription = subscription?;
            match subscription.next().await {
                Ok(event) => Some((Ok(event), Some(subscription))),
                Err(error) => Some((Err(error), None)),
            }
        })
    }

    /// Reads one page, after waiting for it if it is not there yet.
    async fn fill(&mut self) -> Result<(), ReadError> {
        if self.caught_up {
            let mut more = self.store.wait_past(self.range.after);
            match poll_immediate(&mut more).await {
                Some(there) => there?,
                None => {
                    self.live = true;
                    more.await?;
                }
            }
        }
        self.read_page().await
    }

    async fn read_page(&mut self) -> Result<(), ReadError> {
        let page = self.store.read_all(&self.range).await?;
        self.check_order(&page.events, page.scanned_to)?;
        let looked_at = page.scanned_to.get().saturating_sub(self.range.after.get());
        let fell_behind = looked_at >= self.range.page_limit() as u64;
        self.range.after = page.scanned_to;
        self.at_end = page.at_end;
        self.caught_up = page.at_end || !fell_behind;
        self.live = page.at_end || (self.live && !fell_behind);
        if page.events.is_empty() {
            self.delivered = page.scanned_to;
        }
        self.page = page.events.into();
        Ok(())
    }

    /// A store that returns a hole or goes back is broken: better to stop (I6).
    fn check_order(&self, events: &[RecordedEvent], scanned_to: Position) -> Result<(), ReadError> {
        let dense = self.range.filter.is_all();
        let mut last = self.range.after;
        for event in events {
            let in_order = if dense {
                event.position == last.next()
            } else {
                event.position > last
            };
            if !in_order {
                return Err(hole(last.next(), event.position));
            }
            last = event.position;
        }
        let scanned_right = if dense {
            scanned_to == last
        } else {
            scanned_to >= last
        };
        if scanned_right {
            Ok(())
        } else {
            Err(hole(last.next(), scanned_to))
        }
    }
}

fn hole(expected: Position, found: Position) -> ReadError {
    ReadError::Hole {
        expected: Place::Position(expected),
        found: Place::Position(found),
    }
}
