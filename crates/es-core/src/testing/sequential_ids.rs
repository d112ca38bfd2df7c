//! Ids that are the same on every run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use crate::IdGenerator;

/// An [`IdGenerator`] that counts 1, 2, 3 and so on. Clones go on with the same count.
///
/// Generators with different seeds never make the same id.
///
/// ```
/// use es_core::{IdGenerator, testing::SequentialIds};
/// let ids = SequentialIds::new();
/// assert_eq!(ids.next_id().as_u128(), 1);
/// assert_eq!(ids.clone().next_id().as_u128(), 2);
/// assert_ne!(SequentialIds::seeded(7).next_id(), SequentialIds::seeded(8).next_id());
/// ```
#[derive(Debug, Clone)]
pub struct SequentialIds {
    seed: u64,
    last: Arc<AtomicU64>,
}

impl SequentialIds {
    /// A generator with seed 0, whose ids are the plain numbers.
    #[must_use]
    pub fn new() -> Self {
        Self::seeded(0)
    }

    /// A generator whose ids carry `seed` in their upper half.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            seed,
            last: Arc::new(AtomicU64::new(0)),
        }
    }
}

impl Default for SequentialIds {
    fn default() -> Self {
        Self::new()
    }
}

impl IdGenerator for SequentialIds {
    fn next_id(&self) -> Uuid {
        let next = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        Uuid::from_u64_pair(self.seed, next)
    }
}
