//! The store as its users hold it.

use std::fmt;
use std::sync::Arc;

use es_core::{Append, AppendError, Appended};
use futures_util::future::BoxFuture;
use mongodb::ClientSession;

use crate::append::heads::Heads;
use crate::append::{Abilities, Committer, Queue};
use crate::archive::Source;
use crate::database::Database;
use crate::error::{CloseError, OpenError};
use crate::options::MongoOptions;
use crate::shared::{Counters, Shared};
use crate::tail::Hub;

/// An event store, snapshot store, checkpoint store and document store in a MongoDB database.
///
/// Clones share one connection pool, one queue and one writer. Several processes may open the same
/// namespace; each has a writer of its own, and all see one log.
///
/// # Contract
/// The one of [`EventStore`](es_core::EventStore), with these answers where it leaves a choice:
/// - An append is acknowledged once a majority of the replica set has it in its journal.
/// - Appends over several streams, or [together with other documents](Self::append_with), need a
///   replica set; a standalone server refuses them ([`AppendError::Unsupported`]).
/// - Without the index [`Index::AppendIds`](crate::Index::AppendIds) an append id of the caller's
///   needs an exact expected version. Repeats to the same open store are recognised among its
///   newest 16,384 appends whatever they expect.
/// - Events are found by id only with the index [`Index::EventIds`](crate::Index::EventIds).
///
/// Needs a tokio runtime, which must outlive the store. Dropping the last clone lets what waits be
/// written in the background; [`close`](Self::close) waits for it.
#[derive(Clone)]
pub struct MongoStore {
    pub(crate) shared: Arc<Shared>,
    queue: Queue,
}

impl MongoStore {
    /// Opens a store with the default options, and makes its collections if they are missing.
    ///
    /// The database is the one that the URI names, `event_sourcing` if it names none.
    ///
    /// # Errors
    /// See [`OpenError`]: what is wrong with the URI, the server or the data, within seconds.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), es_store_mongo::OpenError> {
    /// use es_store_mongo::MongoStore;
    /// let store = MongoStore::connect("mongodb://localhost:27017/claims?replicaSet=rs0").await?;
    /// # Ok(()) }
    /// ```
    pub async fn connect(uri: &str) -> Result<Self, OpenError> {
        Self::connect_with(uri, MongoOptions::default()).await
    }

    /// Opens a store.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn connect_with(uri: &str, options: MongoOptions) -> Result<Self, OpenError> {
        let database = Database::open(uri, &options).await?;
        let abilities = Abilities {
            transactions: database.is_replica_set(),
            append_ids: database.has_append_ids(),
            chained: database.is_chained(),
        };
        let (queue, queued) = Queue::new(
            options.queue_appends,
            options.queue_bytes,
            options.append_timeout,
            abilities,
        );
        let archive = Source::open(
            database.clone(),
            options.read_archive,
            &options.archive_files,
        );
        let archive = archive.await.map_err(|error| OpenError::Archive {
            source: error.into(),
        })?;
        let writer = new_writer();
        let shared = Arc::new(Shared {
            hub: Hub::new(database.clone(), options.tail_bytes, writer),
            heads: Heads::new(options.cache_streams),
            counters: Counters::default(),
            archive,
            database,
            options,
        });
        let committer = Committer::new(Arc::clone(&shared), queued, writer);
        tokio::spawn(committer.run());
        Ok(Self { shared, queue })
    }

    /// Appends events and writes other documents in one transaction: all of it or nothing.
    ///
    /// `write` gets the session to pass to its own calls of the driver, in the same client's
    /// databases. It may run more than once, each time in a new transaction, so it must have no
    /// other effect. It is not run again for an append that is found to be stored already.
    ///
    /// While it runs, the append holds its place in the log, and all who append to the namespace
    /// wait. So what it needs to know is best read before; it is stopped after
    /// [`append_timeout`](MongoOptions::append_timeout).
    ///
    /// # Errors
    /// See [`AppendError`]. If `write` fails, panics or takes too long, nothing is written, and its
    /// error is the source of an [`AppendError::Unavailable`]; or of an [`AppendError::Unknown`],
    /// if an earlier try of the same append was not answered.
    ///
    /// # Cancel safety
    /// As [`EventStore::append`](es_core::EventStore::append).
    pub async fn append_with<F>(&self, append: Append, write: F) -> Result<Appended, AppendError>
    where
        F: for<'s> Fn(&'s mut ClientSession) -> BoxFuture<'s, mongodb::error::Result<()>>
            + Send
            + Sync
            + 'static,
    {
        self.queue.append(append, Some(Arc::new(write))).await
    }

    /// The driver's client.
    #[must_use]
    pub fn client(&self) -> &mongodb::Client {
        self.shared.database.client()
    }

    /// The database that the store is in, for collections of the user's own beside it.
    #[must_use]
    pub fn database(&self) -> &mongodb::Database {
        self.shared.database.handle()
    }

    /// Closes the store for all clones: what waits is still written, for as long as an append may
    /// take; everything later is refused. The driver's [`client`](Self::client) ends with it, also
    /// for collections of the user's own; that takes two seconds at most.
    ///
    /// # Errors
    /// See [`CloseError`].
    pub async fn close(&self) -> Result<(), CloseError> {
        let closed = self.queue.close().await;
        self.shared.hub.close();
        self.shared.database.end_clients().await;
        closed
    }

    pub(crate) async fn enqueue(&self, append: Append) -> Result<Appended, AppendError> {
        self.queue.append(append, None).await
    }
}

impl fmt::Debug for MongoStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoStore")
            .field("events", &self.shared.database.events())
            .finish_non_exhaustive()
    }
}

/// Tells this writer's batches from those of others.
fn new_writer() -> i64 {
    use es_core::{IdGenerator, TimeOrderedIds};
    let id = TimeOrderedIds.next_id();
    let (_, low) = id.as_u64_pair();
    low.cast_signed()
}
