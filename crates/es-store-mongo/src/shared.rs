//! What all handles on a store share.

use std::future::Future;
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::append::heads::Heads;
use crate::archive::Source;
use crate::database::Database;
use crate::options::MongoOptions;
use crate::tail::Hub;

/// One namespace, opened: what readers and the committer work with.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) database: Database,
    pub(crate) options: MongoOptions,
    pub(crate) hub: Arc<Hub>,
    pub(crate) heads: Heads,
    pub(crate) counters: Counters,
    pub(crate) archive: Source,
}

/// What the committer of this process has done since the store was opened.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) batches: AtomicU64,
    pub(crate) appends: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) version_conflicts: AtomicU64,
    pub(crate) races_lost: AtomicU64,
    pub(crate) unknown_batches: AtomicU64,
    pub(crate) unknown_resolved: AtomicU64,
    pub(crate) turns_waited: AtomicU64,
    pub(crate) turns_missed: AtomicU64,
    pub(crate) turns_reserved: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

/// Runs work of the driver to its end, even if the caller goes away: dropping the driver's
/// futures half way may leave its connections in an unknown state.
pub(crate) async fn detached<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    match tokio::spawn(work).await {
        Ok(done) => done,
        // The task is never aborted, so it panicked.
        Err(error) => match error.try_into_panic() {
            Ok(panicked) => panic::resume_unwind(panicked),
            Err(cancelled) => {
                // The runtime is shutting down and drops this task as well.
                tracing::debug!(%cancelled, "the runtime ends");
                std::future::pending().await
            }
        },
    }
}
