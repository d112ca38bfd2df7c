//! What can be measured: a store, or a ceiling that does the same work.

use std::future::Future;

use es_core::{Append, EventStore, ExpectedVersion, MAX_PAGE_EVENTS, Position, StreamId};

use crate::Failure;
use crate::traffic::Work;

/// Something that takes appends.
pub trait Target: Clone + Send + Sync + 'static {
    /// Stores the events if the stream has the expected version. Once it returns they are as
    /// durable as the target makes them.
    fn append(&self, work: Work) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A ceiling: the same content as a store's, read without making events of it.
pub trait Ceiling: Target {
    /// Reads everything, again and again.
    type Scan: RawScan;

    /// Reads one stream to its end and returns how many events it has.
    fn read_stream(&self, stream: &StreamId) -> impl Future<Output = Result<u64, Failure>> + Send;

    /// Starts to read all events in the order of positions.
    fn scan(&self) -> Self::Scan;
}

/// A reader of all events, which starts again at the end.
pub trait RawScan: Send + 'static {
    /// Reads what comes next, and returns how many events it is.
    fn page(&mut self) -> impl Future<Output = Result<u64, Failure>> + Send;
}

/// A ceiling in this process, which can be asked for any page.
pub(crate) trait Pages: Send + 'static {
    /// Reads a page of all events, in the order of positions: about `limit` events after a
    /// position. Returns the position of the last one, which is `after` at the end.
    fn read_page(&self, after: Position, limit: usize) -> Result<Position, Failure>;
}

/// Reads one page after the other.
#[derive(Debug)]
pub struct PageByPage<C> {
    ceiling: C,
    after: Position,
}

impl<C> PageByPage<C> {
    pub(crate) fn new(ceiling: C) -> Self {
        Self {
            ceiling,
            after: Position::START,
        }
    }
}

impl<C: Pages + Sync> RawScan for PageByPage<C> {
    async fn page(&mut self) -> Result<u64, Failure> {
        let last = self.ceiling.read_page(self.after, MAX_PAGE_EVENTS)?;
        let events = last.get() - self.after.get();
        let at_end = events < MAX_PAGE_EVENTS as u64;
        self.after = if at_end { Position::START } else { last };
        Ok(events)
    }
}

/// A store as a target, through the public API.
#[derive(Debug, Clone)]
pub struct Stored<S>(pub S);

impl<S: EventStore + Clone + 'static> Target for Stored<S> {
    async fn append(&self, work: Work) -> Result<(), Failure> {
        let expected = ExpectedVersion::Exact(work.version);
        let append = Append::new(work.stream, expected, work.events)
            .map_err(Failure::broken("build an append"))?;
        self.0
            .append(append)
            .await
            .map_err(Failure::broken("append"))?;
        Ok(())
    }
}
