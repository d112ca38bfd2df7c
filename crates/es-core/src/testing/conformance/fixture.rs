//! What a store offers to be tested.

use std::sync::Arc;

use async_trait::async_trait;

use super::Ability;
use crate::chain::ChainStore;
use crate::testing::ManualClock;
use crate::{CheckpointStore, DocumentStore, EventStore, SnapshotStore};

/// Makes stores for the suites, and restarts them.
///
/// Every case gets a fixture of its own and runs beside the others, so two fixtures must not
/// share anything: give each its own directory, database or namespace.
///
/// ```
/// use std::sync::Arc;
/// use es_core::memory::MemoryStore;
/// use es_core::{CheckpointStore, DocumentStore, EventStore, SnapshotStore};
/// use es_core::testing::conformance::{Ability, StoreFixture};
///
/// struct MemoryFixture(MemoryStore);
///
/// #[async_trait::async_trait]
/// impl StoreFixture for MemoryFixture {
///     const SUPPORTS: &'static [Ability] = &[
///         Ability::MultiStreamAppend,
///         Ability::CheckOnlyStreams,
///         Ability::AppendIdsForAny,
///         Ability::EventIdLookup,
///         Ability::Snapshots,
///         Ability::Checkpoints,
///         Ability::Documents,
///     ];
///
///     async fn fresh() -> Self {
///         Self(MemoryStore::new())
///     }
///
///     fn events(&self) -> Arc<dyn EventStore> {
///         Arc::new(self.0.clone())
///     }
///
///     fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
///         Some(Arc::new(self.0.clone()))
///     }
///
///     fn checkpoints(&self) -> Option<Arc<dyn CheckpointStore>> {
///         Some(Arc::new(self.0.clone()))
///     }
///
///     fn documents(&self) -> Option<Arc<dyn DocumentStore>> {
///         Some(Arc::new(self.0.clone()))
///     }
/// }
///
/// // In a test file: es_core::conformance! { name: memory, fixture: MemoryFixture }
/// for case in es_core::testing::conformance::cases::<MemoryFixture>().iter().take(3) {
///     case.run();
/// }
/// ```
///
/// # Panics
/// A fixture that cannot make or restart its store panics, and says why.
#[async_trait]
pub trait StoreFixture: Sized + Send + Sync + 'static {
    /// What the store supports; it must refuse the rest.
    const SUPPORTS: &'static [Ability];

    /// A new, empty store of its own.
    async fn fresh() -> Self;

    /// A new, empty store of its own whose log is chained ([`Ability::HashChain`]).
    async fn chained() -> Option<Self> {
        None
    }

    /// A handle on the links of a log that is chained ([`Ability::HashChain`]).
    fn links(&self) -> Option<Arc<dyn ChainStore>> {
        None
    }

    /// A handle on the events.
    fn events(&self) -> Arc<dyn EventStore>;

    /// A handle on the snapshots ([`Ability::Snapshots`]).
    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        None
    }

    /// A handle on the checkpoints ([`Ability::Checkpoints`]).
    fn checkpoints(&self) -> Option<Arc<dyn CheckpointStore>> {
        None
    }

    /// A handle on the documents ([`Ability::Documents`]).
    fn documents(&self) -> Option<Arc<dyn DocumentStore>> {
        None
    }

    /// The clock that the store goes by ([`Ability::ManualClock`]).
    fn clock(&self) -> Option<ManualClock> {
        None
    }

    /// Stops the store and starts it over the same data ([`Ability::Restart`]).
    ///
    /// The suites have dropped every handle before they call this. A store that forgets answers
    /// `false`, and need not do anything.
    async fn reopen(&mut self) -> bool {
        false
    }
}
