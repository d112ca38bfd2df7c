//! The handles on one namespace, and the reads that several parts of the store need.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use es_core::chain::ChainHash;
use es_core::{Position, ReadError, StreamId, StreamVersion, Timestamp};
use futures_util::future::join_all;
use mongodb::Client;
use mongodb::bson::{self, RawDocument, RawDocumentBuf, cstr, rawdoc};
use mongodb::options::SelectionCriteria;
use tokio::time::timeout;

use crate::chain::hash_at;
use crate::command;
use crate::connect::index_set::{self, Listed};
use crate::connect::server::ServerFacts;
use crate::error::OpenError;
use crate::extent::Extent;
use crate::indexes::Index;
use crate::namespace::Collections;
use crate::options::MongoOptions;
use crate::reader::{Ahead, Pace};
use crate::shared::detached;

/// How long ending the clients is waited for: a server that is away may not answer.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// One namespace of a database. Clones share everything.
#[derive(Clone)]
pub(crate) struct Database(Arc<Inner>);

struct Inner {
    client: Client,
    handle: mongodb::Database,
    tail_handle: mongodb::Database,
    collections: Collections,
    facts: ServerFacts,
    read_preference: Option<SelectionCriteria>,
    read_timeout: Duration,
    makes_indexes_when_wanted: bool,
    chained: AtomicBool,
    /// Bits of the indexes that are there, and of those that are being made.
    indexes: AtomicU8,
    in_the_making: AtomicU8,
    /// The newest operation time that this process knows of; reads see it.
    newest: AtomicU64,
    reads: Reads,
}

/// The end of the log.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Last {
    /// The position of its last event.
    pub(crate) head: Position,
    /// When that was recorded.
    pub(crate) recorded_at: Timestamp,
    /// The hash after it, where the log is chained.
    pub(crate) chain: Option<ChainHash>,
}

/// What readers learn from each other.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    pub(crate) pace: Pace,
    pub(crate) ahead: Ahead,
}

impl Database {
    pub(crate) fn new(
        client: Client,
        tail_client: Client,
        name: &str,
        read_preference: Option<SelectionCriteria>,
        facts: ServerFacts,
        options: &MongoOptions,
    ) -> Self {
        Self(Arc::new(Inner {
            handle: client.database(name),
            tail_handle: tail_client.database(name),
            client,
            collections: Collections::of(&options.namespace),
            facts,
            read_preference,
            read_timeout: options.read_timeout,
            makes_indexes_when_wanted: options.indexes.is_lazy(),
            chained: AtomicBool::new(false),
            indexes: AtomicU8::new(0),
            in_the_making: AtomicU8::new(0),
            newest: AtomicU64::new(0),
            reads: Reads::default(),
        }))
    }

    /// The client for appends and reads.
    pub(crate) fn client(&self) -> &Client {
        &self.0.client
    }

    /// The database, for appends and reads.
    pub(crate) fn handle(&self) -> &mongodb::Database {
        &self.0.handle
    }

    /// The database, for following the log: its client gives a server up soon.
    pub(crate) fn tail_handle(&self) -> &mongodb::Database {
        &self.0.tail_handle
    }

    /// Ends both clients' sessions and tasks. A client that is merely dropped does so in the
    /// background, and panics there if the runtime ends meanwhile.
    pub(crate) async fn end_clients(&self) {
        let clients = [&self.0.handle, &self.0.tail_handle].map(|handle| handle.client().clone());
        let ends = clients.map(|client| detached(client.shutdown().immediate(true).into_future()));
        if timeout(END_PATIENCE, join_all(ends)).await.is_err() {
            tracing::debug!("the driver's clients end in the background");
        }
    }

    pub(crate) fn events(&self) -> &str {
        &self.0.collections.events
    }

    pub(crate) fn archive(&self) -> &str {
        &self.0.collections.archive
    }

    pub(crate) fn snapshots(&self) -> &str {
        &self.0.collections.snapshots
    }

    pub(crate) fn checkpoints(&self) -> &str {
        &self.0.collections.checkpoints
    }

    /// Made by the first save: a program that saves none needs no right to it.
    pub(crate) fn documents(&self) -> &str {
        &self.0.collections.documents
    }

    pub(crate) fn meta(&self) -> &str {
        &self.0.collections.meta
    }

    pub(crate) fn turns(&self) -> &str {
        &self.0.collections.turns
    }

    pub(crate) fn facts(&self) -> &ServerFacts {
        &self.0.facts
    }

    /// Whether there are transactions, change streams and majorities.
    pub(crate) fn is_replica_set(&self) -> bool {
        self.0.facts.is_replica_set
    }

    /// Where the URI lets pages of events be read from; the primary if it does not say.
    pub(crate) fn read_preference(&self) -> Option<&SelectionCriteria> {
        self.0.read_preference.as_ref()
    }

    pub(crate) fn read_timeout(&self) -> Duration {
        self.0.read_timeout
    }

    pub(crate) fn reads(&self) -> &Reads {
        &self.0.reads
    }

    /// Remembers the operation time of a reply: later reads see what had happened by then, on
    /// whichever server they end up.
    pub(crate) fn saw(&self, operation_time: bson::Timestamp) {
        let packed = u64::from(operation_time.time) << 32 | u64::from(operation_time.increment);
        self.0.newest.fetch_max(packed, Ordering::AcqRel);
    }

