//! The handle on a store: opening and closing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use es_core::{BoxError, Position};
use tokio::sync::oneshot;

use crate::committer::Committer;
use crate::directory::{Directory, Wanted, io_error};
use crate::engine::{Engine, EngineError, OpenEngine, fjall};
use crate::error::{CloseError, OpenError};
use crate::mark::Mark;
use crate::options::EmbeddedOptions;
use crate::queue::{Job, Queue};
use crate::shared::Shared;
use crate::totals::Totals;
use crate::verify;

/// A durable event store in one directory.
///
/// A cheap handle: clones share one store. It is closed by [`close`](Self::close), or, a moment
/// after, when the last handle is dropped; what was acknowledged is durable in any case.
///
/// The contract is that of [`EventStore`](es_core::EventStore); it also keeps snapshots,
/// checkpoints and documents. See the [crate](crate) for what is on disk and what is promised.
#[derive(Debug, Clone)]
pub struct EmbeddedStore {
    pub(crate) queue: Queue,
    pub(crate) shared: Arc<Shared>,
}

impl EmbeddedStore {
    /// Opens the store in a directory, making it if there is none.
    ///
    /// # Errors
    /// See [`OpenError`].
    ///
    /// # Cancel safety
    /// A dropped call may still open the store for a moment, and then closes it.
    ///
    /// # Examples
    /// ```
    /// use es_core::EventStore;
    /// use es_store_embedded::EmbeddedStore;
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path();
    /// # es_core::testing::run(async {
    /// let store = EmbeddedStore::open(path).await?;
    /// assert_eq!(store.head().await?.get(), 0);
    /// store.close().await?;
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// # }).unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, EmbeddedOptions::default()).await
    }

    /// Opens the store in a directory with settings of the caller's.
    ///
    /// # Errors
    /// See [`OpenError`].
    ///
    /// # Cancel safety
    /// As [`open`](Self::open).
    pub async fn open_with(
        path: impl AsRef<Path>,
        options: EmbeddedOptions,
    ) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let for_error = path.clone();
        let opened = tokio::task::spawn_blocking(move || open(path, &options)).await;
        opened.map_err(|error| io_error(&for_error, error))?
    }

    /// Takes nothing more, writes what waits, and lets go of the directory.
    ///
    /// When it returns the directory can be opened again. Other handles are closed with it; to
    /// close a closed store does nothing.
    ///
    /// # Errors
    /// [`CloseError`] if the end could not be noted; nothing acknowledged is lost.
    ///
    /// # Cancel safety
    /// Once it waits for the writer, the store closes even if the call is dropped.
    pub async fn close(&self) -> Result<(), CloseError> {
        let (reply, closed) = oneshot::channel();
        if self.queue.send(Job::Close(reply)).await.is_ok()
            && let Ok(result) = closed.await
        {
            return result;
        }
        // Someone else closes it.
        let mut durable = self.shared.watch();
        let _ = durable.wait_for(|now| !now.open).await;
        Ok(())
    }

    /// Starts the writer over an engine.
    pub(crate) fn start(opened: Opened, options: &EmbeddedOptions) -> std::io::Result<Self> {
        let Opened {
            path,
            engine,
            open_engine,
            totals,
            mark,
            directory,
        } = opened;
        let shared = Arc::new(Shared::new(path, options.event_ids, engine, totals));
        let (queue, jobs) = Queue::new(options.queue_appends, options.queue_bytes);
        let for_writer = Arc::clone(&shared);
        let committer = Committer::new(jobs, for_writer, open_engine, mark, directory, options);
        std::thread::Builder::new()
            .name("es-writer".into())
            .spawn(move || committer.run())?;
        Ok(Self { queue, shared })
    }
}

/// What a writer starts with.
pub(crate) struct Opened {
    pub(crate) path: PathBuf,
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) open_engine: OpenEngine,
    pub(crate) totals: Totals,
    pub(crate) mark: Option<Mark>,
    pub(crate) directory: Option<Directory>,
}

