//! Variants that stand in for events that cannot be read.

use es_core::{
    CodecId, CodecSet, DecodeError, Event, EventCoding, EventId, IdGenerator, NewEvent, OnUnknown,
    Payload, PayloadFlags, Position, RecordedEvent, StandIns, StreamId, StreamVersion,
    TimeOrderedIds, Timestamp, TypeName, TypeVersion,
};
use es_serde::Json;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
enum ClaimEvent {
    #[event(unknown)]
    Unknown(Box<RecordedEvent>),
    Created {
        amount: u64,
    },
    #[event(erased)]
    Erased,
}

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
enum Unboxed<T> {
    Set(T),
    #[event(name = "NotKnown", unknown)]
    Unknown(RecordedEvent),
}

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
enum OnlyErased {
    #[event(erased)]
    Gone,
    Created {
        amount: u64,
    },
}

#[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
enum Plain {
    Created { amount: u64 },
}

fn recorded(name: &'static str, flags: PayloadFlags) -> RecordedEvent {
    let codec = CodecId::from_static("json");
    let mut payload = Payload::new(codec, TypeVersion::INITIAL, br#"{"amount":1}"#.to_vec());
    payload.flags = flags;
    let id = event_id();
    RecordedEvent::new(
        Position::new(3),
        StreamId::new("claim", 1).unwrap(),
        StreamVersion::FIRST,
        Timestamp::from_micros(0),
        NewEvent::new(id, TypeName::from_static(name), payload),
    )
}

fn event_id() -> EventId {
    EventId::new(TimeOrderedIds.next_id())
}

/// The only event that it decodes to.
fn decode<E: Event>(codecs: CodecSet, event: &RecordedEvent) -> Result<E, DecodeError> {
    let mut decoded = codecs.decode_event(event)?;
    let first = decoded.next().unwrap();
    assert_eq!(decoded.len(), 0);
    Ok(first)
}

#[track_caller]
fn assert_decoded<E>(codecs: CodecSet, event: &RecordedEvent, expected: &E)
where
    E: Event + std::fmt::Debug + PartialEq,
{
    assert_eq!(&decode::<E>(codecs, event).unwrap(), expected);
}

fn json() -> CodecSet {
    CodecSet::new(Json)
}

#[test]
fn the_stand_ins_are_told_by_their_place() {
    let both = StandIns {
        erased: Some(2),
        unknown: Some(0),
    };
    assert_eq!(ClaimEvent::STAND_INS, both);
    let unknown = StandIns {
        erased: None,
        unknown: Some(1),
    };
    assert_eq!(Unboxed::<u8>::STAND_INS, unknown);
    let erased = StandIns {
        erased: Some(0),
        unknown: None,
    };
    assert_eq!(OnlyErased::STAND_INS, erased);
    assert_eq!(Plain::STAND_INS, StandIns::NONE);
}

#[test]
fn erased_content_gives_the_stand_in_whatever_the_event_was() {
    for name in ["Created", "Shipped"] {
        let event = recorded(name, PayloadFlags::ERASED);
        assert_decoded(json(), &event, &ClaimEvent::Erased);
        assert_decoded(json(), &event, &OnlyErased::Gone);
    }
}

#[test]
fn erased_content_without_a_stand_in_is_an_error() {
    let event = recorded("Created", PayloadFlags::ERASED);
    let error = decode::<Plain>(json(), &event).unwrap_err();
    assert!(
        error.failure.to_string().contains("was erased"),
        "{error:?}"
    );
    decode::<Unboxed<u8>>(json(), &event).unwrap_err();
}

#[test]
fn an_unknown_event_is_handed_on_as_it_was_recorded() {
    let raw = || json().on_unknown(OnUnknown::Raw);
    let event = recorded("Shipped", PayloadFlags::PLAIN);
    assert_decoded(raw(), &event, &ClaimEvent::Unknown(Box::new(event.clone())));
    assert_decoded(raw(), &event, &Unboxed::<u8>::Unknown(event.clone()));
    decode::<OnlyErased>(raw(), &event).unwrap_err();
    decode::<ClaimEvent>(json(), &event).unwrap_err();
}

#[test]
fn a_recorded_event_of_a_stand_ins_name_is_unknown() {
    let raw = json().on_unknown(OnUnknown::Raw);
    for name in ["Erased", "Unknown"] {
        let event = recorded(name, PayloadFlags::PLAIN);
        decode::<ClaimEvent>(json(), &event).unwrap_err();
        let unknown = ClaimEvent::Unknown(Box::new(event.clone()));
        assert_decoded(raw.clone(), &event, &unknown);
    }
}

#[test]
fn what_can_be_read_is_read() {
    let event = recorded("Created", PayloadFlags::PLAIN);
    let created = ClaimEvent::Created { amount: 1 };
    assert_decoded(json(), &event, &created);
}

#[test]
fn a_stand_in_is_never_written() {
    let event = recorded("Shipped", PayloadFlags::PLAIN);
    let id = event.id;
    for stand_in in [ClaimEvent::Erased, ClaimEvent::Unknown(Box::new(event))] {
        assert_eq!(stand_in.privacy(), None);
        json().encode_event(id, &stand_in).unwrap_err();
    }
    let created = ClaimEvent::Created { amount: 1 };
    json().encode_event(id, &created).unwrap();
}

#[test]
fn personal_data_travels_with_what_is_encoded() {
    #[derive(Event, Serialize, Deserialize)]
    #[event(personal)]
    struct Registered(#[event(subject)] String);

    let id = event_id();
    let event = json()
        .encode_event(id, &Registered("jane".to_owned()))
        .unwrap();
    let privacy = event.privacy.unwrap();
    assert_eq!(privacy.subjects(), ["jane"]);
}
