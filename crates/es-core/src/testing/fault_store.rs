//! A store that fails when a test wants it to.

mod checkpoints;
mod documents;
mod events;
mod fault;
mod links;
mod script;
mod snapshots;

use std::fmt;
use std::sync::Arc;

pub use self::fault::{Fault, Operation};
use self::script::Script;
use crate::{Clock, SystemClock};

/// Wraps any store, and makes its calls fail by a script: late, refused, reply lost, overtaken.
///
/// Each [`Fault`] waits in the queue of its [`Operation`] and is used up by one call; a call that
/// finds no fault goes to the store. Clones share the script, so a test keeps one and gives the
/// other to what it tests.
///
/// ```
/// use es_core::memory::MemoryStore;
/// use es_core::testing::{Fault, FaultStore, Operation, run, sample_event};
/// use es_core::{Append, EventStore, ExpectedVersion};
/// # run(async {
/// let store = FaultStore::new(MemoryStore::new()).inject(Fault::LostReply);
/// let append = Append::new("Claim/1".parse()?, ExpectedVersion::NoStream, [sample_event(1)])?;
///
/// let lost = store.append(append.clone()).await.unwrap_err();
/// assert!(lost.is_unknown());
/// assert!(store.append(append).await?.repeated, "it was stored in spite of the lost reply");
/// assert_eq!(store.calls(Operation::Append), 2);
/// assert_eq!(store.injected(Operation::Append), 1);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct FaultStore<S> {
    inner: S,
    script: Arc<Script>,
    clock: Arc<dyn Clock>,
}

impl<S> FaultStore<S> {
    /// Wraps a store. Nothing fails yet.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            script: Arc::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the clock on which delays wait; a [`ManualClock`](super::ManualClock) makes them end
    /// when the test says so.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Queues a fault, and returns the store for more.
    #[must_use]
    pub fn inject(self, fault: Fault) -> Self {
        self.add(fault);
        self
    }

    /// Queues a fault behind those of its operation that wait already.
    pub fn add(&self, fault: Fault) {
        self.script.add(fault);
    }

    /// Forgets the faults that wait, of every operation.
    pub fn clear(&self) {
        self.script.clear();
    }

    /// How many faults of this operation wait still.
    #[must_use]
    pub fn waiting(&self, operation: Operation) -> usize {
        self.script.waiting(operation)
    }

    /// How many faults of this operation were used up, [`Fault::Pass`] not counted.
    #[must_use]
    pub fn injected(&self, operation: Operation) -> u64 {
        self.script.injected(operation)
    }

    /// How many calls of this operation came, failed or not.
    #[must_use]
    pub fn calls(&self, operation: Operation) -> u64 {
        self.script.calls(operation)
    }

    /// The store inside, which does not fail.
    pub fn inner(&self) -> &S {
        &self.inner
    }

    /// What happens to the call that comes now. Waits out its delays first.
    async fn next_fault(&self, operation: Operation) -> Option<Fault> {
        let (delay, fault) = self.script.next(operation);
        if let Some(delay) = delay {
            self.clock.sleep(delay).await;
        }
        fault
    }
}

impl<S: fmt::Debug> fmt::Debug for FaultStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (inner, script) = (&self.inner, &self.script);
        f.debug_struct("FaultStore")
            .field("inner", inner)
            .field("script", script)
            .finish()
    }
}
