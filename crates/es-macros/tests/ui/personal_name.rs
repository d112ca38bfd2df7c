use es_core::{Event, Personal};
use serde::{Deserialize, Serialize};

#[derive(Clone, Event, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
struct Converted {
    #[event(subject)]
    holder: u32,
    #[event(personal)]
    name: Personal<String>,
}

#[derive(Event, Serialize, Deserialize)]
#[serde(transparent)]
struct Transparent {
    #[serde(skip)]
    #[event(subject)]
    holder: u32,
    #[event(personal)]
    name: Personal<String>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(subject = "holder")]
enum ClaimEvent {
    #[serde(with = "wire")]
    Created {
        holder: u32,
        #[event(personal)]
        name: Personal<String>,
    },
    Closed {
        holder: u32,
        #[event(personal)]
        #[serde(flatten)]
        name: Personal<String>,
        #[event(personal)]
        #[serde(skip, default = "nobody")]
        email: Personal<String>,
        #[event(personal)]
        #[serde(skip_serializing)]
        phone: Personal<String>,
    },
}

fn nobody() -> Personal<String> {
    Personal::Erased
}

fn main() {}
