//! The claim that the tests give commands to.

use es_core::{Aggregate, Event, Repository, memory::MemoryStore};
use es_serde::Json;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
pub(crate) enum ClaimEvent {
    ClaimCreated { amount: u64 },
    ClaimSubmitted,
    NoteAdded { text: String },
}

#[derive(Default, Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claim {
    pub(crate) amount: u64,
    pub(crate) submitted: bool,
    pub(crate) notes: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the claim was submitted already")]
pub(crate) struct SubmittedAlready;

impl Aggregate for Claim {
    const CATEGORY: &'static str = "Claim";
    type Event = ClaimEvent;

    fn apply(&mut self, event: &ClaimEvent) {
        match event {
            ClaimEvent::ClaimCreated { amount } => self.amount = *amount,
            ClaimEvent::ClaimSubmitted => self.submitted = true,
            ClaimEvent::NoteAdded { .. } => self.notes += 1,
        }
    }
}

impl Claim {
    pub(crate) fn submit(&self) -> Result<ClaimEvent, SubmittedAlready> {
        if self.submitted {
            Err(SubmittedAlready)
        } else {
            Ok(ClaimEvent::ClaimSubmitted)
        }
    }

    /// Submits it unless that is done, which is no error.
    pub(crate) fn ensure_submitted(&self) -> Result<Option<ClaimEvent>, SubmittedAlready> {
        Ok((!self.submitted).then_some(ClaimEvent::ClaimSubmitted))
    }

    pub(crate) fn add_note(&self) -> Result<ClaimEvent, SubmittedAlready> {
        Ok(ClaimEvent::NoteAdded {
            text: format!("note {}", self.notes + 1),
        })
    }
}

pub(crate) fn created(amount: u64) -> ClaimEvent {
    ClaimEvent::ClaimCreated { amount }
}

pub(crate) fn notes(count: usize) -> Vec<ClaimEvent> {
    (0..count)
        .map(|n| ClaimEvent::NoteAdded {
            text: format!("note {n}"),
        })
        .collect()
}

pub(crate) fn claims(store: &MemoryStore) -> Repository<Claim> {
    Repository::new(store.clone(), Json)
}
