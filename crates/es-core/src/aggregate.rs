//! Aggregates: state that is nothing but the sum of its events.

use std::borrow::Borrow;
use std::fmt;

use crate::repository::Growth;
use crate::{Event, InvalidStreamId, Privacy, StreamId, StreamVersion};

/// A consistency boundary whose state is rebuilt from its events.
///
/// Business methods look at the state and return events, or a domain error; they change nothing.
/// [`apply`](Self::apply) changes the state, and decides nothing.
///
/// ```
/// use es_core::{Aggregate, Event};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize)]
/// enum ClaimEvent {
///     ClaimCreated { amount: u64 },
///     ClaimSubmitted,
/// }
///
/// #[derive(Default)]
/// struct Claim {
///     amount: u64,
///     submitted: bool,
/// }
///
/// impl Aggregate for Claim {
///     const CATEGORY: &'static str = "Claim";
///     type Event = ClaimEvent;
///
///     fn apply(&mut self, event: &ClaimEvent) {
///         match event {
///             ClaimEvent::ClaimCreated { amount } => self.amount = *amount,
///             ClaimEvent::ClaimSubmitted => self.submitted = true,
///         }
///     }
/// }
///
/// impl Claim {
///     fn submit(&self) -> Result<ClaimEvent, &'static str> {
///         if self.submitted { Err("submitted already") } else { Ok(ClaimEvent::ClaimSubmitted) }
///     }
/// }
/// ```
///
/// # Contract
/// `apply` depends on the state and the event only: no clock, no randomness, no I/O. It takes
/// every event that was ever written, so it does not fail.
pub trait Aggregate: Default + Send + Sync + 'static {
    /// The category of its streams. Like an event's name it must not change.
    const CATEGORY: &'static str;

    /// What can happen to it.
    type Event: Event;

    /// Takes one event into the state.
    fn apply(&mut self, event: &Self::Event);

    /// Whom the state is about, so that its snapshots are encrypted; every subject of whom it
    /// holds personal data must be in it.
    fn privacy(&self) -> Option<Privacy> {
        None
    }

    /// The stream of the aggregate with this id.
    ///
    /// # Errors
    /// If the category or the id cannot be part of a stream's name.
    fn stream(id: impl fmt::Display) -> Result<StreamId, InvalidStreamId>
    where
        Self: Sized,
    {
        StreamId::new(Self::CATEGORY, id)
    }
}

/// What a business method may return as its events: one, or an [`Option`], [`Vec`] or array.
///
/// `None` and an empty list say that nothing is to be done, which is not an error.
pub trait IntoEvents<E> {
    /// The events, in order.
    fn into_events(self) -> Vec<E>;
}

impl<E: Event> IntoEvents<E> for E {
    fn into_events(self) -> Vec<E> {
        vec![self]
    }
}

impl<E: Event> IntoEvents<E> for Option<E> {
    fn into_events(self) -> Vec<E> {
        self.into_iter().collect()
    }
}

impl<E: Event> IntoEvents<E> for Vec<E> {
    fn into_events(self) -> Vec<E> {
        self
    }
}

impl<E: Event, const N: usize> IntoEvents<E> for [E; N] {
    fn into_events(self) -> Vec<E> {
        self.into()
    }
}

/// An aggregate with its place in its stream, and the events raised since it was loaded.
///
/// ```
/// # use es_core::{Aggregate, AggregateRoot, Event, StreamVersion};
/// # #[derive(Event, serde::Serialize, serde::Deserialize, Debug, PartialEq)]
/// # enum ClaimEvent { ClaimSubmitted }
/// # #[derive(Default)] struct Claim { submitted: bool }
/// # impl Aggregate for Claim {
/// #     const CATEGORY: &'static str = "Claim";
/// #     type Event = ClaimEvent;
/// #     fn apply(&mut self, _: &ClaimEvent) { self.submitted = true; }
/// # }
/// let mut claim = AggregateRoot::<Claim>::new(Claim::stream(42)?);
/// claim.raise(ClaimEvent::ClaimSubmitted);
/// assert!(claim.state().submitted);
/// assert_eq!(claim.uncommitted(), [ClaimEvent::ClaimSubmitted]);
/// assert_eq!(claim.version(), StreamVersion::EMPTY);
/// # Ok::<(), es_core::InvalidStreamId>(())
/// ```
pub struct AggregateRoot<A: Aggregate> {
    stream: StreamId,
    version: StreamVersion,
    state: A,
    uncommitted: Vec<A::Event>,
    /// What came since the last snapshot.
    pub(crate) growth: Growth,
}

impl<A: Aggregate> AggregateRoot<A> {
    /// An aggregate to which nothing has happened yet.
    #[must_use]
    pub fn new(stream: StreamId) -> Self {
        Self::restored(stream, StreamVersion::EMPTY, A::default())
    }

    /// An aggregate whose state at `version` is known, as from a snapshot.
    #[must_use]
    pub fn restored(stream: StreamId, version: StreamVersion, state: A) -> Self {
        Self {
            stream,
            version,
            state,
            uncommitted: Vec::new(),
            growth: Growth::default(),
        }
    }

    /// The stream of its events.
    #[must_use]
    pub fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// The version of the last *stored* event in the state: what the next append expects.
    #[must_use]
    pub fn version(&self) -> StreamVersion {
        self.version
    }

    /// The state, with the events raised but not stored yet.
    #[must_use]
    pub fn state(&self) -> &A {
        &self.state
    }

    /// The events that were raised and are not stored yet.
    #[must_use]
    pub fn uncommitted(&self) -> &[A::Event] {
        &self.uncommitted
    }

    /// Applies a new event and keeps it to be stored.
    pub fn raise(&mut self, event: A::Event) {
        self.state.apply(&event);
        self.uncommitted.push(event);
    }

    /// Applies an event that is stored as the next version.
    ///
    /// Events raised before it stay in the state, so this is for roots without uncommitted ones.
    pub fn apply(&mut self, event: &A::Event) {
        self.apply_decoded([event]);
    }

    /// As [`apply`](Self::apply), for what a stored event was decoded to: rules of versioning may
    /// make none or several of one.
    pub fn apply_decoded(&mut self, stored: impl IntoIterator<Item = impl Borrow<A::Event>>) {
        for event in stored {
            self.state.apply(event.borrow());
        }
        self.version = self.version.next();
    }

    /// Forgets the raised events because they are stored now, the last of them at `version`.
    pub fn clear(&mut self, version: StreamVersion) {
        self.uncommitted.clear();
        self.version = version;
    }
}

impl<A: Aggregate> fmt::Debug for AggregateRoot<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateRoot")
            .field("stream", &self.stream)
            .field("version", &self.version)
            .field("uncommitted", &self.uncommitted.len())
            .finish_non_exhaustive()
    }
}
