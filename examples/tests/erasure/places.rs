//! All the places where something about a subject is written.

use std::convert::Infallible;

use event_sourcing::core::{
    DocumentKind, DocumentName, DocumentStore, Personal, Privacy, Revision, SnapshotStore,
};
use event_sourcing::serde::seal::{LocalKeys, Opened, SealContext, Sealer, SubjectKeys};
use event_sourcing::serde::{Json, PackedStore};
use event_sourcing::{
    AllRange, CodecSet, EventCoding, EventStore, Position, Repository, SnapshotPolicy,
    StreamVersion,
};

use crate::office::{Claim, ClaimEvent, created, letter};

const SUBJECT: &str = "jane";
const OTHER: &str = "john";
const SAGA: &str = "saga/claim-1";

/// Writes, erases and reads, each with a store that is opened for it.
pub(crate) async fn erased_everywhere<S>(open: impl AsyncFn() -> S)
where
    S: EventStore + SnapshotStore + DocumentStore + Clone + 'static,
{
    write(open().await).await;
    before(open().await).await;
    assert!(keys(&open().await).erase(SUBJECT).await.is_ok());
    after(open().await).await;
}

fn keys<S: DocumentStore + Clone + 'static>(store: &S) -> SubjectKeys {
    let kek = "2026:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    SubjectKeys::new(store.clone(), LocalKeys::parse(kek).unwrap())
}

fn claims<S>(store: &S) -> Repository<Claim>
where
    S: EventStore + SnapshotStore + DocumentStore + Clone + 'static,
{
    let packed = PackedStore::new(store.clone()).with_keys(keys(store));
    let policy = SnapshotPolicy::every_events(2);
    Repository::new(packed.clone(), Json).with_snapshots(packed, policy)
}

async fn write<S>(store: S)
where
    S: EventStore + SnapshotStore + DocumentStore + Clone + 'static,
{
    let claims = claims(&store);
    for (id, claimant) in [(1, SUBJECT), (2, OTHER)] {
        claims.create(id, created(claimant)).await.unwrap();
        let decide = |_: &Claim| Ok::<_, Infallible>(letter(claimant));
        claims.execute(id, decide).await.unwrap();
        claims.snapshots_settled().await;
        let pay = |_: &Claim| Ok::<_, Infallible>(ClaimEvent::ClaimPaid { amount: 900 });
        claims.execute(id, pay).await.unwrap();
    }
    // The state of a saga, and an event that could not be handled, as a consumer keeps them.
    let sealer = Sealer::new(keys(&store));
    let (about, place) = (Privacy::of(SUBJECT), SealContext::Other(SAGA));
    let sealed = sealer.seal(&about, place, b"state of jane").await;
    save(&store, "saga", sealed.unwrap()).await;
    let letter = events(&store).await.remove(1);
    save(&store, "dead-letter", serde_json::to_vec(&letter).unwrap()).await;
}

async fn save(store: &impl DocumentStore, name: &'static str, content: Vec<u8>) {
    let kind = DocumentKind::from_static("kept");
    let name = DocumentName::from_static(name);
    let saved = store.save_document(&kind, &name, Revision::ABSENT, content.into());
    saved.await.unwrap();
}

async fn kept(store: &impl DocumentStore, name: &'static str) -> Vec<u8> {
    let kind = DocumentKind::from_static("kept");
    let name = DocumentName::from_static(name);
    let found = store.load_document(&kind, &name).await.unwrap();
    found.unwrap().content.to_vec()
}

/// What the store itself holds, below the encryption.
async fn events(store: &impl EventStore) -> Vec<event_sourcing::RecordedEvent> {
    let all = AllRange::after(Position::START);
    store.read_all(&all).await.unwrap().events
}

async fn read_model(
    store: &(impl EventStore + DocumentStore + Clone + 'static),
) -> Vec<ClaimEvent> {
    let packed = PackedStore::new(store.clone()).with_keys(keys(store));
    let codecs = CodecSet::new(Json);
    let events = events(&packed).await;
    let decoded = events
        .iter()
        .flat_map(|event| codecs.decode_event(event).unwrap());
    decoded.collect()
}

/// Everything can be read by who has the keys, and nothing by who has only the store.
async fn before<S>(store: S)
where
    S: EventStore + SnapshotStore + DocumentStore + Clone + 'static,
{
    let jane = claims(&store).load(1).await.unwrap();
    assert_eq!(jane.state().letters, ["letter of jane"]);
    let diagnosis = Personal::new("diagnosis of jane".to_owned());
    assert_eq!(jane.state().diagnosis, Some(diagnosis));
    for event in events(&store).await {
        assert_hidden(&event.payload.data);
    }
    let stream = jane.stream();
    let snapshot = store
        .load_snapshot(stream, StreamVersion::MAX)
        .await
        .unwrap();
    assert_hidden(&snapshot.unwrap().payload.data);
    assert_hidden(&kept(&store, "saga").await);
    assert_hidden(&kept(&store, "dead-letter").await);
    let opened = Sealer::new(keys(&store))
        .open(SealContext::Other(SAGA), &kept(&store, "saga").await)
        .await;
    assert_eq!(opened.unwrap(), Opened::Content(b"state of jane".to_vec()));
}

fn assert_hidden(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for secret in ["diagnosis of", "letter of", "state of"] {
        assert!(!text.contains(secret), "{secret:?} is stored in the clear");
    }
}

async fn after<S>(store: S)
where
    S: EventStore + SnapshotStore + DocumentStore + Clone + 'static,
{
    let claims = claims(&store);
    let erased = Claim {
        claimant: SUBJECT.to_owned(),
        diagnosis: Some(Personal::Erased),
        letters: Vec::new(),
        erased: 1,
        paid: 900,
    };
    assert_eq!(*claims.load(1).await.unwrap().state(), erased);
    let other = claims.load(2).await.unwrap();
    assert_eq!(other.state().letters, ["letter of john"]);

    let model = serde_json::to_string(&read_model(&store).await).unwrap();
    assert!(
        !model.contains("of jane") && model.contains("diagnosis of john"),
        "{model}"
    );

    let sealer = Sealer::new(keys(&store));
    let saga = sealer
        .open(SealContext::Other(SAGA), &kept(&store, "saga").await)
        .await;
    assert_eq!(saga.unwrap(), Opened::Erased);

    // Redriven, the dead letter is what the event is: erased.
    let letter: event_sourcing::RecordedEvent =
        serde_json::from_slice(&kept(&store, "dead-letter").await).unwrap();
    let packed = PackedStore::new(store.clone()).with_keys(keys(&store));
    let letter = packed.unpack(letter).await.unwrap();
    let decoded: Vec<ClaimEvent> = CodecSet::new(Json).decode_event(&letter).unwrap().collect();
    assert_eq!(decoded, [ClaimEvent::Erased]);
}
