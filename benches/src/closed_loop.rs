//! Closed loops: each task waits for its answer before it goes on.

use std::future::Future;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::Failure;
use crate::stop::Stop;

/// One of the tasks of a loop.
pub trait Task: Send + 'static {
    /// Does the next piece of work, and says what it was.
    fn step(&mut self) -> impl Future<Output = Result<Step, Failure>> + Send;
}

/// One finished piece of work.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// How many events it was.
    pub events: u64,
    /// How long it took from the call to the answer.
    pub latency: Duration,
}

/// How long a loop goes on.
#[derive(Debug, Clone)]
pub enum Until {
    /// Until this much time has passed, or somebody stops it.
    Elapsed(Duration, Stop),
    /// Until each task has done so many steps.
    Steps(u64),
    /// Until either has come.
    First(Duration, Stop, u64),
}

/// What the tasks of a loop did.
#[derive(Debug, Clone)]
pub struct Tally {
    /// Finished pieces of work.
    pub ops: u64,
    /// Events in them.
    pub events: u64,
    /// Tasks that failed; each ends with its first error.
    pub errors: u64,
    /// From the first start to the last end.
    pub elapsed: Duration,
    /// In nanoseconds.
    pub latencies: Histogram<u64>,
}

/// Runs the tasks side by side to the end.
pub async fn run<T: Task>(tasks: impl IntoIterator<Item = T>, until: Until) -> Tally {
    let started = Instant::now();
    let mut running: JoinSet<Tally> = tasks
        .into_iter()
        .map(|task| drive(task, started, until.clone()))
        .collect();
    let mut total = Tally::new();
    while let Some(finished) = running.join_next().await {
        match finished {
            Ok(tally) => total.add(&tally),
            Err(panicked) => total.note(&panicked),
        }
    }
    total.elapsed = started.elapsed();
    total
}

async fn drive<T: Task>(mut task: T, started: Instant, until: Until) -> Tally {
    let mut tally = Tally::new();
    while until.goes_on(started, tally.ops) {
        match task.step().await {
            Ok(step) => tally.count(step),
            Err(error) => {
                tally.note(&error);
                break;
            }
        }
    }
    tally
}

impl Until {
    fn goes_on(&self, started: Instant, steps: u64) -> bool {
        match self {
            Self::Elapsed(duration, stop) => !stop.is_set() && started.elapsed() < *duration,
            Self::Steps(wanted) => steps < *wanted,
            Self::First(duration, stop, wanted) => {
                !stop.is_set() && started.elapsed() < *duration && steps < *wanted
            }
        }
    }
}

impl Tally {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            ops: 0,
            events: 0,
            errors: 0,
            elapsed: Duration::ZERO,
            latencies: histogram(),
        }
    }

    fn count(&mut self, step: Step) {
        self.ops += 1;
        self.events += step.events;
        let nanoseconds = u64::try_from(step.latency.as_nanos()).unwrap_or(u64::MAX);
        self.latencies.saturating_record(nanoseconds);
    }

    fn note(&mut self, error: &dyn std::error::Error) {
        if self.errors == 0 {
            eprintln!("es-bench: a task failed: {}", chain(error));
        }
        self.errors += 1;
    }

    /// Adds what others did meanwhile.
    pub(crate) fn add(&mut self, other: &Self) {
        self.ops += other.ops;
        self.events += other.events;
        self.errors += other.errors;
        // All histograms have the same bounds, so that this cannot fail.
        let _ = self.latencies.add(&other.latencies);
    }
}

/// Up to a minute, to about one per cent; small, since each task has one.
fn histogram() -> Histogram<u64> {
    #[expect(
        clippy::expect_used,
        reason = "constant bounds: from 1, and 2 digits of at most 5"
    )]
    Histogram::new_with_max(60_000_000_000, 2).expect("the bounds are valid")
}

/// An error with its causes.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
