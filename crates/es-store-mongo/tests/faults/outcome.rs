//! What came of a fault.

use std::time::Duration;

use es_testkit::history::{Answer, Entry, History, Operation, Report};

/// The verdict on one fault, and some figures.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) fault: &'static str,
    pub(crate) injected: u64,
    pub(crate) report: Report,
    /// What went wrong besides what the history shows.
    pub(crate) problems: Vec<String>,
    /// The longest time that an append took until it was acknowledged.
    pub(crate) worst_append: Duration,
    /// The longest time between two deliveries to a subscriber.
    pub(crate) longest_gap: Duration,
    pub(crate) took: Duration,
}

impl Outcome {
    /// Of a fault that nothing came of yet.
    pub(crate) fn of(fault: &'static str) -> Self {
        Self {
            fault,
            ..Self::default()
        }
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.report.is_clean() && self.problems.is_empty()
    }
}

pub(crate) fn worst_append(history: &History) -> Duration {
    let calls = history.calls();
    let acknowledged = calls.iter().filter(|call| {
        matches!(call.operation, Operation::Append(_))
            && matches!(call.answer(), Some(Answer::Appended(_)))
    });
    let times = acknowledged.filter_map(es_testkit::history::Call::took);
    times.max().unwrap_or_default()
}

pub(crate) fn longest_gap(history: &History) -> Duration {
    let mut longest = 0;
    for process in &history.processes {
        let mut last = None;
        for line in &process.lines {
            if matches!(line.entry, Entry::Delivered { .. }) {
                longest = longest.max(last.map_or(0, |last| line.micros - last));
                last = Some(line.micros);
            }
        }
    }
    Duration::from_micros(longest)
}
