//! Time as a dependency: the clock trait, and the system's clock.

use std::fmt;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use crate::Timestamp;

/// Tells the time and waits; tests put a manual one in its place (I12).
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now. It may jump, in both directions, as system clocks do.
    fn now(&self) -> Timestamp;

    /// Returns after `duration`.
    ///
    /// # Cancel safety
    /// Dropping the future ends the wait and has no other effect.
    async fn sleep(&self, duration: Duration);
}

/// The clock of the operating system; waits on tokio's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::UNIX_EPOCH.plus(since)
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
