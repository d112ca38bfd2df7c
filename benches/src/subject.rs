//! The stores under test, and the ceiling that belongs to each.

use std::future::Future;
use std::path::Path;

use es_core::memory::MemoryStore;
use es_core::{EventStore, SnapshotStore};
use es_store_embedded::EmbeddedStore;

use crate::Failure;
use crate::bare_engine::BareEngine;
use crate::plain_memory::PlainMemory;
use crate::target::Ceiling;

/// A kind of store that can be measured.
pub trait Subject: Copy + Send + Sync + 'static {
    /// The store.
    type Store: EventStore + SnapshotStore + Clone + 'static;
    /// What holds the same content with as little as possible around it, for reading.
    type Ceiling: Ceiling;
    /// What the ceiling is called.
    const CEILING: &'static str;

    /// Opens an empty store in an empty directory.
    fn open(directory: &Path) -> impl Future<Output = Result<Self::Store, Failure>> + Send;

    /// Closes it, so that the directory can be removed.
    fn close(store: Self::Store) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Opens an empty ceiling in an empty directory.
    ///
    /// # Errors
    /// If it cannot be opened.
    fn open_ceiling(directory: &Path) -> Result<Self::Ceiling, Failure>;

    /// Closes the ceiling.
    fn close_ceiling(ceiling: Self::Ceiling);
}

/// The store in memory, beside a plain vector.
#[derive(Debug, Clone, Copy)]
pub struct Memory;

impl Subject for Memory {
    type Store = MemoryStore;
    type Ceiling = PlainMemory;
    const CEILING: &'static str = "vector";

    async fn open(_: &Path) -> Result<MemoryStore, Failure> {
        Ok(MemoryStore::new())
    }

    async fn close(_: MemoryStore) -> Result<(), Failure> {
        Ok(())
    }

    fn open_ceiling(_: &Path) -> Result<PlainMemory, Failure> {
        Ok(PlainMemory::new())
    }

    fn close_ceiling(_: PlainMemory) {}
}

/// The durable store, beside the bare engine that it is built on.
#[derive(Debug, Clone, Copy)]
pub struct Embedded;

impl Subject for Embedded {
    type Store = EmbeddedStore;
    type Ceiling = BareEngine;
    const CEILING: &'static str = "bare engine";

    async fn open(directory: &Path) -> Result<EmbeddedStore, Failure> {
        EmbeddedStore::open(directory.join("store"))
            .await
            .map_err(Failure::broken("open the store"))
    }

    async fn close(store: EmbeddedStore) -> Result<(), Failure> {
        store
            .close()
            .await
            .map_err(Failure::broken("close the store"))
    }

    fn open_ceiling(directory: &Path) -> Result<BareEngine, Failure> {
        BareEngine::open(&directory.join("engine"))
    }

    fn close_ceiling(ceiling: BareEngine) {
        ceiling.close();
    }
}
