//! What can be measured: a store, or a ceiling that does the same work.

use std::future::Future;

use es_core::{Append, EventStore, ExpectedVersion, Position, StreamId};

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
    /// Reads one stream to its end and returns how many events it has.
    ///
    /// # Errors
    /// If the engine below fails.
    fn read_stream(&self, stream: &StreamId) -> Result<u64, Failure>;

    /// Reads a page of all events, in the order of positions: about `limit` events after a
    /// position. Returns the position of the last one, which is `after` at the end.
    ///
    /// # Errors
    /// If the engine below fails.
    fn read_page(&self, after: Position, limit: usize) -> Result<Position, Failure>;
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
