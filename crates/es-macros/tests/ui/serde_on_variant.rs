use es_core::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum ClaimEvent {
    #[serde(rename = "created", skip)]
    Skipped,
    #[serde(skip_serializing)]
    NotWritten,
    #[serde(skip_deserializing)]
    NotRead,
    #[serde(untagged)]
    Untagged { amount: u64 },
}

#[derive(Event, Deserialize)]
enum WithOther {
    Created,
    #[serde(other)]
    Unknown,
}

fn main() {}
