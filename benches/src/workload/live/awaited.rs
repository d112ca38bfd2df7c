//! Where those who wait for a delivery meet the one who delivers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

/// Who waits for the delivery of what; nothing once no delivery will come.
type Waiting<K, T> = Option<BTreeMap<K, oneshot::Sender<T>>>;

/// Where those who wait meet the one who delivers.
#[derive(Debug)]
pub(super) struct Awaited<K, T = Instant> {
    waiting: Arc<Mutex<Waiting<K, T>>>,
}

impl<K: Ord, T> Awaited<K, T> {
    pub(super) fn new() -> Self {
        Self {
            waiting: Arc::new(Mutex::new(Some(BTreeMap::new()))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<K, T>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What answers once `key` is delivered, or fails if it never will be.
    pub(super) fn expect(&self, key: K) -> oneshot::Receiver<T> {
        let (sender, receiver) = oneshot::channel();
        if let Some(waiting) = &mut *self.lock() {
            waiting.insert(key, sender);
        }
        receiver
    }

    pub(super) fn delivered(&self, key: &K, at: T) {
        let waiting = self.lock().as_mut().and_then(|all| all.remove(key));
        if let Some(waiting) = waiting {
            // The task may be gone already.
            let _ = waiting.send(at);
        }
    }

    pub(super) fn close(&self) {
        *self.lock() = None;
    }
}

impl<K: Ord> Awaited<K, Instant> {
    pub(super) fn delivered_up_to(&self, key: &K) {
        let mut waiting = self.lock();
        while let Some(first) = waiting.as_mut().and_then(BTreeMap::first_entry)
            && first.key() <= key
        {
            let _ = first.remove().send(Instant::now());
        }
    }
}

impl<K, T> Clone for Awaited<K, T> {
    fn clone(&self) -> Self {
        Self {
            waiting: Arc::clone(&self.waiting),
        }
    }
}
