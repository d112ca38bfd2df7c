use es_core::{Event, Personal};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum ClaimEvent {
    Created {
        #[event(subject)]
        holder: u32,
        #[event(personal)]
        name: String,
    },
}

#[derive(Event, Serialize, Deserialize)]
#[serde(bound = "T: Serialize + serde::de::DeserializeOwned")]
struct ClaimPaid<T> {
    #[event(subject)]
    holder: Option<u32>,
    #[event(personal)]
    to: T,
    #[event(personal)]
    from: Personal<T>,
}

fn main() {}
