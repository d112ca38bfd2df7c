use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use es_core::memory::MemoryStore;
use es_core::repository::{ExecuteError, LoadError, RetryPolicy};
use es_core::testing::{Fault, FaultStore, Operation, SequentialIds};
use es_core::{
    Aggregate, AggregateRoot, EventStoreExt, Metadata, Repository, StreamRange, StreamVersion,
};
use es_serde::Json;

use super::claim::{Claim, ClaimEvent, SubmittedAlready, claims, created, notes};

#[tokio::test]
async fn a_command_appends_what_it_decides() {
    let store = MemoryStore::new();
    let claims = claims(&store);
    claims.create(42, created(1_000)).await.unwrap();
    let done = claims.execute(42, Claim::submit).await.unwrap();
    assert_eq!((done.version, done.conflicts), (StreamVersion::new(2), 0));
    assert_eq!(done.appended.unwrap().last_position.get(), 2);
    let claim = claims.load(42).await.unwrap();
    assert_eq!(
        (claim.state().amount, claim.state().submitted),
        (1_000, true)
    );
}

#[tokio::test]
async fn a_refusal_is_the_domains_own_error_and_writes_nothing() {
    let store = MemoryStore::new();
    let claims = claims(&store);
    claims.create(42, created(1)).await.unwrap();
    claims.execute(42, Claim::submit).await.unwrap();
    let error = claims.execute(42, Claim::submit).await.unwrap_err();
    assert_eq!(error.refused(), Some(SubmittedAlready));
    assert_eq!(
        store
            .stream_version(&"Claim/42".parse().unwrap())
            .await
            .unwrap()
            .get(),
        2
    );
}

#[tokio::test]
async fn a_command_with_nothing_to_do_succeeds_and_writes_nothing() {
    let claims = claims(&MemoryStore::new());
    claims.create(42, created(1)).await.unwrap();
    claims.execute(42, Claim::ensure_submitted).await.unwrap();
    let again = claims.execute(42, Claim::ensure_submitted).await.unwrap();
    assert_eq!((again.appended, again.version.get()), (None, 2));
}

#[tokio::test]
async fn a_command_on_nothing_is_refused_and_creating_twice_conflicts() {
    let claims = claims(&MemoryStore::new());
    let error = claims.execute(42, Claim::submit).await.unwrap_err();
    assert!(
        matches!(error, ExecuteError::Load(LoadError::NotFound { .. })),
        "{error}"
    );
    assert!(!claims.exists(42).await.unwrap());
    claims.create(42, created(1)).await.unwrap();
    assert!(
        claims
            .create(42, created(2))
            .await
            .unwrap_err()
            .is_conflict()
    );
    assert!(claims.create(43, Vec::<ClaimEvent>::new()).await.is_err());
    assert!(claims.create("", created(1)).await.is_err());
}

