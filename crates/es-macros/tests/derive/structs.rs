//! A struct is one event type.

use es_core::Event;
use serde::{Deserialize, Serialize};

use crate::json::{assert_content, read};

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
#[event(name = "ClaimPaid", version = "1.2")]
struct Paid {
    amount: u64,
    #[serde(default)]
    reference: String,
}

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
struct Reopened;

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
struct Rated(u8);

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
struct Moved(u8, u8);

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
#[serde(transparent)]
struct Wrapped {
    paid: Paid,
}

#[derive(Debug, Clone, PartialEq, Event, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
struct Percent {
    value: u8,
}

impl TryFrom<u8> for Percent {
    type Error = &'static str;

    fn try_from(value: u8) -> Result<Self, Self::Error> {
        if value > 100 {
            Err("more than everything")
        } else {
            Ok(Self { value })
        }
    }
}

impl From<Percent> for u8 {
    fn from(percent: Percent) -> Self {
        percent.value
    }
}

fn paid() -> Paid {
    Paid {
        amount: 5,
        reference: "R".into(),
    }
}

#[test]
fn a_struct_has_one_type() {
    assert_eq!(Paid::TYPES.len(), 1);
    assert_eq!(paid().type_tag().to_string(), "ClaimPaid 1.2");
    assert_eq!(Reopened.type_tag().to_string(), "Reopened 1.0");
}

#[test]
fn a_struct_is_written_as_serde_does() {
    assert_content(&paid(), r#"{"amount":5,"reference":"R"}"#);
    assert_content(&Rated(3), "3");
    assert_content(&Moved(1, 2), "[1,2]");
    assert_content(&Wrapped { paid: paid() }, r#"{"amount":5,"reference":"R"}"#);
}

#[test]
fn a_struct_without_fields_is_an_empty_struct_and_takes_later_fields() {
    assert_content(&Reopened, "{}");
    for content in ["null", r#"{"later":1}"#] {
        assert_eq!(read::<Reopened>(0, content).unwrap(), Reopened);
    }
}

#[test]
fn a_struct_may_be_checked_when_it_is_read() {
    assert_content(&Percent { value: 40 }, "40");
    let error = read::<Percent>(0, "140").unwrap_err().to_string();
    assert!(error.contains("more than everything"), "{error}");
}

#[test]
fn a_struct_has_no_second_type() {
    let expected = "a struct is one event type, and has none with index 1";
    for error in [read::<Rated>(1, "3").err(), read::<Reopened>(1, "{}").err()] {
        assert!(error.unwrap().to_string().contains(expected));
    }
}
