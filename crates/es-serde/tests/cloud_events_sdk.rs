//! The official SDK reads what is written here, and what it writes is read here.

#![cfg(feature = "cloudevents")]
#![allow(clippy::unwrap_used, reason = "tests")]

use cloudevents::event::{AttributesReader, Data, ExtensionValue as SdkValue};
use cloudevents::{Event, EventBuilder, EventBuilderV10};
use es_core::{CodecId, EventId, Metadata, NewEvent, Payload, StreamId, TypeName, TypeVersion};
use es_serde::{CloudEvent, CloudEventBatch, CloudEventData, ExtensionValue, Json};
use serde_json::json;

fn ours(payload: Payload) -> CloudEvent {
    let metadata = Metadata::new()
        .with_correlation("c1")
        .with_actor("assessor:7")
        .with_occurred_at("2026-11-23T11:16:48.000001Z".parse().unwrap())
        .with_header("tenant", "north")
        .with_header("Not a name", "é\n");
    let id = EventId::new("72961a84-e177-52a5-9a7e-0fef147cfe2a".parse().unwrap());
    let event = NewEvent::new(id, TypeName::from_static("Claim paid"), payload);
    let stream = StreamId::new("Claim", "7 é").unwrap();
    CloudEvent::from_new(&stream, &event.with_metadata(metadata), "urn:claims").unwrap()
}

fn json_event() -> CloudEvent {
    let data = &br#"{"amount":1.5}"#[..];
    ours(Payload::new(Json::ID, TypeVersion::INITIAL, data))
}

fn binary_event() -> CloudEvent {
    let codec = CodecId::from_static("postcard");
    ours(Payload::new(codec, TypeVersion::INITIAL, &[0, 255][..]))
}

fn theirs() -> [Event; 4] {
    let builder = |id: &str| {
        EventBuilderV10::new()
            .id(id)
            .source("https://a.example/b?c#d")
            .ty("com.example.paid")
            .subject("Claim/7")
            .time("2026-11-23T12:16:48.123456+01:00")
            .extension("text", "é \u{1F980}")
            .extension("number", 1_i64 << 40)
            .extension("flag", true)
    };
    [
        builder("json")
            .data("application/json", json!({"a": [1, null, "x"]}))
            .build()
            .unwrap(),
        builder("text")
            .data("text/xml", "<a b=\"1\"/>")
            .build()
            .unwrap(),
        builder("binary")
            .data("application/x", vec![0_u8, 255])
            .build()
            .unwrap(),
        builder("schema")
            .data_with_schema("application/vnd.a+json", "https://a.example/s", json!("x"))
            .build()
            .unwrap(),
    ]
}

/// Both speak of the same event.
fn assert_same(ours: &CloudEvent, theirs: &Event) {
    assert_eq!(ours.id(), theirs.id());
    assert_eq!(ours.source(), theirs.source());
    assert_eq!(ours.kind(), theirs.ty());
    assert_eq!(ours.subject(), theirs.subject());
    assert_eq!(ours.data_content_type(), theirs.datacontenttype());
    assert_eq!(
        ours.data_schema(),
        theirs.dataschema().map(|uri| uri.as_str())
    );
    let time = theirs.time().map(chrono_micros);
    assert_eq!(ours.time().map(|time| time.as_micros()), time);
    let mut values: Vec<_> = theirs
        .iter_extensions()
        .map(|(name, value)| (name, same(value)))
        .collect();
    values.sort_by_key(|(name, _)| *name);
    let expected: Vec<_> = ours
        .extensions()
        .map(|(name, value)| (name, value.clone()))
        .collect();
    assert_eq!(values, expected);
    match (ours.data(), theirs.data()) {
        (None, None) => {}
        (Some(CloudEventData::Json(ours)), Some(Data::Json(theirs))) => {
            assert_eq!(
                &serde_json::from_str::<serde_json::Value>(ours).unwrap(),
                theirs
            );
        }
        (Some(CloudEventData::Text(ours)), Some(Data::String(theirs))) => assert_eq!(ours, theirs),
        (Some(CloudEventData::Binary(ours)), Some(Data::Binary(theirs))) => {
            assert_eq!(ours, theirs);
        }
        (ours, theirs) => panic!("{ours:?} is not {theirs:?}"),
    }
}

fn chrono_micros<T: ToString>(time: &T) -> i64 {
    let text = time.to_string().replacen(' ', "T", 1).replace(" UTC", "Z");
    text.parse::<es_core::Timestamp>().unwrap().as_micros()
}

fn same(value: &SdkValue) -> ExtensionValue {
    match value {
        SdkValue::String(text) => ExtensionValue::Text(text.clone()),
        SdkValue::Boolean(value) => ExtensionValue::Boolean(*value),
        SdkValue::Integer(value) => ExtensionValue::Integer(*value),
    }
}

#[test]
fn the_sdk_reads_the_same_event_from_what_is_written_here() {
    for ours in [json_event(), binary_event()] {
        let theirs: Event = serde_json::from_str(&ours.to_json()).unwrap();
        assert_same(&ours, &theirs);
    }
}

#[test]
fn what_the_sdk_writes_is_read_as_the_same_event() {
    for theirs in theirs() {
        let json = serde_json::to_vec(&theirs).unwrap();
        assert_same(&CloudEvent::from_json(&json).unwrap(), &theirs);
    }
}

#[test]
fn an_event_that_the_sdk_hands_on_is_still_ours() {
    for ours in [json_event(), binary_event()] {
        let theirs: Event = serde_json::from_str(&ours.to_json()).unwrap();
        let handed_on = serde_json::to_vec(&theirs).unwrap();
        assert_eq!(CloudEvent::from_json(&handed_on).unwrap(), ours);
    }
}

#[test]
fn batches_are_understood_in_both_directions() {
    let batch = CloudEvent::batch_to_json(&[json_event(), binary_event()]);
    let read: Vec<Event> = serde_json::from_str(&batch).unwrap();
    assert_eq!(read.len(), 2);
    assert_same(&json_event(), &read[0]);
    assert_same(&binary_event(), &read[1]);

    let batch = serde_json::to_vec(&theirs()).unwrap();
    let read: Result<Vec<_>, _> = CloudEventBatch::new(&batch[..], 1_000).collect();
    let read = read.unwrap();
    assert_eq!(read.len(), theirs().len());
    for (ours, theirs) in read.iter().zip(&theirs()) {
        assert_same(ours, theirs);
    }
}
