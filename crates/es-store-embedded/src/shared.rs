//! What the handles, the readers and the writer thread share: the engine, and what is durable.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use es_core::{Position, ReadError};
use tokio::sync::watch;

use crate::engine::Engine;
use crate::error::Refused;
use crate::totals::Totals;

/// An engine that may be away for a while.
pub(crate) type EngineSlot = Option<Box<dyn Engine>>;

/// What is durable, and so what readers may see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Durable {
    pub(crate) totals: Totals,
    pub(crate) open: bool,
}

pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    pub(crate) event_ids: bool,
    engine: RwLock<EngineSlot>,
    durable: watch::Sender<Durable>,
    /// Whether the engine may hold what is not durable, for good.
    in_doubt: AtomicBool,
    pub(crate) commits: AtomicU64,
    pub(crate) committed_appends: AtomicU64,
}

impl Shared {
    pub(crate) fn new(
        path: PathBuf,
        event_ids: bool,
        engine: Box<dyn Engine>,
        totals: Totals,
    ) -> Self {
        Self {
            path,
            event_ids,
            engine: RwLock::new(Some(engine)),
            durable: watch::Sender::new(Durable { totals, open: true }),
            in_doubt: AtomicBool::new(false),
            commits: AtomicU64::new(0),
            committed_appends: AtomicU64::new(0),
        }
    }

    /// What is durable now.
    pub(crate) fn durable(&self) -> Durable {
        *self.durable.borrow()
    }

    /// Whether the log is chained.
    pub(crate) fn chained(&self) -> bool {
        self.durable.borrow().totals.chain.is_some()
    }

    /// The last durable position.
    pub(crate) fn head(&self) -> Result<Position, ReadError> {
        let Durable { totals, open } = self.durable();
        if open {
            Ok(totals.head)
        } else {
            Err(ReadError::Closed)
        }
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Durable> {
        self.durable.subscribe()
    }

    /// Lets readers see everything up to `totals`.
    pub(crate) fn publish(&self, totals: Totals, appends: u64) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.committed_appends.fetch_add(appends, Ordering::Relaxed);
        self.durable.send_replace(Durable { totals, open: true });
    }

    /// A sync failed.
    pub(crate) fn doubt(&self) {
        self.in_doubt.store(true, Ordering::Release);
    }

    pub(crate) fn is_in_doubt(&self) -> bool {
        self.in_doubt.load(Ordering::Acquire)
    }

    /// The engine, for as long as the guard lives: never across an `await`.
    ///
    /// A reader that panicked has left nothing half done.
    pub(crate) fn engine(&self) -> RwLockReadGuard<'_, EngineSlot> {
        self.engine.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts another engine, or none, in the place of this one, once no reader uses it.
    pub(crate) fn replace_engine(&self, engine: EngineSlot) -> EngineSlot {
        let mut slot = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *slot, engine)
    }

    /// Reads from the engine.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&dyn Engine) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        match self.engine().as_deref() {
            Some(engine) => read(engine),
            None if self.durable().open => Err(ReadError::Unavailable {
                source: Refused::EngineDown("it is being opened again".into()).into(),
            }),
            None => Err(ReadError::Closed),
        }
    }

    /// Reads from an engine whose content is not in doubt: for tables whose entries do not say
    /// whether they are durable.
    pub(crate) fn read_settled<T, E>(
        &self,
        unavailable: impl Fn(Refused) -> E,
        read: impl FnOnce(&dyn Engine) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.is_in_doubt() {
            return Err(unavailable(Refused::Poisoned(
                "a write may not be durable".into(),
            )));
        }
        match self.engine().as_deref() {
            Some(engine) => read(engine),
            None => Err(unavailable(Refused::Closed)),
        }
    }

    /// Turns readers away from now on, and closes the engine when the last one is done.
    pub(crate) fn close(&self) {
        self.durable.send_modify(|durable| durable.open = false);
        drop(self.replace_engine(None));
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("path", &self.path)
            .field("durable", &self.durable())
            .finish_non_exhaustive()
    }
}
