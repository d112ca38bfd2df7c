use std::sync::Arc;
use std::time::Duration;

use es_core::memory::MemoryStore;
use es_core::repository::{LoadError, SnapshotPolicy};
use es_core::testing::ManualClock;
use es_core::{Clock, Repository, StreamVersion};
use es_serde::Json;

use super::claim::{Claim, created};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_past_can_be_loaded_by_version_and_by_time() {
    for keep in [0, 1, 3] {
        let clock = Arc::new(ManualClock::default());
        let store = MemoryStore::with_clock(clock.clone());
        let mut claims = Repository::<Claim>::new(store.clone(), Json).with_clock(clock.clone());
        if keep > 0 {
            let policy = SnapshotPolicy::every_events(2).keep(keep);
            claims = claims.with_snapshots(store, policy);
        }
        let before = clock.now();
        clock.advance(HOUR);
        claims.create(42, created(1)).await.unwrap();
        let mut times = vec![clock.now()];
        for _ in 0..9 {
            clock.advance(HOUR);
            claims.execute(42, Claim::add_note).await.unwrap();
            claims.snapshots_settled().await;
            times.push(clock.now());
        }

        for (time, notes) in times.iter().zip(0..) {
            let then = claims.load_at(42, time.plus(HOUR / 2)).await.unwrap();
            assert_eq!(
                (then.state().notes, then.version().get()),
                (notes, notes + 1)
            );
            let version = StreamVersion::new(notes + 1);
            let then = claims.load_at_version(42, version).await.unwrap();
            assert_eq!((then.state().notes, then.version()), (notes, version));
        }
        let error = claims.load_at(42, before).await.unwrap_err();
        assert!(matches!(error, LoadError::NotYet { .. }), "{error}");
        let error = claims
            .load_at_version(42, StreamVersion::new(11))
            .await
            .unwrap_err();
        assert!(
            matches!(&error, LoadError::NoSuchVersion { actual, .. } if actual.get() == 10),
            "{error}"
        );
    }
}
