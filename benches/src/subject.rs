//! The stores under test, and the ceiling that belongs to each.

use std::future::Future;

use es_core::memory::MemoryStore;
use es_core::{EventStore, SnapshotStore};
use es_store_embedded::{EmbeddedOptions, EmbeddedStore};
use tempfile::TempDir;

use crate::Failure;
use crate::bare_engine::BareEngine;
use crate::plain_memory::PlainMemory;
use crate::scratch::Scratch;
use crate::target::Ceiling;

/// A kind of store that can be measured.
pub trait Subject: Clone + Send + Sync + 'static {
    /// The store.
    type Store: EventStore + SnapshotStore + Clone + 'static;
    /// What holds the same content with as little as possible around it, for reading.
    type Ceiling: Ceiling;
    /// Where the content of a store is.
    type Place: Send + Sync;
    /// What the ceiling is called.
    const CEILING: &'static str;
    /// Whether the ceiling reads what the store wrote; if not, it has to be filled too.
    const SHARED: bool;

    /// Makes a place without content.
    fn place(&self, scratch: &Scratch)
    -> impl Future<Output = Result<Self::Place, Failure>> + Send;

    /// Removes a place with its content.
    fn remove(&self, place: Self::Place) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Opens the store at a place, empty at first.
    fn open(
        &self,
        place: &Self::Place,
    ) -> impl Future<Output = Result<Self::Store, Failure>> + Send;

    /// Closes it, so that the place can be removed.
    fn close(&self, store: Self::Store) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Opens the ceiling at a place, after the store.
    fn open_ceiling(
        &self,
        place: &Self::Place,
    ) -> impl Future<Output = Result<Self::Ceiling, Failure>> + Send;

    /// Closes the ceiling.
    fn close_ceiling(&self, ceiling: Self::Ceiling);
}

/// The store in memory, beside a plain vector.
#[derive(Debug, Clone, Copy)]
pub struct Memory;

impl Subject for Memory {
    type Store = MemoryStore;
    type Ceiling = PlainMemory;
    type Place = ();
    const CEILING: &'static str = "vector";
    const SHARED: bool = false;

    async fn place(&self, _: &Scratch) -> Result<(), Failure> {
        Ok(())
    }

    async fn remove(&self, (): ()) -> Result<(), Failure> {
        Ok(())
    }

    async fn open(&self, (): &()) -> Result<MemoryStore, Failure> {
        Ok(MemoryStore::new())
    }

    async fn close(&self, _: MemoryStore) -> Result<(), Failure> {
        Ok(())
    }

    async fn open_ceiling(&self, (): &()) -> Result<PlainMemory, Failure> {
        Ok(PlainMemory::new())
    }

    fn close_ceiling(&self, _: PlainMemory) {}
}

/// The durable store, beside the bare engine that it is built on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Embedded {
    /// Whether its log is chained.
    pub chained: bool,
}

impl Subject for Embedded {
    type Store = EmbeddedStore;
    type Ceiling = BareEngine;
    type Place = TempDir;
    const CEILING: &'static str = "bare engine";
    const SHARED: bool = false;

    async fn place(&self, scratch: &Scratch) -> Result<TempDir, Failure> {
        scratch.fresh()
    }

    async fn remove(&self, place: TempDir) -> Result<(), Failure> {
        place
            .close()
            .map_err(Failure::broken("remove the directory"))
    }

    async fn open(&self, place: &TempDir) -> Result<EmbeddedStore, Failure> {
        let options = EmbeddedOptions::default().hash_chain(self.chained);
        EmbeddedStore::open_with(place.path().join("store"), options)
            .await
            .map_err(Failure::broken("open the store"))
    }

    async fn close(&self, store: EmbeddedStore) -> Result<(), Failure> {
        store
            .close()
            .await
            .map_err(Failure::broken("close the store"))
    }

    async fn open_ceiling(&self, place: &TempDir) -> Result<BareEngine, Failure> {
        BareEngine::open(&place.path().join("engine"))
    }

    fn close_ceiling(&self, ceiling: BareEngine) {
        ceiling.close();
    }
}
