//! What the integration tests share: stores in databases of their own.

mod options;

use std::sync::Arc;

use es_core::chain::ChainStore;
use es_core::testing::ManualClock;
use es_core::testing::conformance::{Ability, StoreFixture};
use es_core::{CheckpointStore, DocumentStore, EventStore, SnapshotStore};
use es_store_mongo::{Indexes, MongoStore};
use es_testkit::mongo::shared;

/// A store in a database of its own; with `ALL_INDEXES` it has every index, else only those that
/// it cannot do without.
pub(crate) struct MongoFixture<const ALL_INDEXES: bool> {
    uri: String,
    clock: ManualClock,
    store: MongoStore,
}

impl<const ALL_INDEXES: bool> MongoFixture<ALL_INDEXES> {
    async fn new(chained: bool) -> Self {
        let server = shared().await;
        let uri = server.uri_for(&server.database());
        let clock = ManualClock::new();
        let store = Self::open(&uri, &clock, chained).await;
        Self { uri, clock, store }
    }

    async fn open(uri: &str, clock: &ManualClock, chained: bool) -> MongoStore {
        let indexes = if ALL_INDEXES {
            Indexes::eager()
        } else {
            Indexes::minimal()
        };
        let options = options::options()
            .indexes(indexes)
            .hash_chain(chained)
            .clock(Arc::new(clock.clone()));
        MongoStore::connect_with(uri, options)
            .await
            .expect("the store opens")
    }

    const ABILITIES: &'static [Ability] = if ALL_INDEXES {
        &[
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
        ]
    } else {
        &[
            Ability::MultiStreamAppend,
            Ability::CheckOnlyStreams,
            Ability::Snapshots,
            Ability::Checkpoints,
            Ability::Documents,
            Ability::HashChain,
            Ability::Restart,
            Ability::ManualClock,
        ]
    };
}

#[async_trait::async_trait]
impl<const ALL_INDEXES: bool> StoreFixture for MongoFixture<ALL_INDEXES> {
    const SUPPORTS: &'static [Ability] = Self::ABILITIES;

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
        self.store = Self::open(&self.uri, &self.clock, false).await;
        true
    }
}
