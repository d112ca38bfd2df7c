//! The suites that every store must pass.

#![allow(
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

use std::sync::Arc;

use es_core::chain::ChainStore;
use es_core::testing::ManualClock;
use es_core::testing::conformance::{Ability, StoreFixture};
use es_core::{CheckpointStore, DocumentStore, EventStore, SnapshotStore};
use es_store_embedded::{EmbeddedOptions, EmbeddedStore};

struct EmbeddedFixture {
    directory: tempfile::TempDir,
    clock: ManualClock,
    store: EmbeddedStore,
}

impl EmbeddedFixture {
    async fn new(chained: bool) -> Self {
        let directory = tempfile::tempdir().expect("a directory for the test");
        let clock = ManualClock::new();
        let store = Self::open(&directory, &clock, chained).await;
        Self {
            directory,
            clock,
            store,
        }
    }

    async fn open(
        directory: &tempfile::TempDir,
        clock: &ManualClock,
        chained: bool,
    ) -> EmbeddedStore {
        let options = EmbeddedOptions::default()
            .clock(Arc::new(clock.clone()))
            .hash_chain(chained);
        EmbeddedStore::open_with(directory.path(), options)
            .await
            .expect("the store opens")
    }
}

#[async_trait::async_trait]
impl StoreFixture for EmbeddedFixture {
    const SUPPORTS: &'static [Ability] = &[
        Ability::MultiStreamAppend,
        Ability::CheckOnlyStreams,
        Ability::AppendIdsForAny,
        Ability::EventIdLookup,
        Ability::Snapshots,
        Ability::Checkpoints,
        Ability::Documents,
        Ability::HashChain,
        Ability::Restart,
        Ability::ManualClock,
    ];

    async fn fresh() -> Self {
        Self::new(false).await
    }

    async fn chained() -> Option<Self> {
        Some(Self::new(true).await)
    }

    fn links(&self) -> Option<Arc<dyn ChainStore>> {
        Some(Arc::new(self.store.clone()))
    }

    fn events(&self) -> Arc<dyn EventStore> {
        Arc::new(self.store.clone())
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(self.store.clone()))
    }

    fn checkpoints(&self) -> Option<Arc<dyn CheckpointStore>> {
        Some(Arc::new(self.store.clone()))
    }

    fn documents(&self) -> Option<Arc<dyn DocumentStore>> {
        Some(Arc::new(self.store.clone()))
    }

    fn clock(&self) -> Option<ManualClock> {
        Some(self.clock.clone())
    }

    async fn reopen(&mut self) -> bool {
        self.store.close().await.expect("the store closes");
        // A chained log stays one, whatever is wanted.
        self.store = Self::open(&self.directory, &self.clock, false).await;
        true
    }
}

es_core::conformance! { name: embedded, fixture: EmbeddedFixture }
