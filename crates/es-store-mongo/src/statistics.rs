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

/// The figures of a namespace, and of this process' part in it: the answer to
/// [`MongoStore::statistics`].
///
/// The parts are read one after the other, so while others append they may be some appends apart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// How many events there are, archived ones included: the position of the last one.
    ///
    /// Exact: every append that was acknowledged before the call is counted, whoever made it.
    pub events: u64,
    /// The position up to which everything is archived; nothing if nothing was ever archived.
    ///
    /// A lower bound, and at most [`events`](Self::events): single streams may be archived further
    /// on, and so may be what a run did just before it was ended.
    pub archived_up_to: Option<Position>,
    /// The collection of events, with the stubs of those that were archived.
    pub log: CollectionStatistics,
    /// The collection of archived events; zeros if there is none. What was archived to files is
    /// not counted. What was restored is, since the copies stay there.
    pub archive: CollectionStatistics,
    /// The collection of snapshots.
    pub snapshots: CollectionStatistics,
    /// What this process has done since it opened the store.
    pub writer: WriterStatistics,
}

/// The size of a collection, as the primary keeps account of it.
///
/// Reading it costs one command that looks at no document. After a crash of the server the numbers
/// of documents and bytes may be off, by what was written in the last minute before it, until the
/// collection is validated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectionStatistics {
    /// How many documents it has. In the log: one for each append and each of its streams, so at
    /// most as many as there are events.
    pub documents: u64,
    /// Their size before compression, in bytes, without indexes.
    pub bytes: u64,
    /// The size of the file that they are in, in bytes, on each member of the replica set: after
    /// compression, with the room that deleted or replaced documents left and new ones fill. Grows
    /// when the server writes to the file, about once a minute.
    pub storage_bytes: u64,
    /// The size of the file of each index, in bytes, by the name of the index. A clustered
    /// collection has none for `_id`: that is part of [`storage_bytes`](Self::storage_bytes).
    pub index_bytes: BTreeMap<String, u64>,
}

/// What the writer of this process did since it opened the store. A batch is one command with the
/// appends that waited.
///
/// All of these count up from 0, in memory: reading them costs nothing, clones of a store share
/// them, and they are gone with the process. They are read one by one, so while appends go on they
/// may be a batch apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriterStatistics {
    /// Batches of which at least one append was committed; at most as many as
    /// [`appends`](Self::appends). The fewer appends there are in a batch, the less the appends
    /// share a round trip.
    pub batches: u64,
    /// Appends that were committed. Repeats that were answered from what is stored do not count.
    pub appends: u64,
    /// Events that were committed, all of [`appends`](Self::appends) together.
    pub events: u64,
    /// Appends that the server refused since their version or their append id was taken. They were
    /// then found to be repeats, judged anew, or answered as conflicts. A conflict that shows
    /// before anything is sent does not count, so this is no count of the conflicts that callers
    /// were told of.
    pub version_conflicts: u64,
    /// How often another process took the position first, and what was left of the batch was
    /// numbered anew: each costs a round trip or two.
    pub races_lost: u64,
    /// Batches whose outcome was not known after the first try, since the reply was lost or told
    /// nothing.
    pub unknown_batches: u64,
    /// Appends of such batches that were found to be stored in the end. Those that were not are
    /// not counted here; they are sent anew, or answered with an error.
    pub unknown_resolved: u64,
    /// How often a batch let another process go first. It may let several, for half a second together
    /// at the most.
    pub turns_waited: u64,
    /// How often it let one go first that then did not: at most
    /// [`turns_waited`](Self::turns_waited).
    pub turns_missed: u64,
    /// How often it reserved the next place, since it had lost it too often.
    pub turns_reserved: u64,
}

/// The events of one day: see [`MongoStore::events_per_day`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DayStatistics {
    /// When the 24 hours began; that moment is part of them, and their end is not.
    pub from: Timestamp,
    /// How many events were recorded in them, archived ones included. Exact, but for the events of
    /// clocks that go wrong: an event is never recorded as earlier than the one before it, so behind
    /// one with a time in the future others have that time too.
    pub events: u64,
}

