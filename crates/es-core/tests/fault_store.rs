//! The store that fails by a script: each fault, and nothing but the fault.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails in a helper of a test fails the test"
)]

mod fixtures;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use es_core::chain::ChainStore;
use es_core::memory::MemoryStore;
use es_core::testing::conformance::{Ability, StoreFixture};
use es_core::testing::{Fault, FaultStore, ManualClock, Operation, run, sample_event};
use es_core::{
    AllRange, Append, AppendError, CheckpointError, CheckpointName, CheckpointStore, DocumentStore,
    EventStore, ExpectedVersion, Position, ReadError, Snapshot, SnapshotError, SnapshotStore,
    StreamId, StreamRange, StreamVersion,
};

/// A memory store inside a fault store without faults.
struct FaultFixture(fixtures::MemoryFixture);

#[async_trait]
impl StoreFixture for FaultFixture {
    const SUPPORTS: &'static [Ability] = fixtures::MEMORY_SUPPORTS;

    async fn fresh() -> Self {
        Self(fixtures::MemoryFixture::fresh().await)
    }

    async fn chained() -> Option<Self> {
        fixtures::MemoryFixture::chained().await.map(Self)
    }

    fn links(&self) -> Option<Arc<dyn ChainStore>> {
        Some(Arc::new(FaultStore::new(self.0.links()?)))
    }

    fn events(&self) -> Arc<dyn EventStore> {
        Arc::new(FaultStore::new(self.0.events()))
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(FaultStore::new(self.0.snapshots()?)))
    }

    fn checkpoints(&self) -> Option<Arc<dyn CheckpointStore>> {
        Some(Arc::new(FaultStore::new(self.0.checkpoints()?)))
    }

    fn documents(&self) -> Option<Arc<dyn DocumentStore>> {
        Some(Arc::new(FaultStore::new(self.0.documents()?)))
    }

    fn clock(&self) -> Option<ManualClock> {
        self.0.clock()
    }
}

es_core::conformance! { name: without_faults, fixture: FaultFixture }

type Faulty = FaultStore<MemoryStore>;

fn faulty(fault: Fault) -> Faulty {
    FaultStore::new(MemoryStore::new()).inject(fault)
}

fn stream() -> StreamId {
    "Claim/1".parse().unwrap()
}

fn append(number: u64) -> Append {
    Append::new(stream(), ExpectedVersion::Any, [sample_event(number)]).unwrap()
}

async fn stored(store: &Faulty) -> u64 {
    store.inner().head().await.unwrap().get()
}

#[test]
fn an_unavailable_append_writes_nothing_and_the_next_one_works() {
    run(async {
        let store = faulty(Fault::Unavailable(Operation::Append));
        let error = store.append(append(1)).await.unwrap_err();
        assert!(error.is_retryable() && !error.is_unknown(), "{error:?}");
        assert_eq!(stored(&store).await, 0);
        assert!(!store.append(append(1)).await.unwrap().repeated);
        assert_eq!(
            (
                store.calls(Operation::Append),
                store.injected(Operation::Append)
            ),
            (2, 1)
        );
    });
}

#[test]
fn a_lost_reply_wrote_and_a_repeat_finds_out() {
    run(async {
        let store = faulty(Fault::LostReply);
        assert!(store.append(append(1)).await.unwrap_err().is_unknown());
        assert_eq!(stored(&store).await, 1);
        assert!(store.append(append(1)).await.unwrap().repeated);
    });
}

#[test]
fn a_lost_request_wrote_nothing_and_a_repeat_finds_out() {
    run(async {
        let store = faulty(Fault::LostRequest);
        assert!(store.append(append(1)).await.unwrap_err().is_unknown());
        assert_eq!(stored(&store).await, 0);
        assert!(!store.append(append(1)).await.unwrap().repeated);
    });
}

#[test]
fn an_injected_conflict_names_the_stream_and_its_version() {
    run(async {
        let store = faulty(Fault::Pass(Operation::Append)).inject(Fault::Conflict);
        store.append(append(1)).await.unwrap();
        let error = store.append(append(2)).await.unwrap_err();
        let AppendError::Conflict(conflict) = error else {
            panic!("{error:?}")
        };
        assert_eq!(
            (conflict.stream, conflict.actual),
            (stream(), StreamVersion::new(1))
        );
        assert_eq!(stored(&store).await, 1);
    });
}

#[test]
fn an_append_that_is_overtaken_conflicts_for_a_reason() {
    run(async {
        let store = faulty(Fault::Overtaken(append(1)));
        let late = Append::new(stream(), ExpectedVersion::NoStream, [sample_event(2)]).unwrap();
        let error = store.append(late).await.unwrap_err();
        assert!(error.is_conflict(), "{error:?}");
        assert_eq!(stored(&store).await, 1);
        let overtaken = faulty(Fault::Overtaken(append(1)));
        assert_eq!(
            overtaken.append(append(2)).await.unwrap().version(),
            StreamVersion::new(2)
        );
    });
}

#[test]
fn a_delay_lasts_as_long_as_its_clock_says() {
    run(async {
        let clock = ManualClock::new();
        let delay = Fault::Delay(Operation::Append, Duration::from_secs(60));
        let store = faulty(delay).with_clock(clock.clone());
        let late = tokio::spawn({
            let store = store.clone();
            async move { store.append(append(1)).await }
        });
        clock.wait_for_sleepers(1).await;
        assert_eq!(stored(&store).await, 0);
        clock.advance(Duration::from_secs(60));
        late.await.unwrap().unwrap();
        assert_eq!(stored(&store).await, 1);
    });
}

