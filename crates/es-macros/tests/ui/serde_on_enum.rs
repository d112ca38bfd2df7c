use es_core::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
#[serde(tag = "type")]
enum InternallyTagged {
    Created { amount: u64 },
}

#[derive(Event, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
enum AdjacentlyTagged {
    Created { amount: u64 },
}

#[derive(Event, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Created { amount: u64 },
}

#[derive(Clone, Event, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
enum Converted {
    Created { amount: u64 },
}

#[derive(Event, Deserialize)]
#[serde(try_from = "u64")]
enum Checked {
    Created { amount: u64 },
}

#[derive(Event, Serialize, Deserialize)]
#[serde(remote = "Untagged")]
enum Remote {
    Created { amount: u64 },
}

#[derive(Event, Deserialize)]
#[serde(variant_identifier)]
enum VariantIdentifier {
    Created,
}

#[derive(Event, Deserialize)]
#[serde(field_identifier)]
enum FieldIdentifier {
    Created,
}

impl From<Converted> for u64 {
    fn from(_: Converted) -> Self {
        0
    }
}

impl From<u64> for Converted {
    fn from(amount: u64) -> Self {
        Self::Created { amount }
    }
}

impl From<u64> for Checked {
    fn from(amount: u64) -> Self {
        Self::Created { amount }
    }
}

fn main() {}
