use es_core::memory::MemoryStore;
use es_core::repository::LoadError;
use es_core::{
    Append, CodecId, DecodeFailure, EventId, EventStore, ExpectedVersion, NewEvent, Payload,
    PayloadFlags, ReadError, Repository, StreamVersion, TypeName, TypeVersion,
};
use es_serde::Json;
use uuid::Uuid;

use super::claim::{Claim, claims, created, notes};
use super::probe::Probe;

/// Stores a good event, then a foreign one; how loading fails.
async fn load_after(name: &str, payload: Payload) -> String {
    let store = MemoryStore::new();
    let claims = claims(&store);
    claims.create(42, created(1)).await.unwrap();
    let id = EventId::new(Uuid::from_u128(1));
    let event = NewEvent::new(id, TypeName::new(name).unwrap(), payload);
    let stream = "Claim/42".parse().unwrap();
    store
        .append(Append::new(stream, ExpectedVersion::Any, [event]).unwrap())
        .await
        .unwrap();
    let error = claims.load(42).await.unwrap_err();
    let LoadError::Decode(error) = error else {
        panic!("{error}")
    };
    assert_eq!(error.position.get(), 2);
    format!("{error}: {}", error.failure)
}

fn payload(codec: &'static str, version: &str, data: &'static [u8]) -> Payload {
    Payload::new(CodecId::from_static(codec), version.parse().unwrap(), data)
}

#[tokio::test]
async fn what_cannot_be_decoded_is_named_with_its_place() {
    let place = "cannot decode version 2 of stream Claim/42 at position 2";
    for (name, payload, reason) in [
        (
            "ClaimSubmitted",
            payload("avro", "1.0", b"{}"),
            "codec avro is not among",
        ),
        (
            "ClaimVanished",
            payload("json", "1.0", b"{}"),
            "event type ClaimVanished 1.0 is not",
        ),
        (
            "ClaimSubmitted",
            payload("json", "2.0", b"{}"),
            "ClaimSubmitted 2.0 is not the version",
        ),
        (
            "ClaimCreated",
            payload("json", "1.0", b"{}"),
            "cannot decode a ClaimCreated 1.0",
        ),
        (
            "ClaimCreated",
            payload("json", "1.0", br#"{"amount":1}x"#),
            "cannot decode a ClaimCre",
        ),
    ] {
        let message = load_after(name, payload).await;
        assert!(
            message.starts_with(place) && message.contains(reason),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_payload_with_unknown_flags_is_refused() {
    let mut payload = payload("json", "1.0", b"{}");
    payload.flags = PayloadFlags::from_bits(0x80);
    let message = load_after("ClaimSubmitted", payload).await;
    assert!(message.contains("payload flags 0b10000000"), "{message}");
}

#[tokio::test]
async fn a_hole_in_the_stream_stops_loading() {
    let probe = Probe {
        lost: Some(StreamVersion::new(3)),
        ..Probe::default()
    };
    let claims = Repository::<Claim>::new(probe, Json);
    claims.create(42, created(1)).await.unwrap();
    let mut claim = claims.load(42).await.unwrap();
    for note in notes(3) {
        claim.raise(note);
    }
    claims.save(&mut claim).await.unwrap();
    let error = claims.load(42).await.unwrap_err();
    assert!(
        matches!(error, LoadError::Read(ReadError::Hole { .. })),
        "{error}"
    );
}

#[test]
fn a_failure_says_what_it_knows_and_no_content() {
    let failure = DecodeFailure::OtherVersion {
        found: es_core::TypeTag::new(TypeName::from_static("A"), TypeVersion::new(2, 0)),
        known: es_core::TypeTag::new(TypeName::from_static("A"), TypeVersion::INITIAL),
    };
    assert_eq!(
        failure.to_string(),
        "event type A 2.0 is not the version this program reads, A 1.0"
    );
}
