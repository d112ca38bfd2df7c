//! The store that a case looks at.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Ability, StoreFixture};
use crate::chain::ChainStore;
use crate::testing::ManualClock;
use crate::{CheckpointStore, Clock, DocumentStore, EventStore, SnapshotStore, SystemClock};

/// A fixture whose type is forgotten, so that cases are compiled once.
pub(crate) struct Subject {
    fixture: Box<dyn AnyFixture>,
}

impl Subject {
    pub(crate) async fn fresh<F: StoreFixture>() -> Self {
        Self {
            fixture: Box::new(F::fresh().await),
        }
    }

    /// One whose log is chained.
    pub(crate) async fn chained<F: StoreFixture>() -> Option<Self> {
        let fixture = F::chained().await?;
        Some(Self {
            fixture: Box::new(fixture),
        })
    }

    pub(crate) fn maybe_links(&self) -> Option<Arc<dyn ChainStore>> {
        self.fixture.links()
    }

    pub(crate) fn links(&self) -> Arc<dyn ChainStore> {
        self.maybe_links()
            .expect("the fixture declares Ability::HashChain and has no links")
    }

    pub(crate) fn events(&self) -> Arc<dyn EventStore> {
        self.fixture.events()
    }

    pub(crate) fn maybe_snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        self.fixture.snapshots()
    }

    pub(crate) fn snapshots(&self) -> Arc<dyn SnapshotStore> {
        self.maybe_snapshots()
            .expect("the fixture declares Ability::Snapshots and has none")
    }

    pub(crate) fn maybe_checkpoints(&self) -> Option<Arc<dyn CheckpointStore>> {
        self.fixture.checkpoints()
    }

    pub(crate) fn checkpoints(&self) -> Arc<dyn CheckpointStore> {
        self.maybe_checkpoints()
            .expect("the fixture declares Ability::Checkpoints and has none")
    }

    pub(crate) fn maybe_documents(&self) -> Option<Arc<dyn DocumentStore>> {
        self.fixture.documents()
    }

    pub(crate) fn documents(&self) -> Arc<dyn DocumentStore> {
        self.maybe_documents()
            .expect("the fixture declares Ability::Documents and has none")
    }

    pub(crate) fn maybe_clock(&self) -> Option<ManualClock> {
        self.fixture.clock()
    }

    pub(crate) fn clock(&self) -> ManualClock {
        self.maybe_clock()
            .expect("the fixture declares Ability::ManualClock and has none")
    }

    pub(crate) fn supports(&self, ability: Ability) -> bool {
        self.fixture.supports(ability)
    }

    /// Whether the store was restarted.
    pub(crate) async fn try_reopen(&mut self) -> bool {
        self.fixture.reopen().await
    }

    pub(crate) async fn reopen(&mut self) {
        let reopened = self.try_reopen().await;
        assert!(
            reopened,
            "the fixture declares Ability::Restart and did not restart the store"
        );
    }

    /// Makes sure that what is recorded next is recorded later.
    pub(crate) async fn let_time_pass(&self) {
        match self.maybe_clock() {
            Some(clock) => clock.advance(Duration::from_millis(2)),
            None => SystemClock.sleep(Duration::from_millis(2)).await,
        }
    }
}

#[async_trait]
trait AnyFixture: Send + Sync {
    fn supports(&self, ability: Ability) -> bool;
    fn events(&self) -> Arc<dyn EventStore>;
    fn links(&self) -> Option<Arc<dyn ChainStore>>;
    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>>;
    fn checkpoints(&self) -> Option<Arc<dyn CheckpointStore>>;
    fn documents(&self) -> Option<Arc<dyn DocumentStore>>;
    fn clock(&self) -> Option<ManualClock>;
    async fn reopen(&mut self) -> bool;
}

#[async_trait]
impl<F: StoreFixture> AnyFixture for F {
    fn supports(&self, ability: Ability) -> bool {
        F::SUPPORTS.contains(&ability)
    }

    fn events(&self) -> Arc<dyn EventStore> {
        StoreFixture::events(self)
    }

    fn links(&self) -> Option<Arc<dyn ChainStore>> {
        StoreFixture::links(self)
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        StoreFixture::snapshots(self)
    }

    fn checkpoints(&self) -> Option<Arc<dyn CheckpointStore>> {
        StoreFixture::checkpoints(self)
    }

    fn documents(&self) -> Option<Arc<dyn DocumentStore>> {
        StoreFixture::documents(self)
    }

    fn clock(&self) -> Option<ManualClock> {
        StoreFixture::clock(self)
    }

    async fn reopen(&mut self) -> bool {
        StoreFixture::reopen(self).await
    }
}
