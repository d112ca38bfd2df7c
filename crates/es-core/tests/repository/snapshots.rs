use std::sync::Arc;
use std::time::Duration;

use es_core::memory::MemoryStore;
use es_core::repository::SnapshotPolicy;
use es_core::testing::ManualClock;
use es_core::{Repository, Snapshot, SnapshotStore, StreamId, StreamVersion, TypeVersion};
use es_serde::Json;

use super::claim::{Claim, claims, created, notes};
use super::probe::Probe;

fn stream() -> StreamId {
    "Claim/42".parse().unwrap()
}

async fn newest(store: &MemoryStore) -> Option<Snapshot> {
    store
        .load_snapshot(&stream(), StreamVersion::MAX)
        .await
        .unwrap()
}

/// A claim of 101 events, with a snapshot at the last of them.
async fn long_claim(probe: &Probe, policy: SnapshotPolicy) -> Repository<Claim> {
    let claims =
        Repository::<Claim>::new(probe.clone(), Json).with_snapshots(probe.inner.clone(), policy);
    claims.create(42, created(9)).await.unwrap();
    let mut claim = claims.load(42).await.unwrap();
    notes(100).into_iter().for_each(|note| claim.raise(note));
    claims.save(&mut claim).await.unwrap();
    claims.snapshots_settled().await;
    probe.events_read();
    claims
}

#[tokio::test]
async fn loading_starts_at_the_snapshot_and_gives_the_same_state() {
    let probe = Probe::default();
    let claims = long_claim(&probe, SnapshotPolicy::every_events(100)).await;
    assert_eq!(newest(&probe.inner).await.unwrap().version.get(), 101);
    let short = claims.load(42).await.unwrap();
    // The one event shows that the snapshot belongs to this stream.
    assert_eq!(probe.events_read(), 1);
    let full = Repository::<Claim>::new(probe.clone(), Json)
        .load(42)
        .await
        .unwrap();
    assert_eq!(probe.events_read(), 101);
    assert_eq!(
        (short.state(), short.version()),
        (full.state(), full.version())
    );
}

#[tokio::test]
async fn a_snapshot_of_another_shape_or_damaged_is_dropped_and_history_replayed() {
    let probe = Probe::default();
    let policy = SnapshotPolicy::every_events(100);
    long_claim(&probe, policy).await;
    let later = Repository::<Claim>::new(probe.clone(), Json).with_snapshots(
        probe.inner.clone(),
        policy.state_version(TypeVersion::new(2, 0)),
    );
    assert_eq!(later.load(42).await.unwrap().state().notes, 100);
    assert_eq!(
        (probe.events_read(), newest(&probe.inner).await),
        (101, None)
    );

    let probe = Probe::default();
    let claims = long_claim(&probe, policy).await;
    let mut damaged = newest(&probe.inner).await.unwrap();
    damaged.payload.data = damaged.payload.data.slice(..5);
    probe.inner.save_snapshot(damaged, 1).await.unwrap();
    assert_eq!(claims.load(42).await.unwrap().state().notes, 100);
    assert_eq!(
        (probe.events_read(), newest(&probe.inner).await),
        (101, None)
    );
}

#[tokio::test]
async fn a_snapshot_ahead_of_its_stream_is_dropped() {
    let probe = Probe::default();
    let claims = long_claim(&probe, SnapshotPolicy::every_events(100)).await;
    let ahead = Snapshot {
        version: StreamVersion::new(500),
        ..newest(&probe.inner).await.unwrap()
    };
    probe.inner.save_snapshot(ahead, 2).await.unwrap();
    assert_eq!(claims.load(42).await.unwrap().version().get(), 101);
    assert_eq!(newest(&probe.inner).await, None);
}

#[tokio::test]
async fn the_policy_says_when() {
    let clock = Arc::new(ManualClock::default());
    let store = MemoryStore::with_clock(clock.clone());
    let versions = async |policy: SnapshotPolicy, id: u32| {
        let claims = claims(&store)
            .with_clock(clock.clone())
            .with_snapshots(store.clone(), policy);
        claims.create(id, created(1)).await.unwrap();
        let stream = StreamId::new("Claim", id).unwrap();
        let mut taken = Vec::new();
        for _ in 0..12 {
            clock.advance(Duration::from_secs(10));
            claims.execute(id, Claim::add_note).await.unwrap();
            claims.snapshots_settled().await;
            let newest = store
                .load_snapshot(&stream, StreamVersion::MAX)
                .await
                .unwrap();
            taken.extend(newest.map(|snapshot| snapshot.version.get()));
        }
        taken.dedup();
        taken
    };
    assert_eq!(versions(SnapshotPolicy::never(), 1).await, [0; 0]);
    assert_eq!(versions(SnapshotPolicy::every_events(5), 2).await, [5, 10]);
    assert_eq!(versions(SnapshotPolicy::every_bytes(1), 3).await.len(), 12);
    assert_eq!(
        versions(SnapshotPolicy::every_bytes(50), 4).await,
        [4, 7, 10, 13]
    );
    let by_age = SnapshotPolicy::never().or_every(Duration::from_secs(40));
    assert_eq!(versions(by_age, 5).await.len(), 3);
}

#[tokio::test]
async fn so_many_are_kept_as_the_policy_says() {
    let store = MemoryStore::new();
    let claims =
        claims(&store).with_snapshots(store.clone(), SnapshotPolicy::every_events(1).keep(3));
    claims.create(42, created(1)).await.unwrap();
    for _ in 0..6 {
        claims.execute(42, Claim::add_note).await.unwrap();
        claims.snapshots_settled().await;
    }
    let stream = stream();
    let at_most = |version| store.load_snapshot(&stream, StreamVersion::new(version));
    assert_eq!(at_most(5).await.unwrap().unwrap().version.get(), 5);
    assert_eq!(at_most(4).await.unwrap(), None);
}
