//! Given, when, then: tests of aggregates in the words of their events.

mod difference;

use std::fmt;

use self::difference::difference;
use crate::{Aggregate, IntoEvents};

/// An aggregate with a past, about to decide something.
///
/// It needs no store, no codec and no runtime: state comes from events, and a decision is a
/// function of the state.
///
/// ```
/// use es_core::{Aggregate, Event, testing::Scenario};
/// # use serde::{Deserialize, Serialize};
/// #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
/// enum ClaimEvent { ClaimCreated { amount: u64 }, ClaimSubmitted }
///
/// #[derive(Debug, PartialEq)]
/// enum ClaimError { NotDraft }
///
/// #[derive(Default)]
/// struct Claim { amount: u64, submitted: bool }
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
///     fn submit(&self) -> Result<ClaimEvent, ClaimError> {
///         if self.submitted { Err(ClaimError::NotDraft) } else { Ok(ClaimEvent::ClaimSubmitted) }
///     }
/// }
///
/// Scenario::<Claim>::given([ClaimEvent::ClaimCreated { amount: 1_000 }])
///     .when(Claim::submit)
///     .then([ClaimEvent::ClaimSubmitted])
///     .then_state(|claim| assert!(claim.submitted));
///
/// Scenario::<Claim>::given([ClaimEvent::ClaimSubmitted])
///     .when(|claim| claim.submit())
///     .then_refused(ClaimError::NotDraft);
/// ```
#[must_use = "a scenario checks nothing before `when` and one of the `then`s"]
pub struct Scenario<A: Aggregate> {
    state: A,
    past: usize,
}

impl<A: Aggregate> Scenario<A> {
    /// An aggregate to which these events happened, in this order.
    pub fn given(events: impl IntoIterator<Item = A::Event>) -> Self {
        Self::given_nothing().and_given(events)
    }

    /// An aggregate to which nothing happened yet.
    pub fn given_nothing() -> Self {
        Self {
            state: A::default(),
            past: 0,
        }
    }

    /// Adds events to the past, as where several scenarios share the beginning of one.
    pub fn and_given(mut self, events: impl IntoIterator<Item = A::Event>) -> Self {
        for event in events {
            self.state.apply(&event);
            self.past += 1;
        }
        self
    }

    /// Calls a business method, and keeps what it decides.
    #[must_use = "a decision checks nothing before one of the `then`s"]
    pub fn when<D, E>(self, decide: impl FnOnce(&A) -> Result<D, E>) -> Decision<A, E>
    where
        D: IntoEvents<A::Event>,
    {
        let outcome = decide(&self.state).map(IntoEvents::into_events);
        let mut state = self.state;
        for event in outcome.iter().flatten() {
            state.apply(event);
        }
        Decision { state, outcome }
    }
}

impl<A: Aggregate> fmt::Debug for Scenario<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scenario")
            .field("past", &self.past)
            .finish_non_exhaustive()
    }
}

/// What an aggregate decided: events, or an error of the domain.
pub struct Decision<A: Aggregate, E> {
    /// The state after the new events.
    state: A,
    outcome: Result<Vec<A::Event>, E>,
}

impl<A: Aggregate, E: fmt::Debug> Decision<A, E>
where
    A::Event: fmt::Debug,
{
    /// Requires just these events, in this order.
    ///
    /// # Panics
    /// If there are others, or the decision was refused; the message shows both.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = A::Event>) -> Self
    where
        A::Event: PartialEq,
    {
        let expected: Vec<_> = expected.into_iter().collect();
        let actual = self.decided();
        if *actual != expected {
            panic!(
                "other events than expected\n{}",
                difference(&expected, actual)
            );
        }
        self
    }

    /// Requires that there was nothing to do, and that this was no error.
    ///
    /// # Panics
    /// If there are events, or the decision was refused; the message shows them.
    #[track_caller]
    pub fn then_nothing(self) -> Self {
        let actual = self.decided();
        if !actual.is_empty() {
            panic!(
                "events where none were expected\n{}",
                difference(&[], actual)
            );
        }
        self
    }

    /// Requires that the decision was refused with this error.
    ///
    /// # Panics
    /// If it was refused with another one, or there are events; the message shows both.
    #[track_caller]
    pub fn then_refused(self, expected: E) -> Self
    where
        E: PartialEq,
    {
        let actual = self.refused(&format_args!("{expected:?}"));
        if *actual != expected {
            panic!("refused with another error\n  expected: {expected:?}\n  actual:   {actual:?}");
        }
        self
    }

    /// Requires that the decision was refused, and hands the error to assertions of the test's
    /// own; for errors that cannot be compared.
    ///
    /// # Panics
    /// If there are events, which the message shows, or if `check` panics.
    #[track_caller]
    pub fn then_refused_with(self, check: impl FnOnce(&E)) -> Self {
        check(self.refused(&"an error"));
        self
    }

    /// Hands the state after the decision to assertions of the test's own.
    ///
    /// Where the decision was refused that is the state before it.
    #[track_caller]
    pub fn then_state(self, check: impl FnOnce(&A)) -> Self {
        check(&self.state);
        self
    }

    #[track_caller]
    fn decided(&self) -> &Vec<A::Event> {
        match &self.outcome {
            Ok(events) => events,
            Err(error) => panic!("refused, where it was to be allowed: {error:?}"),
        }
    }

    #[track_caller]
    fn refused(&self, expected: &dyn fmt::Display) -> &E
    where
        A::Event: fmt::Debug,
    {
        match &self.outcome {
            Err(error) => error,
            Ok(events) => {
                let events = difference(&[], events);
                panic!("allowed, where it was to be refused with {expected}\n{events}")
            }
        }
    }
}

impl<A: Aggregate, E: fmt::Debug> fmt::Debug for Decision<A, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = self.outcome.as_ref().map(Vec::len);
        f.debug_struct("Decision")
            .field("outcome", &outcome)
            .finish_non_exhaustive()
    }
}
