use es_core::Repository;
use es_core::memory::MemoryStore;
use es_core::testing::{Fault, FaultStore};
use es_serde::Json;

use super::claim::{Claim, SubmittedAlready, claims, created};
use super::probe::Probe;

#[tokio::test]
async fn a_live_aggregate_is_not_loaded_again() {
    let probe = Probe::default();
    let claims = Repository::<Claim>::new(probe.clone(), Json).with_cache(10);
    claims.create(42, created(1)).await.unwrap();
    claims.execute(42, Claim::add_note).await.unwrap();
    probe.events_read();
    for _ in 0..10 {
        claims.execute(42, Claim::add_note).await.unwrap();
    }
    assert_eq!(probe.events_read(), 0);
    assert_eq!(claims.load(42).await.unwrap().state().notes, 11);
}

#[tokio::test]
async fn a_created_one_is_live_and_need_not_be_loaded() {
    let probe = Probe::default();
    let claims = Repository::<Claim>::new(probe.clone(), Json).with_cache(10);
    let events = [created(7), Claim::default().add_note().unwrap()];
    claims.create(42, events).await.unwrap();
    let done = claims.execute(42, Claim::add_note).await.unwrap();
    assert_eq!((done.version.get(), done.conflicts), (3, 0));
    assert_eq!(probe.events_read(), 0);
    let stored = claims.load(42).await.unwrap();
    assert_eq!((stored.state().amount, stored.state().notes), (7, 2));
    // One that exists already is left as it is.
    assert!(
        claims
            .create(42, created(1))
            .await
            .unwrap_err()
            .is_conflict()
    );
    let live = claims.execute(42, |claim| {
        assert_eq!(claim.amount, 7);
        claim.add_note()
    });
    assert_eq!(live.await.unwrap().version.get(), 4);
}

#[tokio::test]
async fn a_stale_one_reads_only_the_tail_after_a_conflict() {
    let probe = Probe::default();
    let claims = Repository::<Claim>::new(probe.clone(), Json);
    let cached = claims.clone().with_cache(10);
    claims.create(42, created(1)).await.unwrap();
    cached.execute(42, Claim::add_note).await.unwrap();
    for _ in 0..5 {
        claims.execute(42, Claim::add_note).await.unwrap();
    }
    probe.events_read();
    let done = cached.execute(42, Claim::add_note).await.unwrap();
    assert_eq!((done.conflicts, probe.events_read()), (1, 5));
    assert_eq!(cached.load(42).await.unwrap().state().notes, 7);
}

#[tokio::test]
async fn a_command_is_refused_or_found_done_only_on_the_newest_state() {
    let store = MemoryStore::new();
    let other = claims(&store);
    let cached = claims(&store).with_cache(10);
    other.create(42, created(1)).await.unwrap();
    cached.execute(42, Claim::add_note).await.unwrap();
    let mut claim = other.load(42).await.unwrap();
    claim.raise(Claim::default().submit().unwrap());
    other.save(&mut claim).await.unwrap();

    // The cached state is not submitted; the stored one is.
    let unsubmit = |claim: &Claim| {
        if claim.submitted {
            claim.add_note()
        } else {
            Err(SubmittedAlready)
        }
    };
    assert!(
        cached
            .execute(42, unsubmit)
            .await
            .unwrap()
            .appended
            .is_some()
    );
}

#[tokio::test]
async fn an_unknown_outcome_leaves_the_cache_right() {
    let store = FaultStore::new(MemoryStore::new());
    let claims = Repository::<Claim>::new(store.clone(), Json)
        .with_cache(10)
        .with_retry(es_core::repository::RetryPolicy::never());
    claims.create(42, created(1)).await.unwrap();
    claims.execute(42, Claim::add_note).await.unwrap();
    store.add(Fault::LostReply);
    assert!(
        claims
            .execute(42, Claim::add_note)
            .await
            .unwrap_err()
            .is_unknown()
    );
    let claims = claims.with_retry(es_core::repository::RetryPolicy::default());
    assert_eq!(
        claims
            .execute(42, Claim::add_note)
            .await
            .unwrap()
            .version
            .get(),
        4
    );
    assert_eq!(claims.load(42).await.unwrap().state().notes, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn commands_to_one_aggregate_queue_up_in_place_of_conflicting() {
    let claims = claims(&MemoryStore::new()).with_cache(10);
    claims.create(42, created(1)).await.unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let claims = claims.clone();
            tokio::spawn(async move { claims.execute(42, Claim::add_note).await.unwrap() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().conflicts, 0);
    }
    assert_eq!(claims.load(42).await.unwrap().state().notes, 64);
}

#[tokio::test]
async fn the_cache_is_bounded() {
    let probe = Probe::default();
    let claims = Repository::<Claim>::new(probe.clone(), Json).with_cache(4);
    for id in 0..100 {
        claims.create(id, created(1)).await.unwrap();
        claims.execute(id, Claim::add_note).await.unwrap();
    }
    probe.events_read();
    for id in 0..100 {
        claims.execute(id, Claim::add_note).await.unwrap();
    }
    assert!(probe.events_read() >= 2 * 90);
}
