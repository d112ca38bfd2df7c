//! How to open a store.

use std::sync::Arc;

use es_core::{Clock, SystemClock};

const MIB: u64 = 1024 * 1024;

/// Settings of an [`EmbeddedStore`](crate::EmbeddedStore); the defaults suit a server.
///
/// There is no setting for durability: an append is acknowledged once it is synced to disk.
///
/// ```
/// use es_store_embedded::EmbeddedOptions;
/// let options = EmbeddedOptions::default().cache_bytes(16 * 1024 * 1024).event_ids(false);
/// assert!(!options.event_ids);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EmbeddedOptions {
    /// How many appends may wait for the writer; further ones wait for a place. 1,024.
    pub queue_appends: usize,
    /// How many bytes the waiting appends may have together. 32 MiB.
    pub queue_bytes: usize,
    /// How many events are written before a sync, if so many wait. 16,384.
    pub commit_events: usize,
    /// How many bytes are written before a sync, if so many wait. 8 MiB.
    pub commit_bytes: usize,
    /// Whether events can be read by id. Decided when a store is made, and kept; without it a
    /// store takes about a tenth less space and time to write. On.
    pub event_ids: bool,
    /// Whether a new store's log is [chained](es_core::chain). Decided when a store is made, and
    /// kept: a chained one is opened as such in any case. Off.
    pub hash_chain: bool,
    /// Memory for blocks that were read. 64 MiB.
    pub cache_bytes: u64,
    /// How many streams' versions the writer remembers, about 150 bytes each. 65,536.
    pub cache_streams: usize,
    /// About how large the journals of the engine may become before it writes its tables; at
    /// least 64 MiB. Opening a store reads them. 128 MiB.
    pub journal_bytes: u64,
    /// How much of each of its tables the engine keeps in memory before it writes it out; it may
    /// hold several times that for a while. Decided when a store is made, and kept. 64 MiB.
    pub table_bytes: u64,
    /// How much disk space must be free for an append to be taken, so that the engine can always
    /// finish what it began. 256 MiB.
    pub reserve_bytes: u64,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            queue_appends: 1_024,
            queue_bytes: 32 * MIB as usize,
            commit_events: 16_384,
            commit_bytes: 8 * MIB as usize,
            event_ids: true,
            hash_chain: false,
            cache_bytes: 64 * MIB,
            cache_streams: 65_536,
            journal_bytes: 128 * MIB,
            table_bytes: 64 * MIB,
            reserve_bytes: 256 * MIB,
            clock: Arc::new(SystemClock),
        }
    }
}

impl EmbeddedOptions {
    /// Lets this many appends wait for the writer.
    #[must_use]
    pub fn queue_appends(mut self, appends: usize) -> Self {
        self.queue_appends = appends;
        self
    }

    /// Lets appends of this many bytes wait for the writer.
    #[must_use]
    pub fn queue_bytes(mut self, bytes: usize) -> Self {
        self.queue_bytes = bytes;
        self
    }

    /// Writes at most this many events before a sync.
    #[must_use]
    pub fn commit_events(mut self, events: usize) -> Self {
        self.commit_events = events;
        self
    }

    /// Writes at most about this many bytes before a sync.
    #[must_use]
    pub fn commit_bytes(mut self, bytes: usize) -> Self {
        self.commit_bytes = bytes;
        self
    }

    /// Makes events readable by id, or not.
    #[must_use]
    pub fn event_ids(mut self, indexed: bool) -> Self {
        self.event_ids = indexed;
        self
    }

    /// Chains the log of a new store, or not.
    #[must_use]
    pub fn hash_chain(mut self, chained: bool) -> Self {
        self.hash_chain = chained;
        self
    }

    /// Keeps this many bytes of read blocks in memory.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Remembers the versions of this many streams.
    #[must_use]
    pub fn cache_streams(mut self, streams: usize) -> Self {
        self.cache_streams = streams;
        self
    }

    /// Lets the engine's journals grow to about this size.
    #[must_use]
    pub fn journal_bytes(mut self, bytes: u64) -> Self {
        self.journal_bytes = bytes;
        self
    }

    /// Lets the engine keep so much of each table in memory.
    #[must_use]
    pub fn table_bytes(mut self, bytes: u64) -> Self {
        self.table_bytes = bytes;
        self
    }

    /// Takes appends only while this much disk space is free.
    #[must_use]
    pub fn reserve_bytes(mut self, bytes: u64) -> Self {
        self.reserve_bytes = bytes;
        self
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}
