//! Generic event types.

use std::marker::PhantomData;

use es_core::Event;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::json::assert_content;

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
enum Changed<T> {
    Set { to: T },
    Swapped(T, T),
    Cleared,
}

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
#[serde(bound = "T: Serialize + DeserializeOwned")]
struct Filled<T, const SIDE: usize = 1>
where
    T: Copy,
{
    value: T,
    #[serde(skip)]
    side: PhantomData<[T; SIDE]>,
}

fn first_name<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> &'static str {
    Changed::<T>::TYPES[0].name.as_str()
}

#[test]
fn a_generic_enum_is_an_event_for_what_can_be_stored() {
    assert_content(&Changed::Set { to: "x".to_owned() }, r#"{"to":"x"}"#);
    assert_content(&Changed::Swapped(1, 2), "[1,2]");
    assert_content(&Changed::<Vec<u8>>::Cleared, "{}");
    assert_eq!(first_name::<u8>(), "Set");
}

#[test]
fn bounds_and_constants_are_passed_through() {
    let filled = Filled::<u8, 3> {
        value: 1,
        side: PhantomData,
    };
    assert_content(&filled, r#"{"value":1}"#);
}