    /// As [`saw`](Self::saw), of a reply as it came. A standalone server says no such time.
    pub(crate) fn saw_reply(&self, reply: &RawDocument) {
        if let Ok(time) = reply.get_timestamp("operationTime") {
            self.saw(time);
        }
    }

    /// What is committed by a majority, and everything that this process knows of.
    pub(crate) fn read_concern(&self) -> RawDocumentBuf {
        if !self.is_replica_set() {
            return rawdoc! { "level": "local" };
        }
        let mut concern = rawdoc! { "level": "majority" };
        let newest = self.0.newest.load(Ordering::Acquire);
        if newest > 0 {
            let [a, b, c, d, e, f, g, h] = newest.to_be_bytes();
            let newest = bson::Timestamp {
                time: u32::from_be_bytes([a, b, c, d]),
                increment: u32::from_be_bytes([e, f, g, h]),
            };
            concern.append(cstr!("afterClusterTime"), newest);
        }
        concern
    }

    /// The end of the log.
    pub(crate) async fn last_document(&self) -> Result<Last, ReadError> {
        let unavailable = |error: mongodb::error::Error| ReadError::Unavailable {
            source: error.into(),
        };
        let command = rawdoc! {
            "find": self.events(),
            "sort": { "_id": -1 },
            "limit": 1,
            "projection": { "_id": 1, "n": 1, "at": 1, "h": 1 },
        };
        let found = command::find(self, command).await.map_err(unavailable)?;
        let Some(last) = found.first() else {
            return Ok(Last {
                chain: self.is_chained().then(ChainHash::start),
                ..Last::default()
            });
        };
        let extent = Extent::stored(last)?;
        let chain = self.is_chained().then(|| hash_at(&extent, last));
        Ok(Last {
            head: extent.last(),
            recorded_at: extent.recorded_at,
            chain: chain.transpose()?,
        })
    }

    /// The end of a stream: its last version, and the position of the document that holds it.
    pub(crate) async fn stream_head(
        &self,
        stream: &StreamId,
    ) -> mongodb::error::Result<Option<(StreamVersion, Position)>> {
        let command = rawdoc! {
            "find": self.events(),
            "filter": { "s": stream.as_str() },
            "sort": { "v": -1 },
            "limit": 1,
            "projection": { "_id": 1, "v": 1, "n": 1 },
            "hint": { "s": 1, "v": 1 },
        };
        let found = command::find(self, command).await?;
        let Some(last) = found.first() else {
            return Ok(None);
        };
        let last = RawDocument::from_bytes(last)?;
        let number = |field| last.get_i64(field).map(i64::cast_unsigned);
        let bad = |error| mongodb::error::Error::custom(format!("{error}"));
        let count = last.get_i32("n").map_err(bad)?.max(1).cast_unsigned();
        let version = number("v").map_err(bad)?.saturating_add(count.into()) - 1;
        let position = Position::new(number("_id").map_err(bad)?);
        Ok(Some((StreamVersion::new(version), position)))
    }

    /// Whether each append carries a hash.
    pub(crate) fn is_chained(&self) -> bool {
        self.0.chained.load(Ordering::Acquire)
    }

    /// Takes note of what the layout says.
    pub(crate) fn know_chain(&self, chained: bool) {
        self.0.chained.store(chained, Ordering::Release);
    }

    /// Finds out which indexes there are.
    pub(crate) async fn know_indexes(&self) -> Result<(), OpenError> {
        let listed = Listed::read(self, self.events()).await?;
        let there = Index::ALL.into_iter().filter(|index| listed.has(*index));
        let bits = there.fold(0, |bits, index| bits | bit(index));
        self.0.indexes.store(bits, Ordering::Release);
        Ok(())
    }

    /// Whether appends can be found by their id.
    pub(crate) fn has_append_ids(&self) -> bool {
        self.has_index(Index::AppendIds)
    }

    fn has_index(&self, index: Index) -> bool {
        self.0.indexes.load(Ordering::Acquire) & bit(index) != 0
    }

    /// Whether an index is there that a look-up wants. If the options say so, it is made now, in
    /// the background.
    pub(crate) fn wants_index(&self, index: Index) -> bool {
        let there = self.has_index(index);
        if !there && self.0.makes_indexes_when_wanted {
            let before = self.0.in_the_making.fetch_or(bit(index), Ordering::AcqRel);
            if before & bit(index) == 0 {
                tokio::spawn(self.clone().make_index(index));
            }
        }
        there
    }

    async fn make_index(self, index: Index) {
        tracing::info!(
            ?index,
            "a read looked for an index that is not there: making it"
        );
        match index_set::make(&self, self.events(), index.definitions()).await {
            Ok(()) => {
                self.0.indexes.fetch_or(bit(index), Ordering::AcqRel);
                tracing::info!(?index, "the index is made");
            }
            Err(error) => {
                // Not tried again by this process: the cause, most likely a right that the user
                // lacks, will not go away by itself.
                tracing::warn!(?index, %error, "the index could not be made");
            }
        }
    }
}

fn bit(index: Index) -> u8 {
    match index {
        Index::EventIds => 1,
        Index::AppendIds => 2,
        Index::EventTypes => 4,
        Index::Categories => 8,
        Index::Correlation => 16,
    }
}

/// Addresses and credentials stay out of it (I11).
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("name", &self.0.handle.name())
            .field("events", &self.0.collections.events)
            .field("facts", &self.0.facts)
            .finish_non_exhaustive()
    }
}
