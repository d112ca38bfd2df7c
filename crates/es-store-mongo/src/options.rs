//! How to open a store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use es_core::{Clock, SystemClock};

use crate::indexes::Indexes;
use crate::namespace::Namespace;

const MIB: usize = 1024 * 1024;

/// Settings of a [`MongoStore`](crate::MongoStore); the defaults suit a server.
///
/// There is no setting for durability: an append is acknowledged once a majority of the replica
/// set has it in its journal, and what is read is committed by a majority.
///
/// ```
/// use std::time::Duration;
/// use es_store_mongo::{Index, Indexes, MongoOptions};
/// let options = MongoOptions::default()
///     .app_name("claims")
///     .indexes(Indexes::of([Index::AppendIds]))
///     .append_timeout(Duration::from_secs(5));
/// assert_eq!(options.append_timeout.as_secs(), 5);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MongoOptions {
    /// Which of several logs in one database. The unnamed one.
    pub namespace: Namespace,
    /// The name that operators see in the server's logs, at most 120 bytes; the connections that
    /// follow the log add `-tail`. The one of the URI, else `event-sourcing`.
    pub app_name: Option<String>,
    /// Which indexes there are besides those that the store cannot do without. None.
    pub indexes: Indexes,
    /// Whether the log of a new namespace is [chained](es_core::chain). Decided when it is made, and
    /// kept: a chained one is opened as such in any case. Off.
    pub hash_chain: bool,
    /// How long opening may take until it says what is wrong. 5 s.
    pub open_timeout: Duration,
    /// How long an append may take, from the call to the answer. What is not resolved by then is
    /// answered as unknown. 30 s.
    pub append_timeout: Duration,
    /// How long a read may take, with its repeats during a fail-over. 30 s.
    pub read_timeout: Duration,
    /// How many appends may wait for the writer; further ones wait for a place. 8,192.
    pub queue_appends: usize,
    /// How many bytes the waiting appends may have together. 64 MiB.
    pub queue_bytes: usize,
    /// How many events go into one batch, if so many wait; 50,000 at the most. 2,000.
    pub batch_events: usize,
    /// How many bytes go into one batch, if so many wait; 15 MiB at the most. A single append may be
    /// larger. 4 MiB.
    pub batch_bytes: usize,
    /// How many streams' versions this process remembers, about 150 bytes each. 65,536.
    pub cache_streams: usize,
    /// How many bytes of this process' newest events are kept for its subscribers. 8 MiB.
    pub tail_bytes: usize,
    /// Whether reads go on into the archive; else they fail where archived events begin. Off.
    pub read_archive: bool,
    /// Files that events were archived to, besides the archive's collection. None.
    pub archive_files: Vec<PathBuf>,
    /// Whether a server is taken whose version has known bugs that lose or reorder acknowledged
    /// data. For tests. Off.
    pub accept_unsafe_server: bool,
    /// Whether processes that write to the same log take turns once they get into each other's
    /// way. On.
    pub fair_turns: bool,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Default for MongoOptions {
    fn default() -> Self {
        Self {
            namespace: Namespace::default(),
            app_name: None,
            indexes: Indexes::default(),
            hash_chain: false,
            open_timeout: Duration::from_secs(5),
            append_timeout: Duration::from_secs(30),
            read_timeout: Duration::from_secs(30),
            queue_appends: 8_192,
            queue_bytes: 64 * MIB,
            batch_events: 2_000,
            batch_bytes: 4 * MIB,
            cache_streams: 65_536,
            tail_bytes: 8 * MIB,
            read_archive: false,
            archive_files: Vec::new(),
            accept_unsafe_server: false,
            fair_turns: true,
            clock: Arc::new(SystemClock),
        }
    }
}

impl MongoOptions {
    /// Events and bytes of a batch, within what one command of the server takes.
    pub(crate) fn batch_limits(&self) -> (usize, usize) {
        let events = self.batch_events.clamp(1, 50_000);
        (events, self.batch_bytes.clamp(1, 15 * MIB))
    }

    /// Opens this one of the logs in the database.
    #[must_use]
    pub fn namespace(mut self, namespace: Namespace) -> Self {
        self.namespace = namespace;
        self
    }

    /// Names the program to the server.
    #[must_use]
    pub fn app_name(mut self, name: impl Into<String>) -> Self {
        self.app_name = Some(name.into());
        self
    }

    /// Chooses the further indexes.
    #[must_use]
    pub fn indexes(mut self, indexes: Indexes) -> Self {
        self.indexes = indexes;
        self
    }

    /// Chains the log of a new namespace, or not.
    #[must_use]
    pub fn hash_chain(mut self, chained: bool) -> Self {
        self.hash_chain = chained;
        self
    }

    /// Lets opening take this long.
    #[must_use]
    pub fn open_timeout(mut self, timeout: Duration) -> Self {
        self.open_timeout = timeout;
        self
    }

    /// Lets an append take this long.
    #[must_use]
    pub fn append_timeout(mut self, timeout: Duration) -> Self {
        self.append_timeout = timeout;
        self
    }

    /// Lets a read take this long.
    #[must_use]
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

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

    /// Sends at most this many events in a batch.
    #[must_use]
    pub fn batch_events(mut self, events: usize) -> Self {
        self.batch_events = events;
        self
    }

    /// Sends at most about this many bytes in a batch.
    #[must_use]
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = bytes;
        self
    }

    /// Remembers the versions of this many streams.
    #[must_use]
    pub fn cache_streams(mut self, streams: usize) -> Self {
        self.cache_streams = streams;
        self
    }

    /// Keeps this many bytes of the newest events for subscribers.
    #[must_use]
    pub fn tail_bytes(mut self, bytes: usize) -> Self {
        self.tail_bytes = bytes;
        self
    }

    /// Makes reads go on into the archive, or not.
    #[must_use]
    pub fn read_archive(mut self, on: bool) -> Self {
        self.read_archive = on;
        self
    }

    /// Makes reads go on into the archive, and into this file of archived events.
    #[must_use]
    pub fn archive_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.read_archive = true;
        self.archive_files.push(path.into());
        self
    }

    /// Takes a server whose version has known bugs that lose or reorder acknowledged data.
    #[must_use]
    pub fn accept_unsafe_server(mut self, accept: bool) -> Self {
        self.accept_unsafe_server = accept;
        self
    }

    /// Lets writing processes take turns, or not.
    #[must_use]
    pub fn fair_turns(mut self, on: bool) -> Self {
        self.fair_turns = on;
        self
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }
}
