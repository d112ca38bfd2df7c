//! The derived code relies on no name that the user's module may have taken.

#![deny(warnings)]
#![allow(dead_code, reason = "these names are there to be in the way")]

mod es_core {
    pub(super) struct Event;
}

mod serde {
    pub(super) trait Serializer {}
}

mod core {}
mod std {}

struct Result;
struct Ok;
struct Err;
struct Option;
struct Privacy;
struct StandIns;
trait PersonalField {}
trait ToString {}
trait From {}
trait Clone {}
trait Send {}
trait Sync {}

#[derive(::es_core::Event, ::serde::Serialize, ::serde::Deserialize)]
enum S<D, const N: usize> {
    Created {
        event: D,
        r#type: u8,
    },
    r#Closed(u8, u16),
    #[deprecated]
    Reopened,
    Named {
        #[event(subject)]
        event: u8,
        #[event(personal)]
        privacy: ::es_core::Personal<u8>,
    },
    #[event(erased)]
    None,
    #[event(unknown)]
    Some(::es_core::RecordedEvent),
}

#[derive(::es_core::Event, ::serde::Serialize, ::serde::Deserialize)]
struct TypeTag;

#[test]
fn names_of_the_module_are_not_mistaken_for_those_of_the_library() {
    use ::es_core::Event;
    assert_eq!(S::<u8, 2>::TYPES[1].name, "Closed");
    assert_eq!(TypeTag::TYPES[0].name, "TypeTag");
}
