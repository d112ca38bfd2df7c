//! The content of every kind of variant.

use es_core::Event;
use serde::{Deserialize, Serialize};

use crate::json::{assert_content, read};

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
enum ClaimEvent {
    Created {
        amount: u64,
    },
    Closed {
        reason: Option<Reason>,
        notes: Vec<String>,
    },
    Paid(Payment),
    Rated(u8),
    Moved(String, (i32, i32)),
    Reopened,
    Archived {},
    Touched(),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Reason {
    Fraud,
    Other { text: String },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Payment {
    amount: u64,
    reference: String,
}

const REOPENED: usize = 5;

#[test]
fn fields_in_braces_are_a_struct_without_the_name() {
    assert_content(&ClaimEvent::Created { amount: 1_000 }, r#"{"amount":1000}"#);
    assert_content(&ClaimEvent::Archived {}, "{}");
}

#[test]
fn enums_inside_the_content_keep_their_names() {
    let notes = vec!["seen".to_owned()];
    let fraud = ClaimEvent::Closed {
        reason: Some(Reason::Fraud),
        notes,
    };
    assert_content(&fraud, r#"{"reason":"Fraud","notes":["seen"]}"#);

    let reason = Some(Reason::Other {
        text: "lost".into(),
    });
    let other = ClaimEvent::Closed {
        reason,
        notes: Vec::new(),
    };
    assert_content(&other, r#"{"reason":{"Other":{"text":"lost"}},"notes":[]}"#);
}

#[test]
fn one_field_in_parentheses_is_its_value() {
    let payment = Payment {
        amount: 5,
        reference: "R".into(),
    };
    assert_content(
        &ClaimEvent::Paid(payment),
        r#"{"amount":5,"reference":"R"}"#,
    );
    assert_content(&ClaimEvent::Rated(3), "3");
}

#[test]
fn several_fields_in_parentheses_are_a_tuple() {
    assert_content(
        &ClaimEvent::Moved("north".into(), (1, -1)),
        r#"["north",[1,-1]]"#,
    );
    assert_content(&ClaimEvent::Touched(), "[]");
}

#[test]
fn a_variant_without_fields_is_an_empty_struct() {
    assert_content(&ClaimEvent::Reopened, "{}");
}

#[test]
fn a_variant_without_fields_takes_null_and_later_fields() {
    for content in [
        "{}",
        "null",
        "[]",
        r#"{"later":1}"#,
        r#"{"later":{"deep":[1,{}]},"more":null}"#,
    ] {
        let read: ClaimEvent = read(REOPENED, content).unwrap();
        assert_eq!(read, ClaimEvent::Reopened, "from {content}");
    }
}

#[test]
fn a_variant_without_fields_refuses_a_value() {
    for content in ["7", r#""Reopened""#, "true"] {
        let error = read::<ClaimEvent>(REOPENED, content)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("expected an event without fields"),
            "{error}"
        );
    }
}

#[test]
fn content_of_another_shape_is_refused() {
    let error = read::<ClaimEvent>(0, r#"{"amount":"many"}"#)
        .unwrap_err()
        .to_string();
    assert!(error.contains("invalid type: string"), "{error}");
    let error = read::<ClaimEvent>(0, "{}").unwrap_err().to_string();
    assert!(error.contains("missing field `amount`"), "{error}");
    assert!(read::<ClaimEvent>(0, r#"{"Created":{"amount":1}}"#).is_err());
}

#[test]
fn an_index_out_of_range_is_refused() {
    for index in [ClaimEvent::TYPES.len(), usize::MAX] {
        assert!(read::<ClaimEvent>(index, "{}").is_err());
    }
}

#[test]
fn hand_written_serde_of_another_form_is_refused() {
    #[derive(Event)]
    enum Level {
        High,
    }
    impl Serialize for Level {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str("high")
        }
    }
    impl<'de> Deserialize<'de> for Level {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            String::deserialize(deserializer).map(|_| Self::High)
        }
    }

    let mut json = serde_json::Serializer::new(Vec::new());
    let written = Level::High
        .serialize_content(&mut json)
        .unwrap_err()
        .to_string();
    assert!(written.contains("must be externally tagged"), "{written}");
    let read = read::<Level>(0, r#""high""#).err().unwrap().to_string();
    assert!(read.contains("must be externally tagged"), "{read}");
}
