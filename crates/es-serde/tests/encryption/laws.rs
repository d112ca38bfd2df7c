//! What is sealed opens to the same, and only where it belongs.

use es_core::{EventStore, ExpectedVersion, PayloadFlags, Personal, Repository, StreamRange};
use es_serde::Json;
use es_serde::seal::{Opened, SealContext, Sealer};
use proptest::prelude::*;

use crate::material::{Claim, append, claim, created, letter, packed, whole};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn opening_undoes_sealing(
        content: Vec<u8>,
        name in ".{0,20}",
        subjects in prop::collection::vec(".{1,8}", 1..4),
    ) {
        es_core::testing::run(async {
            let sealer = Sealer::new(packed().2);
            let privacy = es_core::Privacy::of_all(subjects);
            let context = SealContext::Other(&name);
            let sealed = sealer.seal(&privacy, context, &content).await.unwrap();
            prop_assert_eq!(
                sealer.open(context, &sealed).await.unwrap(),
                Opened::Content(content.clone())
            );
            prop_assert_eq!(&sealed, &sealer.seal(&privacy, context, &content).await.unwrap());
            prop_assert!(content.len() < 8 || !contains(&sealed, &content));
            Ok(())
        })?;
    }

    #[test]
    fn no_change_of_sealed_bytes_opens(content: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8) {
        es_core::testing::run(async {
            let sealer = Sealer::new(packed().2);
            let context = SealContext::Other("dead-letters/1");
            let privacy = es_core::Privacy::of("jane");
            let mut sealed = sealer.seal(&privacy, context, &content).await.unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(sealer.open(context, &sealed).await.is_err());
            sealed.truncate(at);
            prop_assert!(sealer.open(context, &sealed).await.is_err());
            Ok(())
        })?;
    }

    #[test]
    fn hostile_bytes_are_refused(bytes: Vec<u8>) {
        es_core::testing::run(async {
            let sealer = Sealer::new(packed().2);
            prop_assert!(sealer.open(SealContext::Other("x"), &bytes).await.is_err());
            Ok(())
        })?;
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[tokio::test]
async fn marked_fields_are_hidden_and_the_rest_stays_readable() {
    let (store, inner, _) = packed();
    let claims = Repository::<Claim>::new(store, Json);
    claims.create(1, created("jane")).await.unwrap();
    let stored = inner
        .read_stream(&claim(1), StreamRange::all())
        .await
        .unwrap();
    let payload = &stored.events[0].payload;
    let text = std::str::from_utf8(&payload.data).unwrap();
    assert!(!text.contains("SECRET"), "{text}");
    assert!(text.contains(r#""amount":1000"#), "{text}");
    assert_eq!(payload.flags, PayloadFlags::SEALED_FIELDS);
    let loaded = claims.load(1).await.unwrap();
    let diagnosis = loaded.state().diagnosis.clone();
    assert_eq!(diagnosis, Some(Personal::new("SECRET of jane".to_owned())));
}

#[tokio::test]
async fn a_personal_event_is_hidden_as_a_whole() {
    let (store, inner, _) = packed();
    let claims = Repository::<Claim>::new(store, Json);
    claims.create(1, letter("jane")).await.unwrap();
    let stored = inner
        .read_stream(&claim(1), StreamRange::all())
        .await
        .unwrap();
    let payload = &stored.events[0].payload;
    assert!(!contains(&payload.data, b"SECRET") && !contains(&payload.data, b"jane"));
    assert_eq!(payload.flags, PayloadFlags::ENCRYPTED);
    assert_eq!(
        claims.load(1).await.unwrap().state().letters,
        ["SECRET letter"]
    );
}

#[tokio::test]
async fn a_store_that_does_not_encrypt_refuses_what_is_personal() {
    let (_, inner, _) = packed();
    let claims = Repository::<Claim>::new(inner.clone(), Json);
    let error = claims.create(1, created("jane")).await.unwrap_err();
    let shown = format!("{error:?}");
    assert!(shown.contains("PackedStore"), "{shown}");
    assert!(
        !shown.contains("jane") && !shown.contains("SECRET"),
        "{shown}"
    );
    assert!(inner.read_all_to_end().await.is_empty());
}

#[tokio::test]
async fn a_repeat_is_the_same_append_and_another_content_is_not() {
    let (store, ..) = packed();
    for expected in [ExpectedVersion::NoStream, ExpectedVersion::Any] {
        let stream = u64::from(expected == ExpectedVersion::Any);
        let id = u128::from(stream) + 1;
        let first = append(stream, expected, vec![whole(id, "jane", b"1")]);
        assert!(!store.append(first.clone()).await.unwrap().repeated);
        assert!(store.append(first).await.unwrap().repeated);
        let other = append(stream, expected, vec![whole(id, "jane", b"2")]);
        let refused = store.append(other).await.unwrap_err();
        assert!(
            matches!(refused, es_core::AppendError::IdReused { .. }),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_field_that_only_looks_sealed_is_refused() {
    let (store, ..) = packed();
    let data = br#"{"name":"x","note":{"$sealed":"AQ"}}"#;
    let mut event = whole(1, "jane", data);
    event.privacy = event.privacy.map(|privacy| privacy.in_fields(&["name"]));
    let refused = store
        .append(append(1, ExpectedVersion::Any, vec![event]))
        .await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(refused, es_core::AppendError::Refused { .. }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_personal_field_that_is_not_there_is_refused() {
    let (store, ..) = packed();
    let mut event = whole(1, "jane", br#"{"fullName":"Jane"}"#);
    event.privacy = event
        .privacy
        .map(|privacy| privacy.in_fields(&["full_name"]));
    let refused = store
        .append(append(1, ExpectedVersion::Any, vec![event]))
        .await;
    let refused = format!("{:?}", refused.unwrap_err());
    assert!(
        refused.contains("full_name") && !refused.contains("Jane"),
        "{refused}"
    );
}

#[tokio::test]
async fn packed_events_are_compressed_and_encrypted() {
    let (store, inner, _) = packed();
    let store = store.with_compression(es_serde::Compression::lz4());
    let long = "SECRET ".repeat(2_000);
    let data = format!(r#"{{"name":"{long}","note":"{long}"}}"#);
    let mut fields = whole(2, "jane", data.as_bytes());
    fields.privacy = fields.privacy.map(|privacy| privacy.in_fields(&["name"]));
    let plain = whole(3, "jane", data.as_bytes()).with_privacy(None);
    let events = vec![whole(1, "jane", data.as_bytes()), fields, plain];
    let due: Vec<_> = events.iter().map(|event| event.payload.clone()).collect();
    store
        .append(append(1, ExpectedVersion::Any, events))
        .await
        .unwrap();
    let stored = inner.read_all_to_end().await;
    let flags: Vec<_> = stored.iter().map(|event| event.payload.flags).collect();
    let compressed = PayloadFlags::COMPRESSED;
    assert_eq!(
        flags,
        [
            compressed.with(PayloadFlags::ENCRYPTED),
            compressed.with(PayloadFlags::SEALED_FIELDS),
            compressed
        ]
    );
    assert!(stored[0].payload.data.len() < data.len() / 10);
    let read = store.read_all_to_end().await;
    for (read, due) in read.iter().zip(&due) {
        assert_eq!(read.payload, *due);
    }
}

/// Everything that a store holds.
trait ReadAll {
    async fn read_all_to_end(&self) -> Vec<es_core::RecordedEvent>;
}

impl<S: EventStore> ReadAll for S {
    async fn read_all_to_end(&self) -> Vec<es_core::RecordedEvent> {
        let range = es_core::AllRange::after(es_core::Position::START);
        self.read_all(&range).await.unwrap().events
    }
}
