use es_core::Event;
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum ClaimEvent {
    #[event(unknown)]
    Unknown(String),
}

fn main() {}
