//! CloudEvents: what the mapping keeps, what it refuses, and what documents look like.

#![cfg(feature = "cloudevents")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::error::Error;

use es_core::{
    CodecId, EventId, Metadata, NewEvent, Payload, PayloadFlags, Position, RecordedEvent, StreamId,
    StreamVersion, Timestamp, TraceContext, TypeName, TypeVersion,
};
use es_serde::{CloudEvent, CloudEventData, CloudEventError, Json};
use proptest::prelude::*;

const SOURCE: &str = "urn:claims";
const ID: &str = "72961a84-e177-52a5-9a7e-0fef147cfe2a";
const GOLDEN: &str = include_str!("golden/cloud_event.json");

/// A document as other systems write it.
const FOREIGN: &str = r#"{"specversion":"1.0","id":"17","source":"urn:log:claims",
    "type":"incoming claim","subject":"Claim/7","time":"2026-11-23T12:16:48+01:00",
    "datacontenttype":"application/json","correlationid":"c1","causationid":"c0",
    "traceparent":"00-1-2-00","priority":3,"urgent":true,"team":"north","nothing":null,
    "data":{"amount": 1.50}}"#;

fn stream() -> StreamId {
    StreamId::new("Claim", 7).unwrap()
}

fn new_event(payload: Payload, metadata: Metadata) -> NewEvent {
    let id = EventId::new(ID.parse().unwrap());
    NewEvent::new(id, TypeName::from_static("ClaimPaid"), payload).with_metadata(metadata)
}

fn json_payload(json: &'static str) -> Payload {
    Payload::new(Json::ID, TypeVersion::new(2, 1), json.as_bytes())
}

fn binary_payload(codec: &'static str) -> Payload {
    let codec = CodecId::from_static(codec);
    Payload::new(codec, TypeVersion::INITIAL, &[0, 159, 146, 150][..])
}

