//! Ctrl-C: a flag that every loop looks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Failure;

/// Says whether to stop; clones share the answer.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    stopped: Arc<AtomicBool>,
}

impl Stop {
    /// A flag that Ctrl-C raises. What is under way is finished first; the second Ctrl-C ends
    /// the process at once.
    ///
    /// To be called on a runtime.
    #[must_use]
    pub fn on_ctrl_c() -> Self {
        let stop = Self::default();
        let stopped = Arc::clone(&stop.stopped);
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                if stopped.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
            }
        });
        stop
    }

    /// Whether to stop.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// An error once it is time to stop.
    ///
    /// # Errors
    /// [`Failure::Interrupted`].
    pub fn check(&self) -> Result<(), Failure> {
        if self.is_set() {
            Err(Failure::Interrupted)
        } else {
            Ok(())
        }
    }
}
