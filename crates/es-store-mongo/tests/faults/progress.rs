//! What tasks tell each other: how far they are, when to stop, what went wrong.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Shared by the tasks of one store.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    acknowledged: Arc<AtomicU64>,
    problems: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
}

impl Progress {
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    pub(crate) fn acknowledge(&self) {
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn set_acknowledged(&self, count: u64) {
        self.acknowledged.store(count, Ordering::Relaxed);
    }

    /// Something that must not happen, and is not in the history.
    pub(crate) fn problem(&self, text: String) {
        let mut problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems.push(text);
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let problems = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        problems.clone()
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Waits for this many further acknowledgements.
    pub(crate) async fn further(&self, count: u64, limit: Duration) -> Result<(), String> {
        let goal = self.acknowledged() + count;
        let begin = Instant::now();
        while self.acknowledged() < goal {
            if begin.elapsed() > limit {
                let got = count - (goal - self.acknowledged());
                return Err(format!(
                    "only {got} of {count} further appends were acknowledged within {limit:?}"
                ));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}
