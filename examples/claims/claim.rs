//! A healthcare claim: what can happen to it, what it remembers, and what it refuses.

use std::fmt;

use event_sourcing::{Aggregate, Event};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Event, Serialize, Deserialize, JsonSchema)]
pub enum ClaimEvent {
    ClaimCreated { category: String, amount: u64 },
    ClaimSubmitted,
    ClaimAssessed { payable: u64 },
    ClaimRejected { reason: String },
    ClaimPaid { amount: u64 },
    NoteAdded { text: String },
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    pub status: Status,
    pub amount: u64,
    pub payable: u64,
    pub notes: u64,
}

impl Aggregate for Claim {
    const CATEGORY: &'static str = "Claim";
    type Event = ClaimEvent;

    fn apply(&mut self, event: &ClaimEvent) {
        match event {
            ClaimEvent::ClaimCreated { amount, .. } => self.amount = *amount,
            ClaimEvent::ClaimSubmitted => self.status = Status::Submitted,
            ClaimEvent::ClaimAssessed { payable } => {
                self.status = Status::Assessed;
                self.payable = *payable;
            }
            ClaimEvent::ClaimRejected { .. } => self.status = Status::Rejected,
            ClaimEvent::ClaimPaid { .. } => self.status = Status::Paid,
            ClaimEvent::NoteAdded { .. } => self.notes += 1,
        }
    }
}

/// The commands: each looks at the state and says what happens, or why not. Amounts are in cents.
impl Claim {
    pub fn create(category: &str, amount: u64) -> Result<ClaimEvent, ClaimError> {
        if amount == 0 {
            return Err(ClaimError::NothingClaimed);
        }
        let category = category.to_owned();
        Ok(ClaimEvent::ClaimCreated { category, amount })
    }

    /// A rejected claim may be submitted again.
    pub fn submit(&self) -> Result<ClaimEvent, ClaimError> {
        self.must_be(&[Status::Draft, Status::Rejected], "submitted")?;
        Ok(ClaimEvent::ClaimSubmitted)
    }

    pub fn assess(&self, payable: u64) -> Result<ClaimEvent, ClaimError> {
        self.must_be(&[Status::Submitted], "assessed")?;
        let claimed = self.amount;
        if payable > claimed {
            return Err(ClaimError::OverClaimed { payable, claimed });
        }
        Ok(ClaimEvent::ClaimAssessed { payable })
    }

    pub fn reject(&self, reason: &str) -> Result<ClaimEvent, ClaimError> {
        self.must_be(&[Status::Submitted], "rejected")?;
        let reason = reason.to_owned();
        Ok(ClaimEvent::ClaimRejected { reason })
    }

    /// Paying a paid claim is nothing to do, which is not an error: no money leaves twice.
    pub fn pay(&self) -> Result<Option<ClaimEvent>, ClaimError> {
        if self.status == Status::Paid {
            return Ok(None);
        }
        self.must_be(&[Status::Assessed], "paid")?;
        let amount = self.payable;
        Ok(Some(ClaimEvent::ClaimPaid { amount }))
    }

    pub fn add_note(&self, text: &str) -> Result<ClaimEvent, ClaimError> {
        let text = text.to_owned();
        Ok(ClaimEvent::NoteAdded { text })
    }

    fn must_be(&self, allowed: &[Status], to_be: &'static str) -> Result<(), ClaimError> {
        let status = self.status;
        let ok = allowed.contains(&status);
        ok.then_some(()).ok_or(ClaimError::Not { status, to_be })
    }
}

/// Where a claim stands.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub enum Status {
    #[default]
    Draft,
    Submitted,
    Rejected,
    Assessed,
    Paid,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Rejected => "rejected",
            Self::Assessed => "assessed",
            Self::Paid => "paid",
        })
    }
}

/// Why a claim refuses a command: the domain's own error, which the framework hands back as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    #[error("a claim must be over some amount")]
    NothingClaimed,
    #[error("a claim that is {status} cannot be {to_be}")]
    Not { status: Status, to_be: &'static str },
    #[error("{payable} cents are more than the {claimed} that were claimed")]
    OverClaimed { payable: u64, claimed: u64 },
}

#[cfg(test)]
mod tests {
    use event_sourcing::core::testing::Scenario;

    use super::*;

    fn created() -> ClaimEvent {
        let category = "dental".to_owned();
        ClaimEvent::ClaimCreated {
            category,
            amount: 1_000,
        }
    }

    fn submitted() -> Scenario<Claim> {
        Scenario::given([created(), ClaimEvent::ClaimSubmitted])
    }

    fn assessed() -> Scenario<Claim> {
        submitted().and_given([ClaimEvent::ClaimAssessed { payable: 800 }])
    }

    fn rejected() -> Scenario<Claim> {
        let reason = "invoice missing".to_owned();
        submitted().and_given([ClaimEvent::ClaimRejected { reason }])
    }

    #[test]
    fn a_claim_is_over_some_amount() {
        Scenario::<Claim>::given_nothing()
            .when(|_| Claim::create("dental", 1_000))
            .then([created()]);
        Scenario::<Claim>::given_nothing()
            .when(|_| Claim::create("dental", 0))
            .then_refused(ClaimError::NothingClaimed);
    }

    #[test]
    fn a_submitted_claim_cannot_be_submitted_again() {
        let status = Status::Submitted;
        let to_be = "submitted";
        submitted()
            .when(Claim::submit)
            .then_refused(ClaimError::Not { status, to_be });
    }

    #[test]
    fn a_rejected_claim_may_be_submitted_again() {
        rejected()
            .when(Claim::submit)
            .then([ClaimEvent::ClaimSubmitted])
            .then_state(|claim| assert_eq!(claim.status, Status::Submitted));
    }

    #[test]
    fn no_more_is_payable_than_was_claimed() {
        submitted()
            .when(|claim| claim.assess(1_000))
            .then([ClaimEvent::ClaimAssessed { payable: 1_000 }]);
        let (payable, claimed) = (1_001, 1_000);
        submitted()
            .when(|claim| claim.assess(1_001))
            .then_refused(ClaimError::OverClaimed { payable, claimed });
    }

    #[test]
    fn what_was_assessed_is_paid() {
        assessed()
            .when(Claim::pay)
            .then([ClaimEvent::ClaimPaid { amount: 800 }])
            .then_state(|claim| assert_eq!(claim.status, Status::Paid));
    }

    #[test]
    fn paying_twice_is_nothing_to_do() {
        assessed()
            .and_given([ClaimEvent::ClaimPaid { amount: 800 }])
            .when(Claim::pay)
            .then_nothing();
    }

    #[test]
    fn an_assessed_claim_cannot_be_rejected() {
        let status = Status::Assessed;
        let to_be = "rejected";
        assessed()
            .when(|claim| claim.reject("too late"))
            .then_refused(ClaimError::Not { status, to_be });
    }

    #[test]
    fn a_note_changes_nothing_but_their_number() {
        assessed()
            .when(|claim| claim.add_note("called"))
            .then_state(|claim| {
                assert_eq!((claim.notes, claim.status), (1, Status::Assessed));
            });
    }
}

/// Every shape of an event that was ever stored is in the file; a change that would leave one
/// unreadable fails here.
#[cfg(test)]
mod lock {
    use event_sourcing::versioning::{Upcasts, events_lock_test};

    use super::ClaimEvent;

    events_lock_test!("events.lock", ClaimEvent, Upcasts::none());
}
