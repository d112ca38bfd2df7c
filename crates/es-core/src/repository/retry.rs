//! How often and how soon to try again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::IdGenerator;

/// How a repository tries again after a conflict, an unknown outcome, or a store that did not
/// answer: with exponential back-off and jitter, a bounded number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How often to try again after the first time; 0 for never.
    pub retries: usize,
    /// How long to wait before the first retry, at least.
    pub first_delay: Duration,
    /// How long to wait at the most, before jitter.
    pub longest_delay: Duration,
}

impl RetryPolicy {
    /// Never tries again.
    #[must_use]
    pub const fn never() -> Self {
        Self {
            retries: 0,
            first_delay: Duration::ZERO,
            longest_delay: Duration::ZERO,
        }
    }

    /// Tries again at most so often.
    #[must_use]
    pub const fn retries(mut self, retries: usize) -> Self {
        self.retries = retries;
        self
    }

    /// The delays before each retry. Randomness comes from `ids`, so that tests repeat exactly.
    pub(super) fn delays(&self, ids: &dyn IdGenerator) -> impl Iterator<Item = Duration> + use<> {
        let (_, seed) = ids.next_id().as_u64_pair();
        ExponentialBuilder::default()
            .with_min_delay(self.first_delay)
            .with_max_delay(self.longest_delay)
            .with_max_times(self.retries)
            .with_jitter()
            .with_jitter_seed(seed)
            .build()
    }
}

impl Default for RetryPolicy {
    /// Ten retries, from 1 ms to 200 ms.
    fn default() -> Self {
        Self {
            retries: 10,
            first_delay: Duration::from_millis(1),
            longest_delay: Duration::from_millis(200),
        }
    }
}