#[tokio::test]
async fn raised_events_are_saved_together_or_kept() {
    let store = MemoryStore::new();
    let claims = claims(&store);
    let mut claim = AggregateRoot::<Claim>::new(Claim::stream(42).unwrap());
    claim.raise(created(7));
    claim.raise(ClaimEvent::ClaimSubmitted);
    assert_eq!(
        claims
            .save(&mut claim)
            .await
            .unwrap()
            .unwrap()
            .version()
            .get(),
        2
    );
    assert_eq!((claim.version().get(), claim.uncommitted().len()), (2, 0));
    assert_eq!(claims.save(&mut claim).await.unwrap(), None);

    let mut late = claims.load(42).await.unwrap();
    claims.execute(42, Claim::add_note).await.unwrap();
    late.raise(notes(1).remove(0));
    assert!(claims.save(&mut late).await.unwrap_err().is_conflict());
    assert_eq!((late.version().get(), late.uncommitted().len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_commands_at_once_each_is_stored_once() {
    let store = MemoryStore::new();
    let claims = claims(&store).with_retry(RetryPolicy::default().retries(10_000));
    claims.create(42, created(1)).await.unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let claims = claims.clone();
            tokio::spawn(async move { claims.execute(42, Claim::add_note).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let claim = claims.load(42).await.unwrap();
    assert_eq!((claim.version().get(), claim.state().notes), (65, 64));
    // Each was decided on the state it was appended to.
    let events = store
        .read_stream_to_end(claim.stream(), StreamRange::all())
        .await
        .unwrap();
    for (event, n) in events.iter().skip(1).zip(1..) {
        assert_eq!(
            &event.payload.data[..],
            format!(r#"{{"text":"note {n}"}}"#).as_bytes()
        );
    }
}

#[tokio::test]
async fn a_conflict_is_decided_again_on_the_new_state() {
    let store = FaultStore::new(MemoryStore::new());
    let claims = Repository::<Claim>::new(store.clone(), Json);
    claims.create(42, created(1)).await.unwrap();
    store.add(Fault::Conflict);
    let decided = AtomicUsize::new(0);
    let done = claims
        .execute(42, |claim| {
            decided.fetch_add(1, Ordering::Relaxed);
            claim.add_note()
        })
        .await
        .unwrap();
    assert_eq!((done.conflicts, decided.into_inner()), (1, 2));
}

#[tokio::test]
async fn retries_are_bounded() {
    let store = FaultStore::new(MemoryStore::new());
    let policy = RetryPolicy::default().retries(3);
    let claims = Repository::<Claim>::new(store.clone(), Json).with_retry(policy);
    claims.create(42, created(1)).await.unwrap();
    for _ in 0..4 {
        store.add(Fault::Conflict);
    }
    assert!(
        claims
            .execute(42, Claim::submit)
            .await
            .unwrap_err()
            .is_conflict()
    );
    assert!(!claims.load(42).await.unwrap().state().submitted);
    claims.execute(42, Claim::submit).await.unwrap();
}

#[tokio::test]
async fn a_lost_reply_is_resolved_by_repeating() {
    let store = FaultStore::new(MemoryStore::new());
    let claims = Repository::<Claim>::new(store.clone(), Json);
    claims.create(42, created(1)).await.unwrap();
    store.add(Fault::LostReply);
    let done = claims.execute(42, Claim::add_note).await.unwrap();
    assert!(done.appended.unwrap().repeated);
    assert_eq!(claims.load(42).await.unwrap().state().notes, 1);
}

#[tokio::test]
async fn what_stays_unknown_is_said_to_be_unknown() {
    let store = FaultStore::new(MemoryStore::new());
    let policy = RetryPolicy::default().retries(2);
    let claims = Repository::<Claim>::new(store.clone(), Json).with_retry(policy);
    claims.create(42, created(1)).await.unwrap();
    store.add(Fault::LostReply);
    store.add(Fault::Unavailable(Operation::Append));
    store.add(Fault::Unavailable(Operation::Append));
    assert!(
        claims
            .execute(42, Claim::add_note)
            .await
            .unwrap_err()
            .is_unknown()
    );
    assert_eq!(claims.load(42).await.unwrap().state().notes, 1);
}

#[tokio::test]
async fn events_carry_the_repositorys_metadata_and_ids() {
    let store = MemoryStore::new();
    let claims = claims(&store)
        .with_metadata(Metadata::new().with_correlation("case-7"))
        .with_ids(Arc::new(SequentialIds::default()));
    claims
        .create(42, [created(1), ClaimEvent::ClaimSubmitted])
        .await
        .unwrap();
    let stream = Claim::stream(42).unwrap();
    let events = store
        .read_stream_to_end(&stream, StreamRange::all())
        .await
        .unwrap();
    assert!(
        events
            .iter()
            .all(|event| event.metadata.correlation() == Some("case-7"))
    );
    assert!(events[0].metadata.shares(&events[1].metadata));
    assert!(events[0].id < events[1].id);
}
