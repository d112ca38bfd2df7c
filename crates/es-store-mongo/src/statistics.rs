//! How large a log is, how it grows, and what this process did to it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use es_core::{Position, ReadError, Timestamp};
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, ErrorKind};

use crate::MongoStore;
use crate::archive::{archived_up_to, last_recorded_before};
use crate::database::Database;
use crate::shared::{Counters, detached};

const DAY: Duration = Duration::from_secs(86_400);
/// The server's code for a missing privilege.
const UNAUTHORIZED: i32 = 13;

/// The figures of a namespace, and of this process' part in it.
///
/// Getting them costs a few commands, whatever the size of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// How many events there are, archived ones included: the head.
    pub events: u64,
    /// Up to where everything is archived by position or by time; nothing if nothing was ever
    /// archived.
    pub archived_up_to: Option<Position>,
    /// The collection of events.
    pub log: CollectionStatistics,
    /// The collection of archived events; zeros if there is none.
    pub archive: CollectionStatistics,
    /// The collection of snapshots.
    pub snapshots: CollectionStatistics,
    /// What this process has done since it opened the store.
    pub writer: WriterStatistics,
}

/// The size of a collection, as the server estimates it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectionStatistics {
    /// How many documents it has. In the log: one for each append and each of its streams.
    pub documents: u64,
    /// Their size before compression, in bytes.
    pub bytes: u64,
    /// What they take on disk, in bytes.
    pub storage_bytes: u64,
    /// What each index takes on disk, in bytes, by the name of the index.
    pub index_bytes: BTreeMap<String, u64>,
}

/// What the writer of this process did. A batch is one command with the appends that waited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriterStatistics {
    /// Batches that were committed.
    pub batches: u64,
    /// Appends that were committed.
    pub appends: u64,
    /// Events that were committed.
    pub events: u64,
    /// Appends that were refused since the stream had another version.
    pub version_conflicts: u64,
    /// How often another process took the position first, and the batch was numbered anew.
    pub races_lost: u64,
    /// How often the outcome of a command was not known at first.
    pub unknown_batches: u64,
    /// How often that was resolved by sending it again.
    pub unknown_resolved: u64,
    /// How often it let other processes go first.
    pub turns_waited: u64,
    /// How often it waited in vain for its turn.
    pub turns_missed: u64,
    /// How often it reserved the next place, since it had lost it too often.
    pub turns_reserved: u64,
}

/// The events of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DayStatistics {
    /// When the 24 hours began.
    pub from: Timestamp,
    /// How many events were recorded in them.
    pub events: u64,
}

impl MongoStore {
    /// The figures of the store.
    ///
    /// # Errors
    /// See [`ReadError`]; [`ReadError::Unsupported`] if the user may not ask for the size of
    /// collections.
    ///
    /// ```no_run
    /// # async fn show(store: es_store_mongo::MongoStore) -> Result<(), es_core::ReadError> {
    /// let statistics = store.statistics().await?;
    /// let index_bytes: u64 = statistics.log.index_bytes.values().sum();
    /// println!("{} events, {index_bytes} bytes of indexes", statistics.events);
    /// # Ok(()) }
    /// ```
    pub async fn statistics(&self) -> Result<Statistics, ReadError> {
        let shared = &self.shared;
        let database = &shared.database;
        Ok(Statistics {
            events: shared.hub.fresh_head().await?.get(),
            archived_up_to: archived_up_to(database).await.map_err(failed)?,
            log: CollectionStatistics::of(database, database.events()).await?,
            archive: CollectionStatistics::of(database, database.archive()).await?,
            snapshots: CollectionStatistics::of(database, database.snapshots()).await?,
            writer: WriterStatistics::of(&shared.counters),
        })
    }

