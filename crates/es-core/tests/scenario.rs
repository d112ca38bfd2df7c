//! The given/when/then kit: what it accepts, what it refuses, and what its messages show.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a helper of a test fails the test"
)]

use std::panic::{UnwindSafe, catch_unwind};

use es_core::testing::Scenario;
use es_core::{Aggregate, Event};
use serde::{Deserialize, Serialize};

#[allow(
    clippy::enum_variant_names,
    reason = "the name of a stored event says what it is of"
)]
#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum ClaimEvent {
    ClaimCreated { amount: u64 },
    ClaimSubmitted,
    ClaimPaid { amount: u64 },
}

use ClaimEvent::{ClaimCreated, ClaimPaid, ClaimSubmitted};

#[derive(Debug, PartialEq)]
enum ClaimError {
    NotDraft,
    NothingToPay,
}

#[derive(Default)]
struct Claim {
    amount: u64,
    submitted: bool,
    paid: u64,
}

impl Aggregate for Claim {
    const CATEGORY: &'static str = "Claim";
    type Event = ClaimEvent;

    fn apply(&mut self, event: &ClaimEvent) {
        match event {
            ClaimCreated { amount } => self.amount = *amount,
            ClaimSubmitted => self.submitted = true,
            ClaimPaid { amount } => self.paid += amount,
        }
    }
}

impl Claim {
    fn submit(&self) -> Result<ClaimEvent, ClaimError> {
        if self.submitted {
            Err(ClaimError::NotDraft)
        } else {
            Ok(ClaimSubmitted)
        }
    }

    fn pay(&self, amount: u64) -> Result<Option<ClaimEvent>, ClaimError> {
        match self.amount - self.paid {
            0 if amount > 0 => Err(ClaimError::NothingToPay),
            _ => Ok((amount > 0).then_some(ClaimPaid { amount })),
        }
    }

    fn pay_in_rates(&self, rates: u64) -> Result<Vec<ClaimEvent>, ClaimError> {
        Ok((0..rates)
            .map(|_| ClaimPaid {
                amount: self.amount / rates,
            })
            .collect())
    }
}

fn created(amount: u64) -> ClaimEvent {
    ClaimCreated { amount }
}

/// What a failing scenario says.
fn message<T>(scenario: impl FnOnce() -> T + UnwindSafe) -> String {
    let payload = catch_unwind(|| drop(scenario())).expect_err("the scenario passed");
    payload
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_default()
}

#[test]
fn a_submitted_claim_cannot_be_submitted_again() {
    Scenario::<Claim>::given([created(1_000), ClaimSubmitted])
        .when(Claim::submit)
        .then_refused(ClaimError::NotDraft)
        .then_state(|claim| assert!(claim.submitted));
}

#[test]
fn one_event_an_option_and_a_list_are_decisions() {
    let claim = || Scenario::<Claim>::given([created(90)]);
    claim().when(Claim::submit).then([ClaimSubmitted]);
    claim()
        .when(|claim| claim.pay(90))
        .then([ClaimPaid { amount: 90 }]);
    claim()
        .when(|claim| claim.pay_in_rates(3))
        .then(vec![ClaimPaid { amount: 30 }; 3]);
    claim()
        .when(|_| Ok::<_, ClaimError>([ClaimSubmitted]))
        .then([ClaimSubmitted]);
}

#[test]
fn nothing_to_do_is_neither_an_event_nor_an_error() {
    Scenario::<Claim>::given([created(90)])
        .when(|claim| claim.pay(0))
        .then_nothing()
        .then([]);
}

#[test]
fn the_state_has_the_new_events() {
    Scenario::<Claim>::given_nothing()
        .and_given([created(90)])
        .when(|claim| claim.pay(40))
        .then_state(|claim| assert_eq!((claim.amount, claim.paid), (90, 40)));
}

#[test]
fn an_error_may_be_looked_at() {
    Scenario::<Claim>::given([created(5), ClaimPaid { amount: 5 }])
        .when(|claim| claim.pay(1))
        .then_refused_with(|error| assert!(matches!(error, ClaimError::NothingToPay)));
}

#[test]
fn other_events_are_shown_beside_those_expected() {
    let message = message(|| {
        Scenario::<Claim>::given([created(90)])
            .when(|claim| claim.pay_in_rates(2))
            .then([ClaimPaid { amount: 45 }, ClaimSubmitted, ClaimSubmitted])
    });
    assert!(
        message.starts_with("other events than expected"),
        "{message}"
    );
    for line in [
        "    1 ClaimPaid { amount: 45 }",
        "  - 2 ClaimSubmitted",
        "  + 2 ClaimPaid { amount: 45 }",
        "  - 3 ClaimSubmitted",
        "(3 expected with -, 2 actual with +)",
    ] {
        assert!(message.contains(line), "{line:?} is not in\n{message}");
    }
}

#[test]
fn events_where_none_were_due_are_shown() {
    let message = message(|| {
        Scenario::<Claim>::given_nothing()
            .when(Claim::submit)
            .then_nothing()
    });
    assert!(message.contains("+ 1 ClaimSubmitted"), "{message}");
}

#[test]
fn a_refusal_where_events_were_due_is_shown() {
    let message = message(|| {
        Scenario::<Claim>::given([ClaimSubmitted])
            .when(Claim::submit)
            .then([ClaimSubmitted])
    });
    assert!(
        message.contains("refused") && message.contains("NotDraft"),
        "{message}"
    );
}

#[test]
fn events_where_a_refusal_was_due_are_shown_with_the_error() {
    let message = message(|| {
        Scenario::<Claim>::given_nothing()
            .when(Claim::submit)
            .then_refused(ClaimError::NotDraft)
    });
    assert!(
        message.contains("NotDraft") && message.contains("+ 1 ClaimSubmitted"),
        "{message}"
    );
}

#[test]
fn another_error_is_shown_beside_the_one_expected() {
    let message = message(|| {
        Scenario::<Claim>::given([ClaimSubmitted])
            .when(Claim::submit)
            .then_refused(ClaimError::NothingToPay)
    });
    assert!(message.contains("expected: NothingToPay"), "{message}");
    assert!(message.contains("actual:   NotDraft"), "{message}");
}

#[test]
#[should_panic(expected = "other events than expected")]
fn a_wrong_expectation_panics() {
    Scenario::<Claim>::given_nothing()
        .when(Claim::submit)
        .then([]);
}
