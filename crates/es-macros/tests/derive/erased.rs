//! Content through `dyn` formats.

use es_core::Event;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
enum ClaimEvent {
    Created { amount: u64, size: i128 },
    Rated(u8),
    Moved(u8, String),
    Reopened,
}

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
struct Paid;

/// An event's content, as a codec takes it.
struct Content<'a, E>(&'a E);

impl<E: Event> Serialize for Content<'_, E> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_content(serializer)
    }
}

fn write<E: Event>(event: &E) -> String {
    let mut json = serde_json::Serializer::new(Vec::new());
    let content: &dyn erased_serde::Serialize = &Content(event);
    content
        .erased_serialize(&mut <dyn erased_serde::Serializer>::erase(&mut json))
        .unwrap();
    String::from_utf8(json.into_inner()).unwrap()
}

fn read<E: Event>(index: usize, json: &str) -> Result<E, erased_serde::Error> {
    let mut json = serde_json::Deserializer::from_str(json);
    let format: &mut dyn erased_serde::Deserializer<'_> =
        &mut <dyn erased_serde::Deserializer<'_>>::erase(&mut json);
    E::deserialize_content(index, format)
}

#[track_caller]
fn assert_content<E: Event + std::fmt::Debug + PartialEq>(event: &E, content: &str) {
    assert_eq!(write(event), content);
    assert_eq!(&read::<E>(event.type_index(), content).unwrap(), event);
}

#[test]
fn every_kind_passes_a_dyn_format() {
    assert_content(
        &ClaimEvent::Created {
            amount: 1,
            size: -2,
        },
        r#"{"amount":1,"size":-2}"#,
    );
    assert_content(&ClaimEvent::Rated(3), "3");
    assert_content(&ClaimEvent::Moved(1, "x".into()), r#"[1,"x"]"#);
    assert_content(&ClaimEvent::Reopened, "{}");
    assert_content(&Paid, "{}");
}

#[test]
fn a_variant_without_fields_takes_null_and_later_fields() {
    for content in ["null", r#"{"later":{"deep":1}}"#] {
        assert_eq!(
            read::<ClaimEvent>(3, content).unwrap(),
            ClaimEvent::Reopened
        );
    }
}
