//! A claims office whose events hold personal data.

use es_core::memory::MemoryStore;
use es_core::{
    Aggregate, Append, Event, ExpectedVersion, NewEvent, Payload, Personal, Privacy, StreamId,
    TypeName, TypeVersion,
};
use es_serde::seal::{LocalKeys, SubjectKeys};
use es_serde::{Json, PackedStore};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Event, Serialize, Deserialize)]
pub(crate) enum ClaimEvent {
    ClaimCreated {
        #[event(subject)]
        claimant: String,
        #[event(personal)]
        diagnosis: Personal<String>,
        amount: u64,
    },
    ClaimPaid {
        amount: u64,
    },
    #[event(personal)]
    LetterReceived {
        #[event(subject)]
        claimant: String,
        text: String,
    },
    #[event(erased)]
    Erased,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Claim {
    pub(crate) claimant: String,
    pub(crate) diagnosis: Option<Personal<String>>,
    pub(crate) amount: u64,
    pub(crate) paid: u64,
    pub(crate) letters: Vec<String>,
    pub(crate) erased: u64,
}

impl Aggregate for Claim {
    const CATEGORY: &'static str = "Claim";
    type Event = ClaimEvent;

    fn apply(&mut self, event: &ClaimEvent) {
        match event.clone() {
            ClaimEvent::ClaimCreated {
                claimant,
                diagnosis,
                amount,
            } => {
                (self.claimant, self.amount) = (claimant, amount);
                self.diagnosis = Some(diagnosis);
            }
            ClaimEvent::ClaimPaid { amount } => self.paid += amount,
            ClaimEvent::LetterReceived { text, .. } => self.letters.push(text),
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
        diagnosis: Personal::new(format!("SECRET of {claimant}")),
        amount: 1_000,
    }
}

pub(crate) fn letter(claimant: &str) -> ClaimEvent {
    ClaimEvent::LetterReceived {
        claimant: claimant.to_owned(),
        text: "SECRET letter".to_owned(),
    }
}

pub(crate) const KEK: &str = "first:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(crate) const OTHER_KEK: &str = "second://///////////////////////////////////////wA=";

pub(crate) fn keys(store: &MemoryStore) -> SubjectKeys {
    SubjectKeys::new(store.clone(), LocalKeys::parse(KEK).unwrap())
}

/// A store, what is under it, and its keys.
pub(crate) fn packed() -> (PackedStore<MemoryStore>, MemoryStore, SubjectKeys) {
    let inner = MemoryStore::new();
    let keys = keys(&inner);
    (
        PackedStore::new(inner.clone()).with_keys(keys.clone()),
        inner,
        keys,
    )
}

pub(crate) fn claim(id: u64) -> StreamId {
    StreamId::new("Claim", id).unwrap()
}

/// An event about a subject as a whole.
pub(crate) fn whole(id: u128, subject: &str, data: &[u8]) -> NewEvent {
    let payload = Payload::new(Json::ID, TypeVersion::INITIAL, data.to_vec());
    let name = TypeName::from_static("Note");
    let event = NewEvent::new(es_core::EventId::new(Uuid::from_u128(id)), name, payload);
    event.with_privacy(Some(Privacy::of(subject)))
}

pub(crate) fn append(stream: u64, expected: ExpectedVersion, events: Vec<NewEvent>) -> Append {
    Append::new(claim(stream), expected, events).unwrap()
}
