//! What all readers and the committer of a store share about the end of the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use es_core::{AllPage, AllRange, MAX_PAGE_BYTES, Position, ReadError};
use tokio::time::timeout;

use super::attendance::Attendance;
use super::bell::Bell;
use super::buffer::Buffer;
use super::change_stream::ChangeStream;
use super::fresh::Fresh;
use super::known::Known;
use super::lookout::Lookout;
use super::majority::MajorityTail;
use super::page;
use super::sources::{Ring, RingSource, TailSource};
use crate::database::Database;

/// How far behind a ring the documents are still fetched for all; else each reader reads pages.
const NEAR: u64 = 5_000;
/// How long a look of the timer may take; then it is time for the next one.
const LOOK_PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait for documents before the waiters are sent to read for themselves.
const FETCH_PATIENCE: Duration = Duration::from_secs(1);

/// The hub of a store: knows the newest head and the newest documents.
///
/// Readers who follow the log ask [`page`](Self::page) first. It never says that the log ends,
/// since another process may have committed a moment ago; [`fresh_head`](Self::fresh_head) does.
#[derive(Debug)]
pub(crate) struct Hub {
    known: Known,
    buffer: Mutex<Buffer>,
    bell: Arc<Bell>,
    source: Arc<dyn TailSource>,
    fresh: Fresh,
    waiters: Attendance,
    /// Whose rings bring no news: the committer of this process tells of its batches itself.
    writer: i64,
}

impl Hub {
    pub(crate) fn new(database: Database, tail_bytes: usize, writer: i64) -> Arc<Self> {
        let rings = ChangeStream::new(database.clone());
        let patience = database.read_timeout();
        let source = Arc::new(MajorityTail::new(database));
        Self::with(source, rings, patience, tail_bytes, writer)
    }

    pub(super) fn with(
        source: Arc<dyn TailSource>,
        rings: impl RingSource + 'static,
        patience: Duration,
        tail_bytes: usize,
        writer: i64,
    ) -> Arc<Self> {
        Arc::new(Self {
            known: Known::new(),
            buffer: Mutex::new(Buffer::new(tail_bytes)),
            bell: Arc::new(Bell::new(rings)),
            fresh: Fresh::new(Arc::clone(&source), patience),
            source,
            waiters: Attendance::default(),
            writer,
        })
    }

    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// Refuses what is asked of a closed store.
    pub(crate) fn check_open(&self) -> Result<(), ReadError> {
        self.known.check().map(drop)
    }

    /// The newest head that this process knows of.
    pub(crate) fn head(&self) -> Position {
        self.known.head()
    }

    /// The log reaches here, committed by a majority.
    pub(crate) fn saw_head(&self, head: Position) {
        self.known.saw(head);
    }

    /// The committer committed these whole documents; `last` is the position of the last event.
    pub(crate) fn own_batch(&self, documents: Vec<Bytes>, last: Position) {
        self.keep(documents);
        self.known.saw(last);
    }

    /// The page of the buffer for this range; nothing if the first event of it is not there.
    pub(crate) fn page(&self, range: &AllRange) -> Option<Result<AllPage, ReadError>> {
        if let Err(closed) = self.known.check() {
            return Some(Err(closed));
        }
        let events = range.page_limit() as u64;
        let documents = self.buffer().after(range.after, events, MAX_PAGE_BYTES);
        if documents.is_empty() || range.until <= range.after {
            return None;
        }
        page::build(range, &documents)
    }

    /// The page of the buffer for this range, as soon as the first event of it is there.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    pub(crate) async fn page_soon(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        let mut known = range.after;
        loop {
            if let Some(page) = self.page(range) {
                return page;
            }
            known = known.max(self.known.head());
            self.known.wait_past(known).await?;
        }
    }

    /// The head at some moment between call and return, read once for all who ask together.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    pub(crate) async fn fresh_head(&self) -> Result<Position, ReadError> {
        self.known.check()?;
        let head = self.fresh.head().await?;
        self.known.saw(head);
        Ok(head)
    }

    /// Returns once an event after `position` is known: at once if there is one already.
    ///
    /// # Errors
    /// [`ReadError::Closed`]. That the server is away is none: waiting goes on until it is back.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    pub(crate) async fn wait_past(self: &Arc<Self>, position: Position) -> Result<(), ReadError> {
        if self.known.check()? > position {
            return Ok(());
        }
        let _waiter = Waiter::new(self);
        self.known.wait_past(position).await
    }

    /// Turns away all who wait, now and later.
    pub(crate) fn close(&self) {
        self.known.close();
        self.bell.close();
    }

    /// Whether the lookout ends. It has to, once this said so.
    pub(super) fn nobody_waits(&self, for_so_long: Duration) -> bool {
        self.waiters.ends(for_so_long) || !self.known.is_open()
    }

    /// Reads the head; whether that brought news. Goes on if the future is dropped.
    pub(super) async fn look(self: &Arc<Self>) -> bool {
        let hub = Arc::clone(self);
        let look = tokio::spawn(async move {
            match hub.source.read_head(LOOK_PATIENCE).await {
                Ok(head) => hub.known.saw(head),
                Err(error) => {
                    tracing::debug!(%error, "the head could not be read; it is tried again");
                    false
                }
            }
        });
        look.await.unwrap_or(false)
    }

    /// The bell rang: fetches what it tells of, once for all who wait for it.
    pub(super) async fn rang(self: &Arc<Self>, ring: Ring) {
        let known = self.known.head();
        let near = ring.head > known && ring.head.get() - known.get() <= NEAR;
        if ring.writer == self.writer {
            return;
        }
        if near && self.waiters.anybody() {
            let hub = Arc::clone(self);
            let fetch = tokio::spawn(async move { hub.fetch(known).await });
            let _ = timeout(FETCH_PATIENCE, fetch).await;
        }
        self.known.saw(ring.head);
    }

    /// Puts the documents after a position into the buffer.
    async fn fetch(&self, position: Position) {
        match self.source.read_after(position).await {
            Ok(documents) => self.keep(documents),
            Err(error) => tracing::debug!(%error, "new events are left to their readers"),
        }
    }

    fn keep(&self, documents: Vec<Bytes>) {
        let mut buffer = self.buffer();
        for document in documents {
            if let Err(error) = buffer.push(document) {
                tracing::warn!(%error, "a document is left to its readers");
            }
        }
    }

    /// Each change leaves the buffer whole, so a lock of a thread that panicked can be taken over.
    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits: keeps the lookout going.
struct Waiter<'a>(&'a Hub);

impl<'a> Waiter<'a> {
    fn new(hub: &'a Arc<Hub>) -> Self {
        if hub.waiters.enter() {
            let aborted = Aborted(Some(Arc::clone(hub)));
            let lookout = Lookout::new(Arc::clone(hub));
            tokio::spawn(async move {
                let mut aborted = aborted;
                lookout.run().await;
                aborted.0 = None;
            });
        }
        Self(hub)
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.waiters.leave();
    }
}

/// Lets the next waiter start the lookout again if it was torn down with its runtime.
struct Aborted(Option<Arc<Hub>>);

impl Drop for Aborted {
    fn drop(&mut self) {
        if let Some(hub) = &self.0 {
            hub.waiters.ended();
        }
    }
}

#[cfg(test)]
mod tests;
