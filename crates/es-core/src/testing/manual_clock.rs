//! A clock that stands still until a test moves it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{Clock, Timestamp};

/// A [`Clock`] that moves only when told to. Clones are the same clock.
///
/// [`advance`](Self::advance) is time going by: it moves what [`now`](Clock::now) says and ends
/// the sleeps that are over. [`set`](Self::set) is somebody setting the clock, forwards or back:
/// it ends no sleep, as on a real system.
///
/// ```
/// use std::time::Duration;
/// use es_core::{Clock, Timestamp, testing::{ManualClock, run}};
/// run(async {
///     let clock = ManualClock::new();
///     let sleeping = clock.clone();
///     let sleeper = tokio::spawn(async move { sleeping.sleep(Duration::from_secs(5)).await });
///     clock.wait_for_sleepers(1).await;
///     clock.advance(Duration::from_secs(5));
///     sleeper.await.unwrap();
///     assert_eq!(clock.now(), ManualClock::EPOCH.plus(Duration::from_secs(5)));
/// });
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    time: watch::Sender<Time>,
    sleepers: watch::Sender<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Time {
    now: Timestamp,
    /// How much time has gone by, however the clock was set.
    elapsed: Duration,
}

impl ManualClock {
    /// Where a new clock stands: 2026-01-01 00:00 UTC.
    pub const EPOCH: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

    /// A clock that stands at [`EPOCH`](Self::EPOCH).
    #[must_use]
    pub fn new() -> Self {
        Self::at(Self::EPOCH)
    }

    /// A clock that stands at `now`.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        let time = Time {
            now,
            elapsed: Duration::ZERO,
        };
        let shared = Shared {
            time: watch::Sender::new(time),
            sleepers: watch::Sender::new(0),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Lets time go by, and ends the sleeps that are over by then.
    pub fn advance(&self, by: Duration) {
        self.shared.time.send_modify(|time| {
            time.now = time.now.plus(by);
            time.elapsed = time.elapsed.saturating_add(by);
        });
    }

    /// Sets the clock, forwards or back. Sleeps take as long as before.
    pub fn set(&self, now: Timestamp) {
        self.shared.time.send_modify(|time| time.now = now);
    }

    /// How many sleeps are going on.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        *self.shared.sleepers.borrow()
    }

    /// Returns once at least `count` sleeps are going on.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    pub async fn wait_for_sleepers(&self, count: usize) {
        let mut sleepers = self.shared.sleepers.subscribe();
        // The sender lives as long as this clock, so there is no error to answer.
        let _ = sleepers.wait_for(|sleepers| *sleepers >= count).await;
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.shared.time.borrow().now
    }

    async fn sleep(&self, duration: Duration) {
        let mut time = self.shared.time.subscribe();
        let end = time.borrow_and_update().elapsed.saturating_add(duration);
        let _sleeper = Sleeper::new(&self.shared.sleepers);
        // As above, the sender lives as long as this clock.
        let _ = time.wait_for(|time| time.elapsed >= end).await;
    }
}

/// Counts as one sleeper until it is dropped, also when its sleep is.
struct Sleeper<'a>(&'a watch::Sender<usize>);

impl<'a> Sleeper<'a> {
    fn new(sleepers: &'a watch::Sender<usize>) -> Self {
        sleepers.send_modify(|count| *count += 1);
        Self(sleepers)
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
