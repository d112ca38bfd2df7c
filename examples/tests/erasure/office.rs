//! A claims office whose events hold personal data.

use event_sourcing::core::{Personal, Privacy};
use event_sourcing::{Aggregate, Event};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Event, Serialize, Deserialize)]
pub(crate) enum ClaimEvent {
    ClaimCreated {
        #[event(subject)]
        claimant: String,
        #[event(personal)]
        diagnosis: Personal<String>,
        amount: u64,
    },
    #[event(personal)]
    LetterReceived {
        #[event(subject)]
        claimant: String,
        text: String,
    },
    ClaimPaid {
        amount: u64,
    },
    #[event(erased)]
    Erased,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claim {
    pub(crate) claimant: String,
    pub(crate) diagnosis: Option<Personal<String>>,
    pub(crate) letters: Vec<String>,
    pub(crate) erased: u64,
    pub(crate) paid: u64,
}

impl Aggregate for Claim {
    const CATEGORY: &'static str = "Claim";
    type Event = ClaimEvent;

    fn apply(&mut self, event: &ClaimEvent) {
        match event.clone() {
            ClaimEvent::ClaimCreated {
                claimant,
                diagnosis,
                ..
            } => (self.claimant, self.diagnosis) = (claimant, Some(diagnosis)),
            ClaimEvent::LetterReceived { text, .. } => self.letters.push(text),
            ClaimEvent::ClaimPaid { amount } => self.paid += amount,
            ClaimEvent::Erased => self.erased += 1,
        }
    }

    fn privacy(&self) -> Option<Privacy> {
        Some(Privacy::of(&*self.claimant))
    }
}

pub(crate) fn created(claimant: &str) -> ClaimEvent {
    ClaimEvent::ClaimCreated {
        claimant: claimant.to_owned(),
        diagnosis: Personal::new(format!("diagnosis of {claimant}")),
        amount: 1_000,
    }
}

pub(crate) fn letter(claimant: &str) -> ClaimEvent {
    ClaimEvent::LetterReceived {
        claimant: claimant.to_owned(),
        text: format!("letter of {claimant}"),
    }
}
