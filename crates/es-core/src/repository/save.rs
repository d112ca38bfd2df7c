//! Storing the events of an aggregate.

use std::fmt::Display;

use super::{Repository, SaveError};
use crate::event_coding::EventCoding;
use crate::{
    Aggregate, AggregateRoot, Append, AppendError, Appended, EventId, ExpectedVersion, IntoEvents,
    StreamId,
};

impl<A: Aggregate> Repository<A> {
    /// Stores the first events of an aggregate. Where live aggregates are cached it is one from now
    /// on, so that the next command need not load it.
    ///
    /// # Errors
    /// A conflict ([`SaveError::is_conflict`]) if it exists already; otherwise see there.
    ///
    /// # Cancel safety
    /// A dropped call may or may not have stored them.
    pub async fn create(
        &self,
        id: impl Display,
        events: impl IntoEvents<A::Event>,
    ) -> Result<Appended, SaveError> {
        let (stream, events) = (A::stream(id)?, events.into_events());
        let append = self.encode(stream.clone(), ExpectedVersion::NoStream, &events)?;
        let bytes = payload_bytes(&append);
        let appended = self.append_surely(append).await?;
        self.keep_created(stream, &events, bytes);
        Ok(appended)
    }

    /// Puts a new aggregate into the cache, unless somebody loads it already.
    fn keep_created(&self, stream: StreamId, events: &[A::Event], bytes: u64) {
        let Some(cache) = &self.cache else { return };
        let slot = cache.slot(&stream);
        if let Ok(mut slot) = slot.try_lock()
            && slot.is_none()
        {
            let root = slot.insert(AggregateRoot::new(stream));
            events.iter().for_each(|event| root.apply(event));
            self.stored(root, events.len() as u64, bytes);
        }
    }

    /// Stores the raised events of an aggregate, if nobody else has stored any since it was
    /// loaded; returns `None` if there are none.
    ///
    /// # Errors
    /// A conflict ([`SaveError::is_conflict`]) if somebody has; the root is as before, with its
    /// events. Otherwise see there.
    ///
    /// # Cancel safety
    /// A dropped call may or may not have stored them; the root is as before.
    pub async fn save(&self, root: &mut AggregateRoot<A>) -> Result<Option<Appended>, SaveError> {
        if root.uncommitted().is_empty() {
            return Ok(None);
        }
        let expected = ExpectedVersion::Exact(root.version());
        let append = self.encode(root.stream().clone(), expected, root.uncommitted())?;
        let bytes = payload_bytes(&append);
        let appended = self.append_surely(append).await?;
        let events = root.uncommitted().len() as u64;
        root.clear(appended.version());
        self.stored(root, events, bytes);
        Ok(Some(appended))
    }

    pub(super) fn encode(
        &self,
        stream: StreamId,
        expected: ExpectedVersion,
        events: &[A::Event],
    ) -> Result<Append, SaveError> {
        let encode = |event| {
            let id = EventId::new(self.ids.next_id());
            let encoded = self.codecs.encode_event(id, event)?;
            Ok(encoded.with_metadata(self.metadata.clone()))
        };
        let events = events
            .iter()
            .map(encode)
            .collect::<Result<Vec<_>, SaveError>>()?;
        Ok(Append::new(stream, expected, events)?)
    }

    /// Appends, and repeats it with the same id while the store does not answer or the outcome is
    /// unknown.
    pub(super) async fn append_surely(&self, append: Append) -> Result<Appended, AppendError> {
        let mut outcome = self.store.append(append.clone()).await;
        if !outcome.as_ref().is_err_and(AppendError::is_retryable) {
            return outcome;
        }
        for delay in self.retry.delays(&*self.ids) {
            self.clock.sleep(delay).await;
            let again = self.store.append(append.clone()).await;
            outcome = keep_doubt(outcome, again);
            if !outcome.as_ref().is_err_and(AppendError::is_retryable) {
                break;
            }
        }
        outcome
    }

    /// Notes that events of an aggregate are stored now.
    pub(super) fn stored(&self, root: &mut AggregateRoot<A>, events: u64, bytes: u64) {
        if let Some(snapshots) = &self.snapshots {
            let now = self.clock.now();
            root.growth.add(events, bytes, now);
            snapshots.take_if_due(&self.codecs, root, now);
        }
    }
}

/// Once an outcome was unknown, that the store cannot be reached any more does not make it known.
fn keep_doubt(
    before: Result<Appended, AppendError>,
    after: Result<Appended, AppendError>,
) -> Result<Appended, AppendError> {
    match (before, after) {
        (Err(unknown), Err(AppendError::Unavailable { .. })) if unknown.is_unknown() => {
            Err(unknown)
        }
        (_, after) => after,
    }
}

pub(super) fn payload_bytes(append: &Append) -> u64 {
    append
        .events()
        .map(|event| event.payload.data.len() as u64)
        .sum()
}
