//! After an erasure nothing of a subject is left anywhere, and histories still load.

use es_core::repository::SnapshotPolicy;
use es_core::{
    AllRange, CodecSet, EventCoding, EventStore, Personal, Position, Repository, SnapshotStore,
    StreamVersion,
};
use es_serde::Json;

use crate::material::{Claim, ClaimEvent, claim, created, letter, packed};

#[tokio::test]
async fn a_history_loads_without_what_was_erased() {
    let (store, _, keys) = packed();
    let claims = Repository::<Claim>::new(store, Json);
    for (id, claimant) in [(1, "jane"), (2, "john")] {
        let paid = ClaimEvent::ClaimPaid { amount: 900 };
        claims
            .create(id, [created(claimant), letter(claimant), paid])
            .await
            .unwrap();
    }
    keys.erase("jane").await.unwrap();
    let jane = claims.load(1).await.unwrap();
    assert_eq!(
        *jane.state(),
        Claim {
            claimant: "jane".to_owned(),
            diagnosis: Some(Personal::Erased),
            amount: 1_000,
            paid: 900,
            letters: Vec::new(),
            erased: 1,
        }
    );
    assert_eq!(jane.version(), StreamVersion::new(3));
    let john = claims.load(2).await.unwrap();
    assert_eq!(john.state().letters, ["SECRET letter"]);
    assert_eq!(john.state().erased, 0);
}

#[tokio::test]
async fn a_snapshot_of_the_time_before_is_not_used() {
    let (store, inner, keys) = packed();
    let claims = Repository::<Claim>::new(store.clone(), Json)
        .with_snapshots(store.clone(), SnapshotPolicy::every_events(2));
    claims.create(1, created("jane")).await.unwrap();
    for _ in 0..3 {
        claims
            .execute(1, |_: &Claim| {
                Ok::<_, std::convert::Infallible>(letter("jane"))
            })
            .await
            .unwrap();
        claims.snapshots_settled().await;
    }
    let stored = inner
        .load_snapshot(&claim(1), StreamVersion::MAX)
        .await
        .unwrap();
    let stored = stored.expect("a snapshot was taken");
    assert!(
        !stored
            .payload
            .data
            .windows(6)
            .any(|bytes| bytes == b"SECRET")
    );
    assert_eq!(claims.load(1).await.unwrap().state().letters.len(), 3);
    keys.erase("jane").await.unwrap();
    let erased = claims.load(1).await.unwrap();
    assert_eq!(erased.state().letters.len(), 0);
    assert_eq!(erased.state().erased, 3);
    assert_eq!(erased.state().diagnosis, Some(Personal::Erased));
}

#[tokio::test]
async fn a_rebuilt_read_model_does_not_hold_it() {
    let (store, _, keys) = packed();
    let claims = Repository::<Claim>::new(store.clone(), Json);
    claims
        .create(1, [created("jane"), letter("jane")])
        .await
        .unwrap();
    claims.create(2, [created("john")]).await.unwrap();
    keys.erase("jane").await.unwrap();
    let page = store
        .read_all(&AllRange::after(Position::START))
        .await
        .unwrap();
    let codecs = CodecSet::new(Json);
    let events = page.events.iter();
    let model: Vec<ClaimEvent> = events
        .flat_map(|event| codecs.decode_event(event).unwrap())
        .collect();
    let shown = serde_json::to_string(&model).unwrap();
    assert!(
        !shown.contains("SECRET of jane") && !shown.contains("letter"),
        "{shown}"
    );
    assert!(shown.contains("SECRET of john"), "{shown}");
}

#[tokio::test]
async fn nothing_new_is_written_about_an_erased_subject_by_accident() {
    let (store, _, keys) = packed();
    let claims = Repository::<Claim>::new(store, Json);
    claims.create(1, created("jane")).await.unwrap();
    keys.erase("jane").await.unwrap();
    let refused = claims.create(2, created("jane")).await.unwrap_err();
    let shown = format!("{refused:?}");
    assert!(shown.contains("SubjectErased"), "{shown}");
    assert!(!claims.exists(2).await.unwrap());
}
