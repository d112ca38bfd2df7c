//! Names, versions and indices.

use es_core::{Event, TypeVersion};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize)]
enum ClaimEvent {
    Created {
        amount: u64,
    },
    #[event(name = "ClaimClosed", version = "2.10")]
    Closed(String),
    #[event(version = "0.1")]
    #[event(name = "Wiederer\u{f6}ffnet")]
    Reopened,
    r#Type,
}

fn names<E: Event>() -> Vec<String> {
    E::TYPES.iter().map(|tag| tag.to_string()).collect()
}

#[test]
fn types_are_listed_as_declared() {
    let expected = [
        "Created 1.0",
        "ClaimClosed 2.10",
        "Wiederer\u{f6}ffnet 0.1",
        "Type 1.0",
    ];
    assert_eq!(names::<ClaimEvent>(), expected);
}

#[test]
fn an_event_knows_its_type() {
    let closed = ClaimEvent::Closed("paid".into());
    assert_eq!(closed.type_index(), 1);
    assert_eq!(closed.type_tag().version, TypeVersion::new(2, 10));
    assert_eq!(ClaimEvent::Created { amount: 1 }.type_index(), 0);
    assert_eq!(ClaimEvent::Reopened.type_index(), 2);
    assert_eq!(ClaimEvent::r#Type.type_index(), 3);
}

#[test]
fn the_longest_name_is_256_bytes() {
    #[derive(Event, Serialize, Deserialize)]
    #[event(
        name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
                    xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    )]
    struct Long;

    assert_eq!(Long::TYPES[0].name.as_str().len(), 256);
}

#[test]
fn a_macro_may_write_the_attributes() {
    macro_rules! event {
        ($ident:ident, $name:literal, $version:expr) => {
            #[derive(Event, Serialize, Deserialize)]
            #[event(name = $name, version = $version)]
            struct $ident;
        };
    }
    event!(Paid, "ClaimPaid", "1.1");

    assert_eq!(names::<Paid>(), ["ClaimPaid 1.1"]);
}