    /// How many events were recorded on each of the last `days` days, the oldest first. A day is
    /// 24 hours here, and the last one ends now, by the store's clock.
    ///
    /// Takes about 30 small reads a day.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn events_per_day(&self, days: u32) -> Result<Vec<DayStatistics>, ReadError> {
        let database = &self.shared.database;
        let head = self.shared.hub.fresh_head().await?;
        let now = self.shared.options.clock.now();
        let mut found = Vec::new();
        let mut end = head;
        for day in 1..=days {
            let micros = i64::try_from((DAY * day).as_micros()).unwrap_or(i64::MAX);
            let from = Timestamp::from_micros(now.as_micros().saturating_sub(micros));
            let start = last_recorded_before(database, from, end).await?;
            let events = end.get() - start.get();
            found.push(DayStatistics { from, events });
            end = start;
        }
        found.reverse();
        Ok(found)
    }

    /// How many streams there are.
    ///
    /// The server looks up each of them in an index: about a second for every few hundred thousand
    /// streams. Nothing keeps the number, since keeping it would cost something with each append.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn count_streams(&self) -> Result<u64, ReadError> {
        let database = &self.shared.database;
        let pipeline = vec![
            doc! { "$match": { "v": 1_i64 } },
            doc! { "$group": { "_id": Bson::Null, "streams": { "$sum": 1_i64 } } },
        ];
        let hint = doc! { "s": 1, "v": 1 };
        let found = aggregate(database, database.events(), pipeline, Some(hint)).await;
        let found = found.map_err(failed)?;
        Ok(found.map_or(0, |found| number(&found, "streams")))
    }
}

impl CollectionStatistics {
    async fn of(database: &Database, collection: &str) -> Result<Self, ReadError> {
        const NO_SUCH_COLLECTION: i32 = 26;
        let pipeline = vec![doc! { "$collStats": { "storageStats": {} } }];
        match aggregate(database, collection, pipeline, None).await {
            Ok(found) => Ok(found
                .and_then(|found| found.get_document("storageStats").ok().cloned())
                .map(|storage| Self::read(&storage))
                .unwrap_or_default()),
            Err(error) if code(&error) == Some(NO_SUCH_COLLECTION) => Ok(Self::default()),
            Err(error) => Err(failed(error)),
        }
    }

    fn read(storage: &Document) -> Self {
        let indexes = storage.get_document("indexSizes").ok();
        Self {
            documents: number(storage, "count"),
            bytes: number(storage, "size"),
            storage_bytes: number(storage, "storageSize"),
            index_bytes: indexes
                .into_iter()
                .flat_map(|indexes| {
                    indexes
                        .keys()
                        .map(|name| (name.clone(), number(indexes, name)))
                })
                .collect(),
        }
    }
}

impl WriterStatistics {
    fn of(counters: &Counters) -> Self {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Self {
            batches: read(&counters.batches),
            appends: read(&counters.appends),
            events: read(&counters.events),
            version_conflicts: read(&counters.version_conflicts),
            races_lost: read(&counters.races_lost),
            unknown_batches: read(&counters.unknown_batches),
            unknown_resolved: read(&counters.unknown_resolved),
            turns_waited: read(&counters.turns_waited),
            turns_missed: read(&counters.turns_missed),
            turns_reserved: read(&counters.turns_reserved),
        }
    }
}

/// The first document that a pipeline gives.
async fn aggregate(
    database: &Database,
    collection: &str,
    pipeline: Vec<Document>,
    hint: Option<Document>,
) -> Result<Option<Document>, Error> {
    let mut command = doc! { "aggregate": collection, "pipeline": pipeline, "cursor": {} };
    if let Some(hint) = hint {
        command.insert("hint", hint);
    }
    let handle = database.handle().clone();
    let reply = detached(async move { handle.run_command(command).await }).await?;
    let cursor = reply.get_document("cursor").ok();
    let batch = cursor.and_then(|cursor| cursor.get_array("firstBatch").ok());
    Ok(batch
        .and_then(|batch| batch.first()?.as_document())
        .cloned())
}

/// A number in any of the types that the server uses for sizes.
fn number(document: &Document, field: &str) -> u64 {
    match document.get(field) {
        Some(Bson::Int32(number)) => u64::try_from(*number).unwrap_or_default(),
        Some(Bson::Int64(number)) => u64::try_from(*number).unwrap_or_default(),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "sizes are whole and positive, and a cast saturates"
        )]
        Some(Bson::Double(number)) => *number as u64,
        _ => 0,
    }
}

fn code(error: &Error) -> Option<i32> {
    match &*error.kind {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

fn failed(error: Error) -> ReadError {
    if code(&error) == Some(UNAUTHORIZED) {
        return ReadError::Unsupported {
            what: "tell its size: the user needs the privilege action collStats",
        };
    }
    ReadError::Unavailable {
        source: error.into(),
    }
}
