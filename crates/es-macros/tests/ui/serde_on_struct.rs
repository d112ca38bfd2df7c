use es_core::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
struct Tagged {
    amount: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[serde(remote = "Tagged")]
struct Remote {
    amount: u64,
}

#[derive(Clone, Event, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
struct ConvertedUnit;

#[derive(Event, Deserialize)]
#[serde(try_from = "u64")]
struct CheckedUnit;

impl From<ConvertedUnit> for u64 {
    fn from(_: ConvertedUnit) -> Self {
        0
    }
}

impl From<u64> for ConvertedUnit {
    fn from(_: u64) -> Self {
        Self
    }
}

impl From<u64> for CheckedUnit {
    fn from(_: u64) -> Self {
        Self
    }
}

fn main() {}
