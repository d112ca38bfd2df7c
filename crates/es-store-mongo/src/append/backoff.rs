//! Pauses between tries against a server that does not answer well.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use es_core::{Clock, SystemClock};

const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_secs(1);

/// Grows from 10 ms to 1 s, with jitter, and never ends.
pub(super) struct Backoff(ExponentialBackoff);

impl Backoff {
    pub(super) fn new() -> Self {
        let builder = ExponentialBuilder::default()
            .with_min_delay(SHORTEST)
            .with_max_delay(LONGEST)
            .with_jitter()
            .without_max_times();
        Self(builder.build())
    }

    /// On the system's clock: what is waited for is outside of this process.
    pub(super) fn pause(&mut self) -> impl Future<Output = ()> + Send + 'static {
        let pause = self.0.next().unwrap_or(LONGEST);
        async move { SystemClock.sleep(pause).await }
    }
}
