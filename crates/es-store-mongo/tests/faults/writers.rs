//! Writers: they append, and find out what became of unknown appends.

use std::time::{Duration, Instant};

use es_core::{Append, AppendError, Appended, EventStore};
use es_testkit::history::RecordingStore;

use crate::{appends::Appends, chance::Chance, opened::Opened, progress::Progress};

/// How long an append may stay unknown after everything is mended.
const RESOLVE_LIMIT: Duration = Duration::from_secs(60);
/// Of a hundred unknown appends so many are repeated at the very end only.
const LEAVE_OPEN: u64 = 30;

/// Appends until it is time to stop, then resolves what is open.
pub(crate) async fn write(opened: Opened, name: String, mut chance: Chance, progress: Progress) {
    let store = opened.events.client(&name);
    let mut appends = Appends::new(Chance::new(chance.next(), 0), name.clone(), opened.indexed);
    let mut open = Vec::new();
    while !progress.is_stopped() {
        let append = appends.next();
        let leave_open = chance.percent(LEAVE_OPEN);
        let (result, unknown) = settle(&store, &append, leave_open, &progress).await;
        appends.learn(&result);
        match &result {
            Ok(_) => progress.acknowledge(),
            Err(error) if error.is_retryable() && unknown => open.push(append),
            Err(error) if error.is_conflict() || error.is_retryable() => {}
            Err(error) => progress.problem(format!("{name}: {error}")),
        }
        tokio::time::sleep(chance.millis(1, 25)).await;
    }
    for append in open {
        if let Err(text) = resolve(&store, &append).await {
            progress.problem(format!("{name}: {text}"));
        }
    }
}

/// Appends, and repeats it while the outcome is unknown, unless that is to be left open. Also tells
/// whether it was unknown once: that a later call could not write says nothing about that one.
async fn settle(
    store: &RecordingStore,
    append: &Append,
    leave_open: bool,
    progress: &Progress,
) -> (Result<Appended, AppendError>, bool) {
    let mut unknown = false;
    loop {
        let result = store.append(append.clone()).await;
        let is_unknown = result.as_ref().is_err_and(AppendError::is_unknown);
        unknown |= is_unknown;
        if !is_unknown || leave_open || progress.is_stopped() {
            return (result, unknown);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Repeats an append until its outcome is known.
pub(crate) async fn resolve(store: &RecordingStore, append: &Append) -> Result<(), String> {
    let begin = Instant::now();
    loop {
        match store.append(append.clone()).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_conflict() => return Ok(()),
            Err(error) if !error.is_retryable() => return Err(error.to_string()),
            Err(error) if begin.elapsed() > RESOLVE_LIMIT => {
                let id = append.id();
                return Err(format!("append {id} could not be resolved: {error}"));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}
