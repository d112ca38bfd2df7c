//! Live aggregates in memory, at most so many of them.

use std::fmt;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::{Aggregate, AggregateRoot, StreamId};

/// A place for one live aggregate; empty until it is loaded. Whoever holds the lock is the only
/// one in this process who gives it a command.
pub(super) type Slot<A> = Arc<Mutex<Option<AggregateRoot<A>>>>;

/// A bounded map from streams to live aggregates; the least useful goes first.
///
/// What is in it may be stale: the store decides by the version.
pub(super) struct Cache<A: Aggregate> {
    slots: Arc<quick_cache::sync::Cache<StreamId, Slot<A>>>,
}

impl<A: Aggregate> Cache<A> {
    pub(super) fn new(aggregates: usize) -> Self {
        Self {
            slots: Arc::new(quick_cache::sync::Cache::new(aggregates.max(1))),
        }
    }

    pub(super) fn slot(&self, stream: &StreamId) -> Slot<A> {
        if let Some(slot) = self.slots.get(stream) {
            return slot;
        }
        let slot = Slot::default();
        self.slots.insert(stream.clone(), Arc::clone(&slot));
        slot
    }
}

impl<A: Aggregate> Clone for Cache<A> {
    fn clone(&self) -> Self {
        Self {
            slots: Arc::clone(&self.slots),
        }
    }
}

impl<A: Aggregate> fmt::Debug for Cache<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("aggregates", &self.slots.len())
            .finish()
    }
}
