//! Content that was moved or changed does not open.

use es_core::memory::MemoryStore;
use es_core::{
    AllRange, Append, EventStore, ExpectedVersion, NewEvent, Position, ReadError, RecordedEvent,
    StreamId, TypeName,
};
use es_serde::PackedStore;

use crate::material::{append, claim, keys, packed, whole};

async fn stored(inner: &MemoryStore) -> RecordedEvent {
    let all = AllRange::after(Position::START);
    inner.read_all(&all).await.unwrap().events.remove(0)
}

/// Puts an event into another store under the same keys, as somebody with access to it could.
async fn reading_of(event: RecordedEvent, keys_of: &MemoryStore) -> Result<(), ReadError> {
    let inner = MemoryStore::new();
    for version in 1..event.version.get() {
        let filler = whole(u128::from(version) + 900, "x", b"{}").with_privacy(None);
        let filler = Append::new(event.stream.clone(), ExpectedVersion::Any, [filler]).unwrap();
        inner.append(filler).await.unwrap();
    }
    let copy = NewEvent::new(event.id, event.name, event.payload).with_metadata(event.metadata);
    let copy = Append::new(event.stream, ExpectedVersion::Any, [copy]).unwrap();
    inner.append(copy).await.unwrap();
    let store = PackedStore::new(inner).with_keys(keys(keys_of));
    let all = AllRange::after(Position::START);
    store.read_all(&all).await.map(drop)
}

#[tokio::test]
async fn content_that_was_moved_does_not_open() {
    let (store, inner, _) = packed();
    let event = whole(1, "jane", b"{}");
    store
        .append(append(1, ExpectedVersion::NoStream, vec![event]))
        .await
        .unwrap();
    let event = stored(&inner).await;
    reading_of(event.clone(), &inner).await.unwrap();

    let mut moves: Vec<(&str, RecordedEvent)> = Vec::new();
    let mut other = event.clone();
    other.stream = claim(2);
    moves.push(("to another stream", other));
    let mut other = event.clone();
    other.stream = StreamId::new("Policy", 1).unwrap();
    moves.push(("to another category", other));
    let mut other = event.clone();
    other.version = other.version.next();
    moves.push(("to another version", other));
    let mut other = event.clone();
    other.id = whole(2, "jane", b"").id;
    moves.push(("to another event", other));
    let mut other = event.clone();
    other.name = TypeName::from_static("Other");
    moves.push(("to another type", other));
    let mut other = event.clone();
    other.payload.version = es_core::TypeVersion::new(1, 1);
    moves.push(("to another type version", other));
    let mut other = event;
    other.payload.codec = es_core::CodecId::from_static("avro");
    moves.push(("to another format", other));
    for (what, moved) in moves {
        let error = reading_of(moved, &inner).await.unwrap_err();
        assert!(
            matches!(error, ReadError::Corrupt { .. }),
            "{what}: {error:?}"
        );
    }
}

/// An append that expects any version does not know its own, and is bound to all the rest.
#[tokio::test]
async fn without_an_expected_version_the_event_id_binds() {
    let (store, inner, _) = packed();
    let event = whole(1, "jane", b"{}");
    store
        .append(append(1, ExpectedVersion::Any, vec![event]))
        .await
        .unwrap();
    let mut event = stored(&inner).await;
    event.version = event.version.next();
    reading_of(event.clone(), &inner).await.unwrap();
    event.id = whole(2, "jane", b"").id;
    assert!(reading_of(event, &inner).await.is_err());
}

#[tokio::test]
async fn a_changed_event_is_named_and_the_others_of_its_page_are_not() {
    let (store, inner, _) = packed();
    for n in 1..=3_u64 {
        let event = whole(n.into(), "jane", b"{}");
        store
            .append(append(n, ExpectedVersion::Any, vec![event]))
            .await
            .unwrap();
    }
    let tampered = MemoryStore::new();
    let all = AllRange::after(Position::START);
    for event in inner.read_all(&all).await.unwrap().events {
        let mut data = event.payload.data.to_vec();
        if event.position == Position::new(2) {
            *data.last_mut().unwrap() ^= 1;
        }
        let mut payload = event.payload;
        payload.data = data.into();
        let copy = NewEvent::new(event.id, event.name, payload);
        let copy = Append::new(event.stream, ExpectedVersion::Any, [copy]).unwrap();
        tampered.append(copy).await.unwrap();
    }
    let store = PackedStore::new(tampered).with_keys(keys(&inner));
    match store.read_all(&all).await.unwrap_err() {
        ReadError::Corrupt { position, .. } => assert_eq!(position, Position::new(2)),
        other => panic!("{other:?}"),
    }
}
