//! es-core is found where the attribute says.

use serde::{Deserialize, Serialize};

use crate::json::assert_content;
use framework::vocabulary::Event;

mod framework {
    pub(super) mod vocabulary {
        pub(crate) use es_core::{__private, Event, TypeName, TypeTag, TypeVersion};
    }
}

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
#[event(crate = "crate::another_path::framework::vocabulary")]
enum ClaimEvent {
    Created { amount: u64 },
}

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
#[event(crate = "::es_core", name = "ClaimPaid")]
struct Paid;

#[test]
fn the_path_may_be_given() {
    assert_content(&ClaimEvent::Created { amount: 1_000 }, r#"{"amount":1000}"#);
    assert_eq!(Paid::TYPES[0].name, "ClaimPaid");
}