fn open(path: PathBuf, options: &EmbeddedOptions) -> Result<EmbeddedStore, OpenError> {
    let wanted = Wanted {
        event_ids: options.event_ids,
        chained: options.hash_chain,
    };
    let mut directory = Directory::open(&path, wanted)?;
    let settings = fjall::FjallOptions {
        cache_bytes: options.cache_bytes,
        journal_bytes: options.journal_bytes,
        table_bytes: options.table_bytes,
    };
    let create = |engine: &Path| fjall::create(engine, settings).map_err(CreateError::from);
    let new = directory.is_new().map_err(|error| io_error(&path, error))?;
    let made = if new {
        let made = directory.create_engine(create);
        made.map_err(|error| io_error(&path, error))?
    } else {
        false
    };
    if !made && !directory.has_documents() {
        add_tables(&directory, settings)?;
    }
    let engine_path = directory.engine();
    let open_engine: OpenEngine = Box::new(move || fjall::open(&engine_path, settings));
    let engine = open_engine().map_err(|error| engine_error(&path, error))?;
    let (totals, mut mark) = verified(&directory, &*engine)?;
    mark.note_opened(&totals)
        .and_then(|()| directory.note_documents())
        .map_err(|error| io_error(&path, error))?;
    let opened = Opened {
        path: path.clone(),
        engine,
        open_engine,
        totals,
        mark: Some(mark),
        directory: Some(directory),
    };
    EmbeddedStore::start(opened, options).map_err(|error| io_error(&path, error))
}

/// Makes the tables that the first versions did not have, once the others are found sound.
fn add_tables(directory: &Directory, settings: fjall::FjallOptions) -> Result<(), OpenError> {
    let failed = |error| engine_error(directory.path(), error);
    let engine = fjall::open_first(&directory.engine(), settings).map_err(failed)?;
    verified(directory, &engine)?;
    engine.add_tables(settings).map_err(failed)
}

/// Looks at what is there, as far as that is done at each start.
fn verified(directory: &Directory, engine: &dyn Engine) -> Result<(Totals, Mark), OpenError> {
    let path = directory.path();
    let flawed = |flaw: verify::Flaw| corrupt(path, flaw.position, flaw);
    let totals = Totals::load(engine, directory.chained());
    let totals = totals.map_err(|error| engine_error(path, error))?;
    verify::contents(engine, &totals).map_err(flawed)?;
    let mark = open_mark(directory, &totals)?;
    verify::against_mark(engine, &totals, &mark.noted()).map_err(flawed)?;
    Ok((totals, mark))
}

fn open_mark(directory: &Directory, totals: &Totals) -> Result<Mark, OpenError> {
    let path = directory.path();
    if directory.is_new().map_err(|error| io_error(path, error))? {
        if totals.head != Position::START {
            return Err(corrupt(
                path,
                totals.head.next(),
                "the file `mark` is missing",
            ));
        }
        directory
            .create_mark(Mark::create)
            .map_err(|error| io_error(path, error))?;
    }
    let mark = Mark::open(&directory.mark()).map_err(|error| io_error(path, error))?;
    mark.ok_or_else(|| corrupt(path, totals.head.next(), "the file `mark` is damaged"))
}

fn corrupt(path: &Path, position: Position, source: impl Into<BoxError>) -> OpenError {
    OpenError::Corrupt {
        path: path.to_owned(),
        position,
        source: source.into(),
    }
}

fn engine_error(path: &Path, error: EngineError) -> OpenError {
    match error {
        EngineError::Damaged(_) => corrupt(path, Position::START, error),
        EngineError::Failed(_) | EngineError::Stopped(_) => io_error(path, error),
    }
}

/// Why a new engine could not be made.
#[derive(Debug, thiserror::Error)]
enum CreateError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Engine(#[from] EngineError),
}
