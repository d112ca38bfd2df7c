//! The faults that wait, and the count of those that happened.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Fault, Operation};

#[derive(Debug, Default)]
pub(super) struct Script {
    queues: Mutex<HashMap<Operation, Queue>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Fault>,
    injected: u64,
    calls: u64,
}

impl Script {
    pub(super) fn add(&self, fault: Fault) {
        self.queues()
            .entry(fault.operation())
            .or_default()
            .waiting
            .push_back(fault);
    }

    pub(super) fn clear(&self) {
        self.queues()
            .values_mut()
            .for_each(|queue| queue.waiting.clear());
    }

    pub(super) fn waiting(&self, operation: Operation) -> usize {
        self.queues()
            .get(&operation)
            .map_or(0, |queue| queue.waiting.len())
    }

    pub(super) fn injected(&self, operation: Operation) -> u64 {
        self.queues()
            .get(&operation)
            .map_or(0, |queue| queue.injected)
    }

    pub(super) fn calls(&self, operation: Operation) -> u64 {
        self.queues().get(&operation).map_or(0, |queue| queue.calls)
    }

    /// Counts a call, and takes what is to happen to it: all delays at the front of the queue,
    /// and the fault behind them.
    pub(super) fn next(&self, operation: Operation) -> (Option<Duration>, Option<Fault>) {
        let mut queues = self.queues();
        let queue = queues.entry(operation).or_default();
        queue.calls += 1;
        let mut delay = None;
        while let Some(Fault::Delay(_, by)) = queue.waiting.front() {
            delay = Some(delay.unwrap_or(Duration::ZERO) + *by);
            queue.injected += 1;
            queue.waiting.pop_front();
        }
        let fault = queue
            .waiting
            .pop_front()
            .filter(|fault| !matches!(fault, Fault::Pass(_)));
        queue.injected += u64::from(fault.is_some());
        (delay, fault)
    }

    /// A test that panicked leaves counters, which are whole at every step.
    fn queues(&self) -> MutexGuard<'_, HashMap<Operation, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
