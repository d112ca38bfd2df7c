//! Whom an event is about, and what of it is personal.

use es_core::{Event, Personal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::json::write;

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
#[event(subject = "claimant")]
enum ClaimEvent {
    #[event(name = "ClaimCreated", version = "1.1")]
    Created {
        claimant: u32,
        #[event(personal)]
        name: Personal<String>,
        #[event(personal)]
        email: Option<Personal<String>>,
        amount: u64,
    },
    #[event(name = "ClaimRejected", personal)]
    Rejected {
        claimant: u32,
        reason: String,
    },
    Approved {
        claimant: u32,
    },
    Witnessed {
        claimant: u32,
        #[event(subject)]
        witness: String,
        #[event(personal)]
        statement: Personal<String>,
    },
    #[event(subject = "author", personal)]
    Noted {
        author: String,
        text: String,
    },
    #[event(personal)]
    Rated(u8, #[event(subject)] String),
    Closed {
        reason: String,
    },
    Reopened,
}

/// The only subject, and the fields.
#[track_caller]
fn assert_personal<E: Event>(event: &E, subject: &str, fields: Option<&[&str]>) {
    let privacy = event.privacy().unwrap();
    assert_eq!(privacy.subjects(), [subject]);
    assert_eq!(privacy.fields(), fields);
}

/// That the fields are among those that are stored.
#[track_caller]
fn assert_stored<E: Event>(event: &E) {
    let content: serde_json::Value = serde_json::from_str(&write(event)).unwrap();
    for field in event.privacy().unwrap().fields().unwrap() {
        assert!(content.get(*field).is_some(), "no {field} in {content}");
    }
}

fn created() -> ClaimEvent {
    ClaimEvent::Created {
        claimant: 7,
        name: "Jane".to_owned().into(),
        email: Some("jane@example.org".to_owned().into()),
        amount: 1_000,
    }
}

#[test]
fn marked_fields_are_about_the_subject_of_the_enum() {
    assert_personal(&created(), "7", Some(&["name", "email"]));
    assert_eq!(created().type_tag().to_string(), "ClaimCreated 1.1");
}

#[test]
fn all_of_a_marked_variant_is_personal() {
    let rejected = ClaimEvent::Rejected {
        claimant: 7,
        reason: "ill".to_owned(),
    };
    assert_personal(&rejected, "7", None);
    assert_personal(&ClaimEvent::Rated(1, "jane".to_owned()), "jane", None);
}

#[test]
fn a_variant_names_another_subject_than_its_enum() {
    let witnessed = ClaimEvent::Witnessed {
        claimant: 7,
        witness: "joe".to_owned(),
        statement: "seen".to_owned().into(),
    };
    assert_personal(&witnessed, "joe", Some(&["statement"]));
    let noted = ClaimEvent::Noted {
        author: "ann".to_owned(),
        text: "later".to_owned(),
    };
    assert_personal(&noted, "ann", None);
}

#[test]
fn what_is_not_marked_is_not_personal() {
    let reason = "paid".to_owned();
    assert_eq!(ClaimEvent::Approved { claimant: 7 }.privacy(), None);
    assert_eq!(ClaimEvent::Closed { reason }.privacy(), None);
    assert_eq!(ClaimEvent::Reopened.privacy(), None);
}

#[derive(Event, Serialize, Deserialize)]
struct Registered {
    #[event(subject)]
    id: String,
    #[event(personal)]
    r#type: Personal<String>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "Renamed", subject = "id")]
struct WithName {
    id: u8,
    #[event(personal)]
    name: Personal<String>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(version = "2.0", personal)]
struct Letter(#[event(subject)] String, String);

#[derive(Event, Serialize, Deserialize)]
#[event(personal)]
struct Answered<T> {
    #[event(subject)]
    id: u8,
    answer: T,
}

#[derive(Event, Serialize, Deserialize)]
#[serde(bound = "T: Serialize + DeserializeOwned")]
struct Asked<T> {
    #[event(subject)]
    id: u8,
    #[event(personal)]
    question: Personal<T>,
}

#[test]
fn a_struct_is_personal_as_a_variant_is() {
    let id = "jane".to_owned();
    let r#type = "person".to_owned().into();
    assert_personal(&Registered { id, r#type }, "jane", Some(&["type"]));
    let name = "Jane".to_owned().into();
    assert_personal(&WithName { id: 7, name }, "7", Some(&["name"]));
    assert_personal(&Letter("jane".to_owned(), "dear".to_owned()), "jane", None);
}

#[test]
fn a_generic_type_is_personal_for_every_argument() {
    assert_personal(&Answered { id: 1, answer: 'y' }, "1", None);
    let question = "why".to_owned().into();
    assert_personal(&Asked { id: 1, question }, "1", Some(&["question"]));
}

/// One variant for each rule of serde's, with the name that it makes of `full_name`.
macro_rules! renamed {
    ($($variant:ident $rule:literal $name:literal,)*) => {
        #[derive(Event, Serialize, Deserialize)]
        enum Renamed {
            $(
                #[event(subject = "id")]
                #[serde(rename_all = $rule)]
                $variant {
                    id: u8,
                    #[event(personal)]
                    full_name: Personal<u8>,
                    #[event(personal)]
                    _e_2mail__: Personal<u8>,
                },
            )*
        }

        #[test]
        fn fields_have_the_names_that_serde_makes_of_them() {
            $({
                let (full_name, _e_2mail__) = (1.into(), 2.into());
                let event = Renamed::$variant { id: 7, full_name, _e_2mail__ };
                assert_eq!(event.privacy().unwrap().fields().unwrap()[0], $name);
                assert_stored(&event);
            })*
        }
    };
}

renamed! {
    Lower "lowercase" "full_name",
    Upper "UPPERCASE" "FULL_NAME",
    Pascal "PascalCase" "FullName",
    Camel "camelCase" "fullName",
    Snake "snake_case" "full_name",
    ScreamingSnake "SCREAMING_SNAKE_CASE" "FULL_NAME",
    Kebab "kebab-case" "full-name",
    ScreamingKebab "SCREAMING-KEBAB-CASE" "FULL-NAME",
}

#[derive(Event, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE", rename_all_fields = "camelCase")]
#[event(subject = "id")]
enum Nested {
    ByEnum {
        id: u8,
        #[event(personal)]
        full_name: Personal<u8>,
    },
    #[serde(rename_all(serialize = "kebab-case", deserialize = "kebab-case"))]
    NamedByVariant {
        id: u8,
        #[event(personal)]
        full_name: Personal<u8>,
    },
    FieldByField {
        id: u8,
        #[event(personal)]
        #[serde(rename = "Name", alias = "name")]
        full_name: Personal<u8>,
        #[event(personal)]
        #[serde(rename(serialize = "born", deserialize = "born"))]
        date_of_birth: Personal<u8>,
        #[event(personal)]
        #[serde(rename(deserialize = "lives"))]
        home_address: Personal<u8>,
    },
}

#[derive(Event, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfTheStruct {
    #[event(subject)]
    user_id: u8,
    #[event(personal)]
    full_name: Personal<u8>,
}

#[derive(Clone, Event, Serialize, Deserialize)]
#[serde(from = "Wire", into = "Wire")]
struct Converted {
    #[event(subject)]
    id: u8,
    #[event(personal = "fullName")]
    full_name: Personal<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: u8,
    full_name: Personal<u8>,
}

impl From<Wire> for Converted {
    fn from(Wire { id, full_name }: Wire) -> Self {
        Self { id, full_name }
    }
}

impl From<Converted> for Wire {
    fn from(Converted { id, full_name }: Converted) -> Self {
        Self { id, full_name }
    }
}

#[test]
fn the_name_nearest_to_the_field_is_taken() {
    let full_name = || Personal::new(1);
    let events = [
        Nested::ByEnum {
            id: 7,
            full_name: full_name(),
        },
        Nested::NamedByVariant {
            id: 7,
            full_name: full_name(),
        },
        Nested::FieldByField {
            id: 7,
            full_name: full_name(),
            date_of_birth: full_name(),
            home_address: full_name(),
        },
    ];
    let names: [&[&str]; 3] = [
        &["fullName"],
        &["full-name"],
        &["Name", "born", "homeAddress"],
    ];
    for (event, names) in events.iter().zip(names) {
        assert_personal(event, "7", Some(names));
        assert_stored(event);
    }
    let of_the_struct = OfTheStruct {
        user_id: 7,
        full_name: full_name(),
    };
    assert_personal(&of_the_struct, "7", Some(&["fullName"]));
    assert_stored(&of_the_struct);
}

#[test]
fn a_name_that_serde_does_not_tell_is_given() {
    let converted = Converted {
        id: 7,
        full_name: 1.into(),
    };
    assert_personal(&converted, "7", Some(&["fullName"]));
    assert_stored(&converted);
}
