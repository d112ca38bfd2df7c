//! Carrying out a command: load, decide, append, and again after a conflict.

use std::fmt::Display;

use super::save::payload_bytes;
use super::{ExecuteError, LoadError, Repository, SaveError};
use crate::{Aggregate, AggregateRoot, Appended, ExpectedVersion, IntoEvents, StreamVersion};

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Executed {
    /// The version of the aggregate after it.
    pub version: StreamVersion,
    /// Where its events are; `None` if there was nothing to do.
    pub appended: Option<Appended>,
    /// How often others were first, so that it was decided again.
    pub conflicts: usize,
}

impl<A: Aggregate> Repository<A> {
    /// Gives a command to an aggregate that exists: loads it, lets `decide` return events, and
    /// appends them if nobody else was first; else decides again on the new state, within the
    /// bounds of the [`RetryPolicy`](super::RetryPolicy).
    ///
    /// `decide` may be called several times. It returns one event or several ([`IntoEvents`]),
    /// or the domain's own error.
    ///
    /// # Errors
    /// [`ExecuteError::Refused`] with the domain's error, [`LoadError::NotFound`] if nothing has
    /// happened to the aggregate, a conflict when the retries are used up; otherwise see there.
    ///
    /// # Cancel safety
    /// A dropped call may or may not have stored its events.
    pub async fn execute<D, E>(
        &self,
        id: impl Display,
        decide: impl FnMut(&A) -> Result<D, E>,
    ) -> Result<Executed, ExecuteError<E>>
    where
        D: IntoEvents<A::Event>,
    {
        let Some(cache) = &self.cache else {
            let mut root = self.load(id).await?;
            return self.decide_and_append(&mut root, true, decide).await;
        };
        let slot = cache.slot(&A::stream(&id).map_err(LoadError::from)?);
        let mut slot = slot.lock().await;
        match &mut *slot {
            Some(root) => self.decide_and_append(root, false, decide).await,
            empty => {
                let root = empty.insert(self.load(id).await?);
                self.decide_and_append(root, true, decide).await
            }
        }
    }

    /// `fresh` says whether the root was loaded just now: a command is refused, or found done,
    /// only on a fresh one.
    ///
    /// The root changes only by stored events, so it is right as of its version whenever this
    /// returns or is dropped.
    async fn decide_and_append<D, E>(
        &self,
        root: &mut AggregateRoot<A>,
        mut fresh: bool,
        mut decide: impl FnMut(&A) -> Result<D, E>,
    ) -> Result<Executed, ExecuteError<E>>
    where
        D: IntoEvents<A::Event>,
    {
        let mut delays = None;
        let mut conflicts = 0;
        loop {
            match decide(root.state()).map(IntoEvents::into_events) {
                Ok(events) if !events.is_empty() => {
                    match self.append_decided(root, &events).await {
                        Ok(appended) => {
                            let version = root.version();
                            return Ok(Executed {
                                version,
                                appended: Some(appended),
                                conflicts,
                            });
                        }
                        Err(error) if error.is_conflict() => {
                            let delays =
                                delays.get_or_insert_with(|| self.retry.delays(&*self.ids));
                            let Some(delay) = delays.next() else {
                                return Err(error.into());
                            };
                            self.clock.sleep(delay).await;
                            conflicts += 1;
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                Ok(_) if fresh => {
                    return Ok(Executed {
                        version: root.version(),
                        appended: None,
                        conflicts,
                    });
                }
                Err(refusal) if fresh => return Err(ExecuteError::Refused(refusal)),
                Ok(_) | Err(_) => {}
            }
            self.catch_up(root).await?;
            fresh = true;
        }
    }

    /// Appends the events after the root's version, and applies them once they are stored.
    async fn append_decided(
        &self,
        root: &mut AggregateRoot<A>,
        events: &[A::Event],
    ) -> Result<Appended, SaveError> {
        let expected = ExpectedVersion::Exact(root.version());
        let append = self.encode(root.stream().clone(), expected, events)?;
        let bytes = payload_bytes(&append);
        let appended = self.append_surely(append).await?;
        for event in events {
            root.apply(event);
        }
        self.stored(root, events.len() as u64, bytes);
        Ok(appended)
    }
}
