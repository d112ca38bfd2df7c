//! A call and its answer.

use std::time::Duration;

use super::entry::{Answer, Operation};

/// A call to a store and, if it came, its answer.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The process that made it, by its place in the history.
    pub process: usize,
    /// Through which of the process' stores.
    pub store: &'a str,
    /// Which part of it, for people.
    pub client: &'a str,
    /// What was asked for.
    pub operation: &'a Operation,
    pub(super) called: (u64, u64),
    pub(super) answered: Option<(u64, u64, &'a Answer)>,
}

impl<'a> Call<'a> {
    /// What was answered; nothing if the caller went away first.
    pub fn answer(&self) -> Option<&'a Answer> {
        self.answered.map(|(_, _, answer)| answer)
    }

    /// How long it took.
    pub fn took(&self) -> Option<Duration> {
        let (_, until, _) = self.answered?;
        Some(Duration::from_micros(until.saturating_sub(self.called.1)))
    }

    /// The stamp of the call: whatever has a lower one in this process was before it.
    pub(super) fn begin(&self) -> u64 {
        self.called.0
    }

    /// The stamp of the answer, later than all others if there is none.
    pub(super) fn end(&self) -> u64 {
        self.answered.map_or(u64::MAX, |(stamp, ..)| stamp)
    }
}