impl MongoStore {
    /// The figures of the store.
    ///
    /// Costs five commands, whatever the size of the log; one of them waits for a majority. So it
    /// may be asked for every few seconds.
    ///
    /// # Errors
    /// See [`ReadError`]; [`ReadError::Unsupported`] if the user may not ask for the size of one of
    /// the collections: the role in the guide for MongoDB may.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
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
            archived_up_to: archived_up_to(database).await.map_err(unavailable)?,
            log: CollectionStatistics::of(database, database.events()).await?,
            archive: CollectionStatistics::of(database, database.archive()).await?,
            snapshots: CollectionStatistics::of(database, database.snapshots()).await?,
            writer: WriterStatistics::of(&shared.counters),
        })
    }

    /// How many events were recorded on each of the last `days` days, the oldest first. A day is
    /// 24 hours here, and the last one ends now, by the store's clock; what was recorded later than
    /// that, by another's clock, belongs to it too.
    ///
    /// The answer has `days` entries, zeros for days before the log began. Costs one small read by
    /// `_id` for each halving of the log: about 20 a day with a million events, 30 with a thousand
    /// million, and none once the beginning of the log is reached.
    ///
    /// # Errors
    /// See [`ReadError`].
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
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

    /// How many streams there are: those with at least one event, archived ones included. At most
    /// as many as there are events.
    ///
    /// Counts what a majority has: exact if nobody appends to new streams meanwhile, and else a
    /// number between that of the beginning and that of the end. The server looks up each stream in
    /// the index on stream and version, whatever it holds: about a second for every few hundred
    /// thousand streams. Nothing keeps the number, since keeping it would cost something with each
    /// append.
    ///
    /// # Errors
    /// See [`ReadError`].
    ///
    /// # Cancel safety
    /// Dropping the future has no effect; the server goes on counting.
    pub async fn count_streams(&self) -> Result<u64, ReadError> {
        let database = &self.shared.database;
        let pipeline = vec![
            doc! { "$match": { "v": 1_i64 } },
            doc! { "$group": { "_id": Bson::Null, "streams": { "$sum": 1_i64 } } },
        ];
        let concern = Document::try_from(database.read_concern());
        let options = doc! {
            "hint": { "s": 1, "v": 1 },
            "readConcern": concern.map_err(|error| unavailable(error.into()))?,
        };
        let found = aggregate(database, database.events(), pipeline, options).await;
        let found = found.map_err(unavailable)?;
        Ok(found.map_or(0, |found| number(&found, "streams")))
    }
}

impl CollectionStatistics {
    async fn of(database: &Database, collection: &str) -> Result<Self, ReadError> {
        // The second one is what servers of version 4.4 say.
        const NO_SUCH_COLLECTION: [i32; 2] = [26, 40_280];
        let pipeline = vec![doc! { "$collStats": { "storageStats": {} } }];
        match aggregate(database, collection, pipeline, doc! {}).await {
            Ok(found) => Ok(found
                .and_then(|found| found.get_document("storageStats").ok().cloned())
                .map(|storage| Self::read(&storage))
                .unwrap_or_default()),
            Err(error) if code(&error).is_some_and(|code| NO_SUCH_COLLECTION.contains(&code)) => {
                Ok(Self::default())
            }
            Err(error) if code(&error) == Some(UNAUTHORIZED) => Err(ReadError::Unsupported {
                what: "tell its size: the user needs the privilege action collStats on the \
                       collections of events, archived events and snapshots",
            }),
            Err(error) => Err(unavailable(error)),
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
    options: Document,
) -> Result<Option<Document>, Error> {
    let mut command = doc! { "aggregate": collection, "pipeline": pipeline, "cursor": {} };
    command.extend(options);
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

fn unavailable(error: Error) -> ReadError {
    ReadError::Unavailable {
        source: error.into(),
    }
}
