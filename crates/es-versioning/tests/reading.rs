//! Events of other versions on their way from a store to a program.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a helper of a test fails the test"
)]

use std::sync::{Arc, Mutex};

use es_core::memory::MemoryStore;
use es_core::{
    Aggregate, Append, Clock, CodecId, CodecSet, DecodeFailure, Event, EventCoding, EventId,
    EventStore, ExpectedVersion, IdGenerator, NewEvent, OnUnknown, Payload, PayloadFlags, Position,
    RecordedEvent, Repository, StandIns, StreamId, StreamVersion, SystemClock, TimeOrderedIds,
    TypeName, TypeTag, TypeVersion, UnknownEvents, Upcast, UpcastError,
};
use es_serde::Json;
use es_versioning::{Upcasts, add_field, for_event, part, remove_field, rename_field, unchanged};
use proptest::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[allow(
    clippy::enum_variant_names,
    reason = "the name of a stored event says what it is of"
)]
#[derive(Event, Serialize, Deserialize, Debug, Clone, PartialEq)]
enum ClaimEvent {
    #[event(version = "2.0")]
    ClaimCreated {
        amount: u64,
        category: String,
    },
    ClaimAssessed {
        amount: u64,
    },
    ClaimApproved {
        by: String,
    },
}

use ClaimEvent::{ClaimApproved, ClaimAssessed, ClaimCreated};

fn upcasts() -> Upcasts {
    Upcasts::new()
        .event(
            for_event("ClaimCreated")
                .current("2.0")
                .upcast("1.0", "2.0", add_field("category", "general"))
                .downcast("2.0", "1.0", remove_field("category"))
                .loses(["category"]),
        )
        .event(for_event("ClaimAssessed").current("1.0"))
        .event(for_event("ClaimApproved").current("1.0"))
        .event(for_event("ClaimSettled").split(
            "1.0",
            [
                part("ClaimAssessed", "1.0", remove_field("by")),
                part("ClaimApproved", "1.0", remove_field("amount")),
            ],
        ))
        .event(for_event("ClaimOpened").becomes(
            "1.0",
            "ClaimCreated",
            "1.0",
            rename_field("sum", "amount"),
        ))
        .event(for_event("ClaimRated").renamed_to("ClaimAssessed"))
        .event(for_event("ClaimViewed").dropped())
        .build()
        .unwrap()
}

fn codecs() -> CodecSet {
    CodecSet::new(Json).with_upcasts(upcasts())
}

fn new_event(name: &str, version: &str, json: &str) -> NewEvent {
    let payload = Payload::new(Json::ID, version.parse().unwrap(), json.as_bytes().to_vec());
    let id = EventId::new(TimeOrderedIds.next_id());
    NewEvent::new(id, TypeName::new(name).unwrap(), payload)
}

fn recorded(name: &str, version: &str, json: &str) -> RecordedEvent {
    RecordedEvent::new(
        Position::new(7),
        StreamId::new("Claim", "42").unwrap(),
        StreamVersion::FIRST,
        SystemClock.now(),
        new_event(name, version, json),
    )
}

fn read(event: &RecordedEvent) -> Vec<ClaimEvent> {
    codecs().decode_event(event).unwrap().collect()
}

fn created(amount: u64, category: &str) -> ClaimEvent {
    let category = category.to_owned();
    ClaimCreated { amount, category }
}

