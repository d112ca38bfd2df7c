//! Loading aggregates from their events, and storing what they decide.

mod cache;
mod error;
mod execute;
mod load;
mod retry;
mod save;
mod snapshot_policy;
mod snapshots;

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::error::{ExecuteError, LoadError, SaveError};
pub use self::execute::Executed;
pub use self::retry::RetryPolicy;
pub use self::snapshot_policy::SnapshotPolicy;

pub(crate) use self::snapshot_policy::Growth;

use self::cache::Cache;
use self::snapshots::Snapshots;
use crate::{
    Aggregate, Clock, CodecSet, EventStore, IdGenerator, Metadata, SnapshotStore, SystemClock,
    TimeOrderedIds,
};

/// Loads aggregates of one type from a store, and stores their events.
///
/// Cloning is cheap; clones share the cache of live aggregates, if there is one.
///
/// ```
/// use es_core::{Aggregate, Event, Repository, StreamVersion, memory::MemoryStore};
/// use es_serde::Json;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize)]
/// enum ClaimEvent {
///     ClaimCreated { amount: u64 },
///     ClaimSubmitted,
/// }
///
/// #[derive(Default)]
/// struct Claim {
///     submitted: bool,
/// }
///
/// impl Aggregate for Claim {
///     const CATEGORY: &'static str = "Claim";
///     type Event = ClaimEvent;
///
///     fn apply(&mut self, event: &ClaimEvent) {
///         if let ClaimEvent::ClaimSubmitted = event {
///             self.submitted = true;
///         }
///     }
/// }
///
/// impl Claim {
///     fn submit(&self) -> Result<ClaimEvent, &'static str> {
///         if self.submitted { Err("submitted already") } else { Ok(ClaimEvent::ClaimSubmitted) }
///     }
/// }
///
/// # es_core::testing::run(async {
/// let claims = Repository::<Claim>::new(MemoryStore::new(), Json);
/// claims.create("42", ClaimEvent::ClaimCreated { amount: 1_000 }).await?;
/// claims.execute("42", Claim::submit).await?;
/// assert!(claims.load("42").await?.state().submitted);
/// assert!(!claims.load_at_version("42", StreamVersion::FIRST).await?.state().submitted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Repository<A: Aggregate> {
    store: Arc<dyn EventStore>,
    codecs: CodecSet,
    metadata: Metadata,
    retry: RetryPolicy,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
    snapshots: Option<Snapshots<A>>,
    cache: Option<Cache<A>>,
}

impl<A: Aggregate> Repository<A> {
    /// A repository over a store (a clone of its handle), which writes with the first codec.
    ///
    /// It keeps no snapshots and no cache, and retries after a conflict as
    /// [`RetryPolicy::default`] says.
    pub fn new(store: impl EventStore + 'static, codecs: impl Into<CodecSet>) -> Self {
        Self {
            store: Arc::new(store),
            codecs: codecs.into(),
            metadata: Metadata::new(),
            retry: RetryPolicy::default(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(TimeOrderedIds),
            snapshots: None,
            cache: None,
        }
    }

    /// Starts loading at snapshots, and takes them in the background as `policy` says.
    #[must_use]
    pub fn with_snapshots(
        mut self,
        store: impl SnapshotStore + 'static,
        policy: SnapshotPolicy,
    ) -> Self
    where
        A: Serialize + DeserializeOwned,
    {
        self.snapshots = Some(Snapshots::new(Arc::new(store), policy));
        self
    }

    /// Keeps up to `aggregates` live ones in memory, so that [`execute`](Self::execute) need not
    /// load them. Commands to one aggregate then wait for each other in this process, in place of
    /// running into conflicts.
    ///
    /// What another process appended is found out by a conflict, or before a command is refused.
    #[must_use]
    pub fn with_cache(mut self, aggregates: usize) -> Self {
        self.cache = Some(Cache::new(aggregates));
        self
    }

    /// Writes this metadata with each event. To give one command its own, clone the repository.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Sets how often and how soon to try again.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Takes time from this clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Takes event ids from this generator.
    #[must_use]
    pub fn with_ids(mut self, ids: Arc<dyn IdGenerator>) -> Self {
        self.ids = ids;
        self
    }

    /// Returns once the snapshots that are being written are done; call it before a program ends.
    pub async fn snapshots_settled(&self) {
        if let Some(snapshots) = &self.snapshots {
            snapshots.settled().await;
        }
    }
}

impl<A: Aggregate> Clone for Repository<A> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            codecs: self.codecs.clone(),
            metadata: self.metadata.clone(),
            retry: self.retry,
            clock: Arc::clone(&self.clock),
            ids: Arc::clone(&self.ids),
            snapshots: self.snapshots.clone(),
            cache: self.cache.clone(),
        }
    }
}

impl<A: Aggregate> fmt::Debug for Repository<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repository")
            .field("category", &A::CATEGORY)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