fn everything() -> RecordedEvent {
    let metadata = Metadata::new()
        .with_correlation("c1")
        .with_causation("c0")
        .with_actor("assessor:7")
        .with_source("urn:other")
        .with_occurred_at("2026-11-22T08:00:00Z".parse().unwrap())
        .with_trace(TraceContext {
            parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into(),
            state: Some("a=1".into()),
        })
        .with_header("tenant", "north")
        .with_header("ce-id", "17")
        .with_header("sequence", "a header\nnamed like an attribute");
    recorded(new_event(json_payload(r#"{"amount":1.50}"#), metadata))
}

fn recorded(event: NewEvent) -> RecordedEvent {
    RecordedEvent::new(
        Position::new(42),
        stream(),
        StreamVersion::new(3),
        "2026-11-23T11:16:48.25Z".parse().unwrap(),
        event,
    )
}

fn round_trip(event: &NewEvent) -> CloudEvent {
    let made = CloudEvent::from_new(&stream(), event, SOURCE).unwrap();
    let read = CloudEvent::from_json(made.to_json().as_bytes()).unwrap();
    assert_eq!(read, made);
    assert_eq!(read.into_new(SOURCE).unwrap(), (stream(), event.clone()));
    made
}

#[test]
fn a_recorded_event_is_written_as_it_always_was_and_comes_back() {
    let made = CloudEvent::from_recorded(&everything(), SOURCE).unwrap();
    assert_eq!(made.to_json(), GOLDEN.trim());
    let read = CloudEvent::from_json(GOLDEN.as_bytes()).unwrap();
    assert_eq!(read.into_recorded(SOURCE).unwrap(), everything());
}

#[test]
fn an_event_from_another_store_forgets_where_it_was_recorded() {
    let made = CloudEvent::from_recorded(&everything(), SOURCE).unwrap();
    let (stream, event) = made.into_new(SOURCE).unwrap();
    assert_eq!(stream, everything().stream);
    assert!(everything().is(&event));
}

#[test]
fn the_source_of_the_store_is_no_source_of_an_event() {
    let event = new_event(json_payload("1"), Metadata::new());
    let made = round_trip(&event);
    assert_eq!(made.source(), SOURCE);
    let (_, elsewhere) = made.into_new("urn:elsewhere").unwrap();
    assert_eq!(elsewhere.metadata.source(), Some(SOURCE));
}

#[test]
fn a_payload_that_is_not_plain_json_is_written_as_bytes() {
    let compressed = Payload {
        flags: PayloadFlags::COMPRESSED,
        ..json_payload("not really")
    };
    for (payload, content_type, codec) in [
        (
            binary_payload("postcard"),
            "application/octet-stream",
            Some("postcard"),
        ),
        (binary_payload("application/xml"), "application/xml", None),
        (
            binary_payload("application/json"),
            "application/json",
            Some("application/json"),
        ),
        (compressed, "application/octet-stream", Some("json")),
    ] {
        let made = round_trip(&new_event(payload.clone(), Metadata::new()));
        assert_eq!(made.data_content_type(), Some(content_type));
        let named = made.extension("escodec").map(ToString::to_string);
        assert_eq!(named.as_deref(), codec);
        assert_eq!(made.data(), Some(&CloudEventData::Binary(payload.data)));
    }
}

#[test]
fn json_keeps_its_digits_and_the_order_of_its_members() {
    let json = r#"{"b":1.50,"a":123456789012345678901234567890,"c":"\u00e9","a ":null}"#;
    let made = round_trip(&new_event(json_payload(json), Metadata::new()));
    assert_eq!(made.data(), Some(&CloudEventData::Json(json.to_owned())));
}

#[test]
fn each_foreign_attribute_has_its_place() {
    let read = CloudEvent::from_json(FOREIGN.as_bytes()).unwrap();
    let (stream, event) = read.into_new(SOURCE).unwrap();
    assert_eq!(
        (stream.as_str(), event.name.as_str()),
        ("Claim/7", "incoming claim")
    );
    assert_eq!(event.id.uuid().get_version_num(), 5);
    let payload = Payload::new(Json::ID, TypeVersion::INITIAL, &br#"{"amount": 1.50}"#[..]);
    assert_eq!(event.payload, payload);
    let expected = Metadata::new()
        .with_source("urn:log:claims")
        .with_occurred_at("2026-11-23T11:16:48Z".parse().unwrap())
        .with_correlation("c1")
        .with_causation("c0")
        .with_trace(TraceContext {
            parent: "00-1-2-00".into(),
            state: None,
        })
        .with_header("id", "17")
        .with_header("priority", "3")
        .with_header("team", "north")
        .with_header("urgent", "true");
    assert_eq!(event.metadata, expected);
}

#[test]
fn an_id_that_is_no_uuid_makes_one_together_with_its_source() {
    let id = |id: &str, source: &str| {
        let json = FOREIGN
            .replace("\"17\"", id)
            .replace("urn:log:claims", source);
        let read = CloudEvent::from_json(json.as_bytes()).unwrap();
        read.into_new(SOURCE).unwrap().1.id
    };
    assert_eq!(id("\"17\"", "urn:a"), id("\"17\"", "urn:a"));
    assert_ne!(id("\"17\"", "urn:a"), id("\"17\"", "urn:b"));
    assert_ne!(id("\"17\"", "urn:a"), id("\"18\"", "urn:a"));
    assert_eq!(id(&format!("{ID:?}"), "urn:a").to_string(), ID);
}

#[test]
fn data_follows_its_content_type() {
    let payload = |attributes: &str| {
        let json = format!(
            r#"{{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"a/b"{attributes}}}"#
        );
        let read = CloudEvent::from_json(json.as_bytes()).unwrap();
        let (_, event) = read.into_new(SOURCE).unwrap();
        let kept = event.metadata.header("datacontenttype").map(str::to_owned);
        let data = String::from_utf8(event.payload.data.to_vec()).unwrap();
        (event.payload.codec.as_str().to_owned(), data, kept)
    };
    let odd = "application/vnd.claim+JSON; charset=utf-8";
    for (attributes, codec, data, kept) in [
        ("", "json", "null", None),
        (r#","data":null"#, "json", "null", None),
        (r#","data":"text""#, "json", r#""text""#, None),
        (r#","data_base64":"WzFd""#, "json", "[1]", None),
        (r#","data_base64":null,"data":1"#, "json", "1", None),
        (
            &format!(r#","datacontenttype":"{odd}","data":[1]"#),
            "json",
            "[1]",
            Some(odd),
        ),
        (
            r#","datacontenttype":"text/plain","data":"[1]""#,
            "text/plain",
            "[1]",
            None,
        ),
        (r#","datacontenttype":"text/plain""#, "text/plain", "", None),
        (
            r#","datacontenttype":"a/b","data_base64":"WzFd""#,
            "a/b",
            "[1]",
            None,
        ),
    ] {
        let expected = (codec.to_owned(), data.to_owned(), kept.map(str::to_owned));
        assert_eq!(payload(attributes), expected, "{attributes}");
    }
}

#[test]
fn a_sequence_of_somebody_else_is_kept() {
    let json = FOREIGN.replace(
        "\"priority\"",
        r#""sequence":"0007","partitionkey":"p","x""#,
    );
    let read = CloudEvent::from_json(json.as_bytes()).unwrap();
    let (stream, event) = read.into_new(SOURCE).unwrap();
    assert_eq!(event.metadata.header("sequence"), Some("0007"));
    assert_eq!(event.metadata.header("partitionkey"), Some("p"));
    let again = CloudEvent::from_new(&stream, &event, SOURCE).unwrap();
    assert_eq!(again.into_new(SOURCE).unwrap(), (stream, event));
}

#[test]
fn a_document_that_is_no_cloud_event_is_refused_with_its_reason() {
    for (replace, by, reason) in [
        (
            "{\"spec",
            "[\"spec",
            "the document is not a JSON object, at line 1",
        ),
        (
            "1.50}}",
            "1.50}",
            "the document ends before it is complete, at line 5",
        ),
        (
            "1.50}}",
            "1.50}} x",
            "the document is not JSON, at line 5 column 30",
        ),
        ("\"source\"", "\"id\"", "\"id\" stands there twice"),
        ("\"id\"", "\"di\"", "\"id\" is missing"),
        ("\"17\"", "\"\"", "\"id\" is empty"),
        ("\"17\"", "17", "\"id\" is not a text"),
        ("\"17\"", "null", "\"id\" is missing"),
        ("\"17\"", r#""a\nb""#, "\"id\" holds a control character"),
        ("\"1.0\"", "\"0.3\"", "\"specversion\" is not \"1.0\""),
        (
            "\"team\"",
            "\"Team\"",
            "\"Team\" has a name with other characters",
        ),
        ("\"north\"", "[1]", "\"team\" is no text, no boolean"),
        ("\"north\"", "1.5", "\"team\" is no text, no boolean"),
        (
            "\"north\"",
            r#""\u0000""#,
            "\"team\" holds a control character",
        ),
        (
            "application/json",
            "json",
            "\"datacontenttype\" is no media type",
        ),
        ("application/json", "text/plain", "\"data\" is not a text"),
        (
            "\"team\":\"north\"",
            "\"data_base64\":\"\"",
            "stands there beside \"data\"",
        ),
        (
            "\"data\":{\"amount\": 1.50}",
            "\"data_base64\":\"?\"",
            "\"data_base64\" is no base64",
        ),
        (
            "2026-11-23T12:16:48+01:00",
            "yesterday",
            "\"time\" has no meaning here",
        ),
    ] {
        assert!(FOREIGN.contains(replace), "{replace}");
        let document = FOREIGN.replacen(replace, by, 1);
        let error = CloudEvent::from_json(document.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(reason), "{reason}: {error}");
    }
}

#[test]
fn an_attribute_that_means_nothing_here_is_refused_with_its_reason() {
    for (replace, by, reason) in [
        ("\"subject\"", "\"subj\"", "\"subject\" is missing"),
        (
            "Claim/7",
            "Claim7",
            "\"subject\" has no meaning here: stream id \"Claim7\" has no '/'",
        ),
        (
            "incoming claim",
            &"x".repeat(257),
            "\"type\" has no meaning here: a name of 257",
        ),
        (
            "\"team\":",
            "\"estypeversion\":",
            "\"estypeversion\" has no meaning here: \"north\"",
        ),
        (
            "\"team\":\"north\"",
            "\"esflags\":256",
            "\"esflags\" is no number from 0 to 255",
        ),
        (
            "\"team\":",
            "\"esheaders\":",
            "\"esheaders\" is no JSON object of texts",
        ),
        (
            "\"north\"",
            r#""north","esheaders":"{\"team\":\"\"}""#,
            "stands there as an attribute",
        ),
        ("\"c1\"", "1", "\"correlationid\" is empty or not a text"),
        ("\"c1\"", "\"\"", "\"correlationid\" is empty or not a text"),
    ] {
        assert!(FOREIGN.contains(replace), "{replace}");
        let document = FOREIGN.replacen(replace, by, 1);
        let read = CloudEvent::from_json(document.as_bytes()).unwrap();
        let error = shown(&read.into_new(SOURCE).unwrap_err());
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

#[test]
fn a_recorded_event_needs_its_place() {
    for (replace, by, reason) in [
        ("\"sequence\":", "\"seq\":", "\"sequence\" is missing"),
        (
            "0000000000000000042",
            "+42",
            "\"sequence\" is no number from 0 to",
        ),
        (
            "0000000000000000042",
            "9223372036854775808",
            "\"sequence\" is no number from 0 to",
        ),
        ("\"esversion\":", "\"version\":", "\"esversion\" is missing"),
        (
            "2026-11-23T11:16:48.25Z",
            "now",
            "\"recordedtime\" has no meaning here",
        ),
    ] {
        assert!(GOLDEN.contains(replace), "{replace}");
        let document = GOLDEN.replacen(replace, by, 1);
        let read = CloudEvent::from_json(document.as_bytes()).unwrap();
        let error = shown(&read.into_recorded(SOURCE).unwrap_err());
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

#[test]
fn what_no_attribute_can_hold_is_refused_and_not_lost() {
    let refused = |payload: Payload, metadata: Metadata| {
        let event = new_event(payload, metadata);
        shown(&CloudEvent::from_new(&stream(), &event, SOURCE).unwrap_err())
    };
    let last = Timestamp::from_micros(i64::MAX);
    for (metadata, reason) in [
        (
            Metadata::new().with_source("call centre"),
            "\"source\" is no URI reference",
        ),
        (
            Metadata::new().with_correlation(""),
            "\"correlationid\" is empty",
        ),
        (
            Metadata::new().with_actor("a\nb"),
            "\"esactor\" holds a control character",
        ),
        (
            Metadata::new().with_header("X", "\u{85}"),
            "\"esheaders\" holds a control",
        ),
        (
            Metadata::new().with_occurred_at(last),
            "\"time\" is not within the years",
        ),
    ] {
        let error = refused(json_payload("1"), metadata);
        assert!(error.contains(reason), "{reason}: {error}");
    }
    let error = refused(json_payload("{"), Metadata::new());
    assert!(error.contains("\"data\" should be JSON"), "{error}");
    let error = refused(binary_payload(""), Metadata::new());
    assert!(error.contains("\"escodec\" is empty"), "{error}");
}

#[test]
fn debug_and_errors_show_no_content() {
    let secret = FOREIGN.replace("1.50", "7777").replace("north", "SECRET");
    let read = CloudEvent::from_json(secret.as_bytes()).unwrap();
    let debug = format!("{read:?} {:?}", read.extension("team"));
    assert!(debug.contains("Json { bytes: 16 }"), "{debug}");
    assert!(
        !debug.contains("7777") && !debug.contains("SECRET"),
        "{debug}"
    );
    for document in [
        r#""SECRET""#,
        "7777",
        r#"{"SECRET"#,
        r#"{"data":"SECRET"} 7777"#,
    ] {
        let error = CloudEvent::from_json(document.as_bytes()).unwrap_err();
        let all = format!("{} {error:?}", shown(&error));
        assert!(!all.contains("SECRET") && !all.contains("7777"), "{all}");
    }
}

fn shown(error: &CloudEventError) -> String {
    let source = error.source().map(ToString::to_string);
    format!("{error}: {}", source.unwrap_or_default())
}

fn text() -> impl Strategy<Value = String> {
    "[ -~éß李🦀]{1,12}"
}

fn metadata() -> impl Strategy<Value = Metadata> {
    let trace = (text(), proptest::option::of(text()));
    let facts = (
        proptest::option::of(text()),
        proptest::option::of(text()),
        proptest::option::of(text()),
        proptest::option::of("urn:[a-z]{1,8}"),
        proptest::option::of(-62_000_000_000_000_000..250_000_000_000_000_000_i64),
        proptest::option::of(trace),
    );
    let name = prop_oneof![
        "[a-z0-9]{1,22}",
        ".{0,5}",
        Just("sequence".to_owned()),
        Just("esheaders".to_owned()),
        Just("data".to_owned()),
    ];
    let header = (name, "([ -~]|\n|é){0,8}");
    (facts, proptest::collection::vec(header, 0..4)).prop_map(|(facts, headers)| {
        let (correlation, causation, actor, source, time, trace) = facts;
        let mut metadata = Metadata::new();
        if let Some(id) = correlation {
            metadata = metadata.with_correlation(id);
        }
        if let Some(id) = causation {
            metadata = metadata.with_causation(id);
        }
        if let Some(actor) = actor {
            metadata = metadata.with_actor(actor);
        }
        if let Some(source) = source {
            metadata = metadata.with_source(source);
        }
        if let Some(time) = time {
            metadata = metadata.with_occurred_at(Timestamp::from_micros(time));
        }
        if let Some((parent, state)) = trace {
            let (parent, state) = (parent.into(), state.map(Into::into));
            metadata = metadata.with_trace(TraceContext { parent, state });
        }
        headers
            .into_iter()
            .fold(metadata, |metadata, (name, value)| {
                metadata.with_header(name, value)
            })
    })
}

fn payload() -> impl Strategy<Value = Payload> {
    let json = prop_oneof![
        Just("null".to_owned()),
        "\\[[1-9][0-9]{0,30}\\]",
        any::<String>().prop_map(|text| serde_json::json!({ "a": text }).to_string()),
    ];
    let codec = prop_oneof![
        Just("json".to_owned()),
        "[a-z]{1,9}",
        "[a-z]{1,4}/[a-z]{1,4}"
    ];
    let bytes = proptest::collection::vec(any::<u8>(), 0..40);
    let version = (any::<u16>(), any::<u16>()).prop_map(|(a, b)| TypeVersion::new(a, b));
    let plain = (json, version.clone())
        .prop_map(|(json, version)| Payload::new(Json::ID, version, json.into_bytes()));
    let other = (codec, version, 1..=255_u8, bytes).prop_map(|(codec, version, flags, bytes)| {
        let flags = if codec == "json" { flags } else { flags & 1 };
        let mut payload = Payload::new(CodecId::new(codec), version, bytes);
        payload.flags = PayloadFlags::from_bits(flags);
        payload
    });
    prop_oneof![plain, other]
}

prop_compose! {
    fn event()(
        id in any::<u128>(),
        name in text(),
        payload in payload(),
        metadata in metadata(),
    ) -> NewEvent {
        let id = EventId::new(uuid::Uuid::from_u128(id));
        NewEvent::new(id, TypeName::new(name).unwrap(), payload).with_metadata(metadata)
    }
}

proptest! {
    #[test]
    fn what_is_written_comes_back(event in event(), id in text(), micros in 0..1_i64 << 50) {
        let stream = StreamId::new("Claim", id).unwrap();
        // Free headers may hold what no attribute can; those are refused, and nothing is lost.
        let Ok(made) = CloudEvent::from_new(&stream, &event, SOURCE) else {
            let headers: String = event.metadata.headers().flat_map(|(a, b)| [a, b]).collect();
            prop_assert!(headers.bytes().any(|byte| byte >= 0x7F));
            return Ok(());
        };
        let read = CloudEvent::from_json(made.to_json().as_bytes()).unwrap();
        prop_assert_eq!(&read, &made);
        prop_assert_eq!(read.into_new(SOURCE).unwrap(), (stream.clone(), event.clone()));

        let (position, version) = (Position::new(id_number(&event)), StreamVersion::new(7));
        let time = Timestamp::from_micros(micros);
        let recorded = RecordedEvent::new(position, stream, version, time, event);
        let made = CloudEvent::from_recorded(&recorded, SOURCE).unwrap();
        let read = CloudEvent::from_json(made.to_json().as_bytes()).unwrap();
        prop_assert_eq!(read.into_recorded(SOURCE).unwrap(), recorded);
    }

    #[test]
    fn arbitrary_text_never_panics(document in ".{0,200}") {
        let _read = CloudEvent::from_json(document.as_bytes());
    }

    #[test]
    fn a_mutated_document_is_refused_or_survives_being_written(
        golden in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), byte()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut document = if golden { GOLDEN } else { FOREIGN }.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at.index(document.len());
            document[at] = byte;
        }
        if let Some(cut) = cut {
            document.truncate(cut.index(document.len()));
        }
        if let Ok(read) = CloudEvent::from_json(&document) {
            let again = CloudEvent::from_json(read.to_json().as_bytes()).unwrap();
            prop_assert_eq!(&again, &read);
            let _recorded = read.clone().into_recorded(SOURCE);
            if let Ok((stream, event)) = read.into_new(SOURCE)
                && let Ok(made) = CloudEvent::from_new(&stream, &event, SOURCE)
            {
                prop_assert_eq!(made.into_new(SOURCE).unwrap(), (stream, event));
            }
        }
    }
}

fn id_number(event: &NewEvent) -> u64 {
    event.id.uuid().as_u64_pair().0 >> 1
}

/// Bytes that matter in JSON more often than others.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![any::<u8>(), proptest::sample::select(&b"{}[]\",:\\0n "[..])]
}
