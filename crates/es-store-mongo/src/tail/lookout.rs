//! The task that moves the known head while somebody waits for it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::bell::{BellListener, Heard, Line};
use super::hub::Hub;

/// How long it goes on after the last waiter left.
const LINGER: Duration = Duration::from_secs(10);
/// The bell gives a sign of life every second. If none comes for so long, the head is read.
const QUIET: Duration = Duration::from_millis(1_250);
/// How often the head is read although the bell is up. It does not ring for a batch whose last
/// document was refused, if nothing follows.
const PERIOD: Duration = Duration::from_secs(1);
/// How often it is read while the bell is down for a while.
const WHILE_DOWN: Pace = Pace::new(50, 1_000);
/// How often it is read where there is no bell.
const POLLING: Pace = Pace::new(5, 250);
/// How long a read may take before the next one is thought of. It goes on behind.
const PATIENCE: Duration = Duration::from_secs(2);

/// Looks at the head for a hub: when the bell rings, and by a timer.
#[derive(Debug)]
pub(super) struct Lookout {
    hub: Arc<Hub>,
    bell: BellListener,
    looked_at: Instant,
    wait: Duration,
}

/// From how short a wait to how long a one a poll backs off, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Pace {
    shortest: Duration,
    longest: Duration,
}

impl Pace {
    const fn new(shortest: u64, longest: u64) -> Self {
        Self {
            shortest: Duration::from_millis(shortest),
            longest: Duration::from_millis(longest),
        }
    }
}

impl Lookout {
    pub(super) fn new(hub: Arc<Hub>) -> Self {
        Self {
            bell: hub.bell().listen(),
            hub,
            looked_at: Instant::now(),
            wait: Duration::ZERO,
        }
    }

    /// Goes on until nobody has waited for a while, or the store is closed.
    pub(super) async fn run(mut self) {
        self.look().await;
        while !self.hub.nobody_waits(LINGER) {
            match timeout(self.patience(), self.bell.heard()).await {
                Ok(Heard::Ring(ring)) => self.hub.rang(ring).await,
                Ok(Heard::Changed) => {
                    self.wait = Duration::ZERO;
                    self.look().await;
                }
                Ok(Heard::Beat) if self.looked_at.elapsed() < PERIOD => {}
                Ok(Heard::Beat) | Err(_) => self.look().await,
            }
        }
    }

    /// How long to listen before looking.
    fn patience(&self) -> Duration {
        match self.bell.line() {
            Line::Up => QUIET,
            Line::Down => self.backed_off(WHILE_DOWN),
            Line::Refused => self.backed_off(POLLING),
        }
    }

    fn backed_off(&self, pace: Pace) -> Duration {
        self.wait.clamp(pace.shortest, pace.longest)
    }

    /// Reads the head; the next wait is longer if that brought nothing.
    async fn look(&mut self) {
        self.looked_at = Instant::now();
        let news = timeout(PATIENCE, self.hub.look()).await.unwrap_or(false);
        if news {
            self.wait = Duration::ZERO;
        } else {
            self.wait = self.patience() * 2;
        }
    }
}
