//! serde's attributes keep their meaning inside the content.

use std::collections::BTreeMap;

use es_core::Event;
use serde::{Deserialize, Serialize};

use crate::json::{assert_content, read, write};

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum ClaimEvent {
    #[serde(alias = "opened", alias = "begun")]
    Created {
        amount_in_cents: u64,
        #[serde(rename = "by")]
        holder: String,
    },
    #[serde(rename = "settled")]
    Paid {
        #[serde(default)]
        reference: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[serde(with = "text")]
        amount: u64,
        #[serde(skip)]
        cached: u8,
    },
    Closed {
        #[serde(alias = "why")]
        reason: String,
    },
    Tagged {
        id: u8,
        #[serde(flatten)]
        tags: BTreeMap<String, String>,
    },
    #[serde(with = "text")]
    Rated(u64),
    Moved(u8, #[serde(default)] u8),
}

mod text {
    //! A number as text.

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(Error::custom)
    }
}

fn paid(reference: &str, note: Option<&str>) -> ClaimEvent {
    let (reference, note) = (reference.to_owned(), note.map(str::to_owned));
    ClaimEvent::Paid {
        reference,
        note,
        amount: 7,
        cached: 0,
    }
}

#[test]
fn renamed_fields_are_written_renamed() {
    let created = ClaimEvent::Created {
        amount_in_cents: 1,
        holder: "A".into(),
    };
    assert_content(&created, r#"{"amountInCents":1,"by":"A"}"#);
}

#[test]
fn serdes_names_of_variants_play_no_part() {
    let names: Vec<_> = ClaimEvent::TYPES
        .iter()
        .map(|tag| tag.name.as_str())
        .collect();
    assert_eq!(
        names,
        ["Created", "Paid", "Closed", "Tagged", "Rated", "Moved"]
    );
    assert_content(
        &paid("R", Some("n")),
        r#"{"reference":"R","note":"n","amount":"7"}"#,
    );
}

#[test]
fn fields_are_skipped_and_defaulted() {
    assert_content(&paid("", None), r#"{"reference":"","amount":"7"}"#);
    assert_eq!(
        read::<ClaimEvent>(1, r#"{"amount":"7"}"#).unwrap(),
        paid("", None)
    );

    let cached = ClaimEvent::Paid {
        reference: String::new(),
        note: None,
        amount: 7,
        cached: 9,
    };
    assert_eq!(write(&cached), r#"{"reference":"","amount":"7"}"#);
}

#[test]
fn a_field_is_read_by_its_alias() {
    let closed = ClaimEvent::Closed {
        reason: "paid".into(),
    };
    assert_content(&closed, r#"{"reason":"paid"}"#);
    assert_eq!(read::<ClaimEvent>(2, r#"{"why":"paid"}"#).unwrap(), closed);
}

#[test]
fn fields_are_flattened() {
    let tags = BTreeMap::from([("colour".to_owned(), "red".to_owned())]);
    assert_content(
        &ClaimEvent::Tagged { id: 1, tags },
        r#"{"id":1,"colour":"red"}"#,
    );
}

#[test]
fn a_variant_is_converted() {
    assert_content(&ClaimEvent::Rated(5), r#""5""#);
}

#[test]
fn a_tuple_is_defaulted() {
    assert_content(&ClaimEvent::Moved(1, 2), "[1,2]");
    assert_eq!(
        read::<ClaimEvent>(5, "[1]").unwrap(),
        ClaimEvent::Moved(1, 0)
    );
}

#[test]
fn unknown_fields_are_denied_where_serde_is_told_to() {
    #[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    enum Strict {
        Created { amount: u64 },
    }

    let error = read::<Strict>(0, r#"{"amount":1,"later":2}"#)
        .unwrap_err()
        .to_string();
    assert!(error.contains("unknown field `later`"), "{error}");
}