#[test]
fn a_delayed_append_that_is_dropped_is_not_done() {
    run(async {
        let clock = ManualClock::new();
        let delay = Fault::Delay(Operation::Append, Duration::from_secs(60));
        let store = faulty(delay).with_clock(clock.clone());
        let late = tokio::spawn({
            let store = store.clone();
            async move { store.append(append(1)).await }
        });
        clock.wait_for_sleepers(1).await;
        late.abort();
        assert!(late.await.is_err());
        assert_eq!(stored(&store).await, 0);
    });
}

#[test]
fn the_fault_behind_a_delay_belongs_to_the_same_call() {
    run(async {
        let store =
            faulty(Fault::Delay(Operation::Append, Duration::ZERO)).inject(Fault::LostReply);
        assert!(store.append(append(1)).await.unwrap_err().is_unknown());
        assert_eq!(store.waiting(Operation::Append), 0);
        assert_eq!(store.injected(Operation::Append), 2);
    });
}

#[test]
fn faults_come_in_order_and_only_to_their_operation() {
    run(async {
        let store = faulty(Fault::Pass(Operation::Append))
            .inject(Fault::Unavailable(Operation::Read))
            .inject(Fault::LostReply)
            .inject(Fault::Corrupt(Operation::Append));
        store.append(append(1)).await.unwrap();
        assert!(store.append(append(2)).await.unwrap_err().is_unknown());
        assert!(matches!(
            store.append(append(3)).await,
            Err(AppendError::Corrupt { .. })
        ));
        store.append(append(4)).await.unwrap();
        assert_eq!(store.waiting(Operation::Read), 1);
        assert_eq!(
            (
                store.calls(Operation::Append),
                store.injected(Operation::Append)
            ),
            (4, 2)
        );
    });
}

#[test]
fn every_way_to_read_can_fail() {
    run(async {
        let store = FaultStore::new(MemoryStore::new());
        let fail = || store.add(Fault::Unavailable(Operation::Read));
        let unavailable = |error: ReadError| assert!(error.is_retryable(), "{error:?}");
        fail();
        unavailable(
            store
                .read_stream(&stream(), StreamRange::all())
                .await
                .unwrap_err(),
        );
        fail();
        unavailable(
            store
                .read_all(&AllRange::after(Position::START))
                .await
                .unwrap_err(),
        );
        fail();
        unavailable(store.read_event(sample_event(1).id).await.unwrap_err());
        fail();
        unavailable(store.head().await.unwrap_err());
        store.add(Fault::Corrupt(Operation::Read));
        assert!(matches!(store.head().await, Err(ReadError::Corrupt { .. })));
        store.head().await.unwrap();
    });
}

#[test]
fn waiting_can_fail_and_end() {
    run(async {
        let store = faulty(Fault::Unavailable(Operation::Wait));
        let error = store.wait_past(Position::START).await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        store.add(Fault::Corrupt(Operation::Wait));
        assert!(matches!(
            store.wait_past(Position::START).await,
            Err(ReadError::Closed)
        ));
    });
}

#[test]
fn snapshots_can_fail_to_be_saved_and_loaded() {
    run(async {
        let store = faulty(Fault::Unavailable(Operation::SaveSnapshot))
            .inject(Fault::Corrupt(Operation::LoadSnapshot))
            .inject(Fault::Unavailable(Operation::LoadSnapshot));
        let snapshot = Snapshot {
            stream: stream(),
            version: StreamVersion::FIRST,
            name: sample_event(1).name,
            payload: sample_event(1).payload,
            taken_at: ManualClock::EPOCH,
            privacy: None,
        };
        let saved = store.save_snapshot(snapshot.clone(), 1).await;
        assert!(matches!(saved, Err(SnapshotError::Unavailable { .. })));
        store.save_snapshot(snapshot.clone(), 1).await.unwrap();
        let loaded = store.load_snapshot(&stream(), StreamVersion::MAX).await;
        assert!(matches!(loaded, Err(SnapshotError::Corrupt { .. })));
        let loaded = store.load_snapshot(&stream(), StreamVersion::MAX).await;
        assert!(matches!(loaded, Err(SnapshotError::Unavailable { .. })));
        let loaded = store.load_snapshot(&stream(), StreamVersion::MAX).await;
        assert_eq!(loaded.unwrap(), Some(snapshot));
    });
}

#[test]
fn a_checkpoint_whose_reply_is_lost_has_moved() {
    run(async {
        let store = faulty(Fault::Unavailable(Operation::SaveCheckpoint))
            .inject(Fault::LostCheckpointReply)
            .inject(Fault::Unavailable(Operation::LoadCheckpoint));
        let (name, to) = (CheckpointName::from_static("claims"), Position::new(5));
        let unavailable = |error: CheckpointError| {
            assert!(
                matches!(error, CheckpointError::Unavailable { .. }),
                "{error:?}"
            );
        };
        unavailable(
            store
                .save_checkpoint(&name, Position::START, to)
                .await
                .unwrap_err(),
        );
        assert_eq!(
            store.inner().load_checkpoint(&name).await.unwrap(),
            Position::START
        );
        unavailable(
            store
                .save_checkpoint(&name, Position::START, to)
                .await
                .unwrap_err(),
        );
        unavailable(store.load_checkpoint(&name).await.unwrap_err());
        assert_eq!(store.load_checkpoint(&name).await.unwrap(), to);
    });
}

#[test]
fn faults_that_wait_can_be_forgotten() {
    run(async {
        let store = faulty(Fault::LostReply);
        store.clear();
        store.append(append(1)).await.unwrap();
        assert_eq!(store.injected(Operation::Append), 0);
    });
}
