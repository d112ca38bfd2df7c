//! What the figures are to reach.

use serde::Serialize;

use crate::options::{Options, StoreKind, WorkloadKind};
use crate::report::Report;

/// A figure with what it is to reach, and what to aim at after that.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Goal {
    /// Its name in the report.
    pub figure: &'static str,
    /// What was measured.
    pub is: f64,
    /// What it should be.
    pub reach: f64,
    /// What it could be.
    pub aim: f64,
    /// Whether it is what it should be, and no task failed.
    pub reached: bool,
}

impl Goal {
    fn at_least(figure: &'static str, is: f64, reach: f64, aim: f64) -> Self {
        Self {
            figure,
            is,
            reach,
            aim,
            reached: is >= reach,
        }
    }

    fn at_most(figure: &'static str, is: f64, reach: f64, aim: f64) -> Self {
        Self {
            reached: is <= reach,
            ..Self::at_least(figure, is, reach, aim)
        }
    }

    /// Where tasks failed, figures say nothing.
    fn unless_failed(self, errors: u64) -> Self {
        Self {
            reached: self.reached && errors == 0,
            ..self
        }
    }
}

impl std::fmt::Display for Goal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            figure, is, reach, ..
        } = self;
        let verdict = if self.reached { "reaches" } else { "misses" };
        write!(f, "{figure} {is} {verdict} {reach}")
    }
}

/// The goals that a measurement has, if it is one that has any.
pub(crate) fn goals(options: &Options, report: &Report) -> Vec<Goal> {
    let further = &report.further;
    let throughput = |reach, aim| Some(Goal::at_least("ratio", report.ratio, reach, aim));
    let p50 = |reach, aim| Some(Goal::at_most("p50_ms", report.p50_ms, reach, aim));
    let p99 = |reach, aim| Some(Goal::at_most("p99_ms", report.p99_ms, reach, aim));
    let bytes = || {
        Some(Goal::at_most(
            "bytes_ratio",
            further.bytes_ratio?,
            0.50,
            0.30,
        ))
    };
    let latency = || {
        Some(Goal::at_most(
            "insert_p50_ratio",
            further.insert_p50_ratio?,
            1.1,
            1.0,
        ))
    };
    let tail = || Some(Goal::at_most("p99_ratio", further.p99_ratio?, 4.0, 1.0));
    let share = || {
        Some(Goal::at_least(
            "least_share",
            further.least_share?,
            0.95,
            1.0,
        ))
    };
    let read = || {
        Some(Goal::at_most(
            "read_p50_ratio",
            further.read_p50_ratio?,
            1.15,
            1.05,
        ))
    };
    let tasks = options.concurrency;
    let goals = match (options.store, options.workload) {
        (StoreKind::Mongo, WorkloadKind::Append) => match (options.processes, tasks) {
            (4, 128) => vec![throughput(0.85, 0.95), tail(), share()],
            (1, 1) => vec![latency(), bytes()],
            (1, 128) => vec![throughput(0.65, 0.80), bytes()],
            (1, 1_000) => vec![throughput(0.80, 0.95), bytes()],
            (1, _) => vec![bytes()],
            _ => Vec::new(),
        },
        (StoreKind::Mongo, WorkloadKind::Naive) if tasks == 16 => vec![throughput(15.0, 30.0)],
        (StoreKind::Mongo, WorkloadKind::Scan) => vec![throughput(0.70, 0.85)],
        (StoreKind::Mongo, WorkloadKind::Load) if further.stream_events == Some(1_000) => {
            vec![read()]
        }
        (StoreKind::Mongo, WorkloadKind::Live) if options.across_processes => {
            vec![p50(1.5, 1.2), p99(4.0, 3.0)]
        }
        (_, WorkloadKind::Live) => vec![p99(0.2, 0.05)],
        (_, WorkloadKind::Command) if tasks == 128 => vec![throughput(0.85, 0.95)],
        (StoreKind::Embedded, WorkloadKind::Append) => match tasks {
            1 => vec![throughput(0.70, 0.95)],
            16 => vec![throughput(0.90, 1.0)],
            128 => vec![throughput(0.40, 0.9)],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    let goals = goals.into_iter().flatten();
    goals
        .map(|goal| goal.unless_failed(report.errors))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_reached_from_its_side() {
        assert!(Goal::at_least("ratio", 0.8, 0.8, 0.95).reached);
        assert!(!Goal::at_least("ratio", 0.7, 0.8, 0.95).reached);
        assert!(Goal::at_most("p99_ms", 0.2, 0.2, 0.05).reached);
        assert!(!Goal::at_most("p99_ms", 0.3, 0.2, 0.05).reached);
    }

    #[test]
    fn figures_of_failed_tasks_reach_nothing() {
        let goal = Goal::at_most("p99_ms", 0.0, 0.2, 0.05);
        assert!(goal.unless_failed(0).reached);
        assert!(!goal.unless_failed(1).reached);
    }
}