#[test]
fn old_events_are_read_as_the_program_knows_them() {
    for (name, version, json, expected) in [
        (
            "ClaimCreated",
            "1.0",
            r#"{"amount":1}"#,
            vec![created(1, "general")],
        ),
        (
            "ClaimCreated",
            "2.0",
            r#"{"amount":1,"category":"x"}"#,
            vec![created(1, "x")],
        ),
        (
            "ClaimOpened",
            "1.0",
            r#"{"sum":2}"#,
            vec![created(2, "general")],
        ),
        (
            "ClaimSettled",
            "1.0",
            r#"{"amount":3,"by":"Eve"}"#,
            vec![
                ClaimAssessed { amount: 3 },
                ClaimApproved { by: "Eve".into() },
            ],
        ),
        (
            "ClaimRated",
            "1.0",
            r#"{"amount":4}"#,
            vec![ClaimAssessed { amount: 4 }],
        ),
        ("ClaimViewed", "1.0", r#"{"anything":[]}"#, vec![]),
        ("ClaimViewed", "9.3", "not even JSON", vec![]),
    ] {
        assert_eq!(
            read(&recorded(name, version, json)),
            expected,
            "{name} {version}"
        );
    }
}

/// Counts what was applied, which shows what a stored event became.
#[derive(Debug, Default, PartialEq)]
struct Claim {
    amount: u64,
    category: String,
    assessed: u64,
    approved_by: Option<String>,
    applied: usize,
}

impl Aggregate for Claim {
    const CATEGORY: &'static str = "Claim";
    type Event = ClaimEvent;

    fn apply(&mut self, event: &ClaimEvent) {
        self.applied += 1;
        match event {
            ClaimCreated { amount, category } => {
                self.amount = *amount;
                self.category.clone_from(category);
            }
            ClaimAssessed { amount } => self.assessed = *amount,
            ClaimApproved { by } => self.approved_by = Some(by.clone()),
        }
    }
}

async fn store_with(events: Vec<NewEvent>) -> MemoryStore {
    let store = MemoryStore::new();
    let stream = StreamId::new("Claim", "42").unwrap();
    let append = Append::new(stream, ExpectedVersion::NoStream, events);
    store.append(append.unwrap()).await.unwrap();
    store
}

#[tokio::test]
async fn a_repository_loads_a_history_of_all_versions_and_goes_on() {
    let store = store_with(vec![
        new_event("ClaimCreated", "1.0", r#"{"amount":1000}"#),
        new_event("ClaimViewed", "1.0", "{}"),
        new_event("ClaimSettled", "1.0", r#"{"amount":900,"by":"Eve"}"#),
    ])
    .await;
    let claims = Repository::<Claim>::new(store.clone(), codecs());
    let root = claims.load("42").await.unwrap();
    let expected = Claim {
        amount: 1_000,
        category: "general".into(),
        assessed: 900,
        approved_by: Some("Eve".into()),
        applied: 3,
    };
    assert_eq!(*root.state(), expected);
    assert_eq!(root.version(), StreamVersion::new(3));

    let assess = |_: &Claim| Ok::<_, String>(ClaimAssessed { amount: 5 });
    claims.execute("42", assess).await.unwrap();
    let root = claims.load("42").await.unwrap();
    assert_eq!(
        (root.state().assessed, root.version()),
        (5, StreamVersion::new(4))
    );

    // What was stored is as it was.
    let head = store.head().await.unwrap();
    assert_eq!(head, Position::new(4));
    let stream = StreamId::new("Claim", "42").unwrap();
    let page = store
        .read_stream(&stream, es_core::StreamRange::all())
        .await
        .unwrap();
    assert_eq!(&page.events[0].payload.data[..], br#"{"amount":1000}"#);
    assert_eq!(page.events[0].payload.version, TypeVersion::INITIAL);
}

/// As `ClaimEvent`, by hand, with room for what it does not know.
#[derive(Debug, Clone, PartialEq)]
enum Tolerant {
    Assessed(u64),
    Unknown(String),
}

impl Event for Tolerant {
    const TYPES: &'static [TypeTag] = &[
        TypeTag::new(TypeName::from_static("ClaimAssessed"), TypeVersion::INITIAL),
        TypeTag::new(TypeName::from_static("Unknown"), TypeVersion::INITIAL),
    ];
    const STAND_INS: StandIns = StandIns {
        erased: None,
        unknown: Some(1),
    };

    fn type_index(&self) -> usize {
        usize::from(matches!(self, Self::Unknown(_)))
    }

    fn serialize_content<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Assessed(amount) => serializer.serialize_u64(*amount),
            Self::Unknown(_) => Err(serde::ser::Error::custom("a stand-in")),
        }
    }

    fn deserialize_content<'de, D: Deserializer<'de>>(_: usize, d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Content {
            amount: u64,
        }
        Content::deserialize(d).map(|content| Self::Assessed(content.amount))
    }

    fn unknown(event: &RecordedEvent) -> Option<Self> {
        Some(Self::Unknown(event.type_tag().to_string()))
    }
}

#[derive(Debug, Clone, Default)]
struct Skipped(Arc<Mutex<Vec<String>>>);

impl UnknownEvents for Skipped {
    fn skipped(&self, event: &RecordedEvent, _: &DecodeFailure) {
        self.0.lock().unwrap().push(event.type_tag().to_string());
    }
}

#[test]
fn what_no_rule_leads_from_is_left_to_the_policy() {
    let unknown = recorded("ClaimCreated", "7.0", "{}");
    let stop = codecs().decode_event::<Tolerant>(&unknown).unwrap_err();
    assert!(
        matches!(*stop.failure, DecodeFailure::UnknownType { .. }),
        "{stop:?}"
    );

    let skipped = Skipped::default();
    let skip = codecs().on_unknown(OnUnknown::Skip(Arc::new(skipped.clone())));
    assert_eq!(skip.decode_event::<Tolerant>(&unknown).unwrap().len(), 0);
    assert_eq!(*skipped.0.lock().unwrap(), ["ClaimCreated 7.0"]);

    let raw = codecs().on_unknown(OnUnknown::Raw);
    let read: Vec<Tolerant> = raw.decode_event(&unknown).unwrap().collect();
    assert_eq!(read, [Tolerant::Unknown("ClaimCreated 7.0".into())]);
}

#[test]
fn what_rules_lead_to_is_read_whatever_the_policy() {
    for policy in [
        OnUnknown::Stop,
        OnUnknown::Skip(Arc::new(Skipped::default())),
        OnUnknown::Raw,
    ] {
        let codecs = codecs().on_unknown(policy);
        let renamed = recorded("ClaimRated", "1.0", r#"{"amount":4}"#);
        let read: Vec<Tolerant> = codecs.decode_event(&renamed).unwrap().collect();
        assert_eq!(read, [Tolerant::Assessed(4)]);
        assert_eq!(
            codecs
                .decode_event::<Tolerant>(&recorded("ClaimViewed", "1.0", "{}"))
                .unwrap()
                .len(),
            0
        );
    }
}

/// One part of a split that a reader does not know makes the whole unknown to it: it cannot know
/// what it would miss.
#[test]
fn a_split_into_something_unknown_is_unknown() {
    let settled = recorded("ClaimSettled", "1.0", r#"{"amount":3,"by":"Eve"}"#);
    let error = codecs().decode_event::<Tolerant>(&settled).unwrap_err();
    assert!(matches!(*error.failure, DecodeFailure::UnknownType { .. }));
}

#[test]
fn a_rule_that_does_not_fit_stops_whatever_the_policy() {
    let codecs = codecs().on_unknown(OnUnknown::Skip(Arc::new(Skipped::default())));
    let odd = recorded("ClaimCreated", "1.0", r#"{"category":"SECRET"}"#);
    let error = codecs.decode_event::<ClaimEvent>(&odd).unwrap_err();
    let DecodeFailure::Upcast(UpcastError::Rule { rule, source }) = &*error.failure else {
        panic!("{error:?}");
    };
    assert_eq!(rule, "ClaimCreated 1.0 -> 2.0");
    assert_eq!(source.to_string(), "field category is present already");
    assert!(!format!("{error:?}").contains("SECRET"));
}

fn upcast(payload: &Payload) -> Result<Vec<(TypeTag, Payload)>, UpcastError> {
    let recorded = TypeTag::new(TypeName::from_static("ClaimCreated"), TypeVersion::INITIAL);
    upcasts().upcast(&recorded, payload, ClaimEvent::TYPES, &codecs())
}

#[test]
fn payloads_that_cannot_be_opened_are_refused() {
    let mut sealed = Payload::new(Json::ID, TypeVersion::INITIAL, &b"{}"[..]);
    sealed.flags = PayloadFlags::ENCRYPTED;
    let foreign = Payload::new(
        CodecId::from_static("cbor"),
        TypeVersion::INITIAL,
        &b"{}"[..],
    );
    let wide = r#"{"amount":340282366920938463463374607431768211455}"#;
    let wide = Payload::new(Json::ID, TypeVersion::INITIAL, wide.as_bytes());
    for (payload, expected) in [
        (sealed, "payload flags 0b00000010 are not understood here"),
        (foreign, "codec cbor is not in the codec set"),
        (wide, "a number does not fit in 64 bits; use a typed rule"),
    ] {
        let Err(UpcastError::Rule { source, .. }) = upcast(&payload) else {
            panic!("{payload:?} was taken");
        };
        assert_eq!(source.to_string(), expected);
    }
}

#[test]
fn json_that_no_rule_changes_is_passed_on_byte_for_byte() {
    let upcasts = Upcasts::new()
        .event(
            for_event("ClaimAssessed")
                .current("1.0")
                .upcast("0.9", "1.0", unchanged()),
        )
        .event(for_event("ClaimRated").renamed_to("ClaimAssessed"))
        .build()
        .unwrap();
    let odd = &b"{ \"amount\" : 1e0, \"wide\": 123456789012345678901234567890 }"[..];
    let payload = Payload::new(Json::ID, "0.9".parse().unwrap(), odd);
    let recorded = TypeTag::new(TypeName::from_static("ClaimRated"), payload.version);
    let read = upcasts
        .upcast(&recorded, &payload, ClaimEvent::TYPES, &codecs())
        .unwrap();
    assert_eq!(read[0].0, ClaimEvent::TYPES[1]);
    assert_eq!(&read[0].1.data[..], odd);
}

proptest! {
    #[test]
    fn bytes_of_any_kind_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let payload = Payload::new(Json::ID, TypeVersion::INITIAL, bytes);
        let _ = upcast(&payload);
    }

    #[test]
    fn near_json_never_panics(text in r#"[\[\]{}:,"\\eE0-9.+-]{0,40}"#) {
        let payload = Payload::new(Json::ID, TypeVersion::INITIAL, text.into_bytes());
        let _ = upcast(&payload);
    }

    /// What no rule touches comes through bit for bit.
    #[test]
    fn numbers_survive(float in prop::num::f64::NORMAL, signed: i64, unsigned: u64) {
        let content = serde_json::json!({"float": float, "signed": signed, "unsigned": unsigned});
        let payload = Payload::new(Json::ID, TypeVersion::INITIAL, content.to_string().into_bytes());
        let read = upcast(&payload).unwrap();
        let read: serde_json::Value = serde_json::from_slice(&read[0].1.data).unwrap();
        prop_assert_eq!(read["float"].as_f64().unwrap().to_bits(), float.to_bits());
        prop_assert_eq!(read["signed"].as_i64(), Some(signed));
        prop_assert_eq!(read["unsigned"].as_u64(), Some(unsigned));
    }
}

#[test]
fn deep_json_is_refused() {
    let deep = "[".repeat(100_000);
    let payload = Payload::new(Json::ID, TypeVersion::INITIAL, deep.into_bytes());
    assert!(upcast(&payload).is_err());
}
