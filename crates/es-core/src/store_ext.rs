//! What callers would like of an event store, built on its contract.

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};

use crate::{
    AllRange, EventFilter, EventStore, Position, ReadError, RecordedEvent, StreamId, StreamRange,
    StreamVersion, Subscription, Timestamp,
};

/// Conveniences on every event store.
#[async_trait]
pub trait EventStoreExt: EventStore {
    /// Facts about a stream, from its last event; `None` if it has no events.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn stream_facts(&self, stream: &StreamId) -> Result<Option<StreamFacts>, ReadError> {
        let page = self
            .read_stream(stream, StreamRange::all().backward().limit(1))
            .await?;
        Ok(page.events.first().map(|last| StreamFacts {
            version: last.version,
            last_position: last.position,
            last_recorded_at: last.recorded_at,
        }))
    }

    /// The version of a stream, [`StreamVersion::EMPTY`] if it has no events.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn stream_version(&self, stream: &StreamId) -> Result<StreamVersion, ReadError> {
        let facts = self.stream_facts(stream).await?;
        Ok(facts.map_or(StreamVersion::EMPTY, |facts| facts.version))
    }

    /// Reads a range of a stream to its end, into memory.
    ///
    /// # Errors
    /// See [`ReadError`].
    async fn read_stream_to_end(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<Vec<RecordedEvent>, ReadError> {
        let mut events = Vec::new();
        let mut rest = Some(range);
        while let Some(range) = rest {
            let page = self.read_stream(stream, range).await?;
            if events.is_empty() {
                events = page.events;
            } else {
                events.extend(page.events);
            }
            rest = page.rest;
        }
        Ok(events)
    }

    /// Reads a range of the store to its end, a page at a time.
    ///
    /// The stream ends after its first error.
    fn stream_all(&self, range: AllRange) -> BoxStream<'_, Result<RecordedEvent, ReadError>>
    where
        Self: Sized,
    {
        use futures_util::TryStreamExt;
        let pages = stream::try_unfold(Some(range), move |range| async move {
            let Some(mut range) = range else {
                return Ok(None);
            };
            let page = self.read_all(&range).await?;
            range.after = page.scanned_to;
            let rest = (!page.at_end).then_some(range);
            Ok(Some((stream::iter(page.events.into_iter().map(Ok)), rest)))
        });
        Box::pin(pages.try_flatten())
    }

    /// Follows the store from a position on: first what is there, then what comes.
    fn subscribe(&self, after: Position, filter: EventFilter) -> Subscription
    where
        Self: Clone + Sized + 'static,
    {
        Subscription::new(self.clone(), after, filter)
    }
}

impl<S: EventStore + ?Sized> EventStoreExt for S {}

/// What is known of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamFacts {
    /// The version of its last event, and so how many it has.
    pub version: StreamVersion,
    /// The position of its last event.
    pub last_position: Position,
    /// When its last event was recorded.
    pub last_recorded_at: Timestamp,
}
