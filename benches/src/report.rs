//! One measurement as a line of JSON.

use serde::Serialize;

use crate::goal::{Goal, goals};
use crate::measure::Measurement;
use crate::options::Options;

/// What `es-bench` prints for one measurement.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The store under test.
    pub store: String,
    /// What was done.
    pub workload: String,
    /// How many tasks did it.
    pub concurrency: usize,
    /// Events per second.
    pub events_per_s: f64,
    /// Appends, loads, pages or commands per second.
    pub ops_per_s: f64,
    /// Median latency.
    pub p50_ms: f64,
    /// Latency that 99 of 100 stay below.
    pub p99_ms: f64,
    /// The same for the ceiling, in the same run.
    pub raw_events_per_s: f64,
    /// Ours over raw: of `ratio_of`.
    pub ratio: f64,
    /// Which figure `ratio` is of.
    pub ratio_of: &'static str,
    /// What the ceiling is.
    pub raw: &'static str,
    /// Pieces of work per second at the ceiling.
    pub raw_ops_per_s: f64,
    /// Median latency at the ceiling.
    pub raw_p50_ms: f64,
    /// Latency that 99 of 100 stay below at the ceiling.
    pub raw_p99_ms: f64,
    /// Range of our runs over their median.
    pub spread: f64,
    /// Range of the ceiling's runs over their median.
    pub raw_spread: f64,
    /// Further figures, by workload.
    #[serde(flatten)]
    pub further: Further,
    /// What the figures are to reach.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub goals: Vec<Goal>,
    /// How many events an append has.
    pub events_per_append: String,
    /// How large a payload is.
    pub payload_bytes: usize,
    /// How long each run took.
    pub seconds: f64,
    /// How many runs there were of each side.
    pub runs: usize,
    /// How many processes drove the store.
    pub processes: usize,
    /// Tasks that failed, on either side.
    pub errors: u64,
    /// The version of the framework.
    pub version: &'static str,
}

/// Figures that only some workloads have.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Further {
    /// The bare storage engine, driven like the raw log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_events_per_s: Option<f64>,
    /// Ours over the bare engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_ratio: Option<f64>,
    /// Median latency of the bare engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_p50_ms: Option<f64>,
    /// Latency that 99 of 100 stay below at the bare engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine_p99_ms: Option<f64>,
    /// How long the streams that were loaded are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_events: Option<usize>,
    /// Whether there was a snapshot to start from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<bool>,
    /// Through the store only, payloads left as bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_events_per_s: Option<f64>,
    /// That over raw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_ratio: Option<f64>,
    /// With payloads decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoded_events_per_s: Option<f64>,
    /// That over raw.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoded_ratio: Option<f64>,
    /// The same by four connections of the bare driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections4_events_per_s: Option<f64>,
    /// Ours over that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections4_ratio: Option<f64>,
    /// Ours over one connection of the bare driver, if `ratio` is of something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection1_ratio: Option<f64>,
    /// A bare insert for each append, by as many tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insert_events_per_s: Option<f64>,
    /// Median latency of a bare insert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insert_p50_ms: Option<f64>,
    /// Our median latency over that: lower is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insert_p50_ratio: Option<f64>,
    /// Documents and indexes on the disk, over the events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_event: Option<f64>,
    /// An event as a document of its own, in BSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bson_bytes_per_event: Option<f64>,
    /// The one over the other: lower is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_ratio: Option<f64>,
    /// Our p99 over that of one process: lower is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ratio: Option<f64>,
    /// The events of the slowest process over the mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least_share: Option<f64>,
    /// Inserts that found their position taken, over those that did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_races_per_batch: Option<f64>,
    /// Median latency through the store only, payloads left as bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_p50_ms: Option<f64>,
    /// That over raw: lower is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_p50_ratio: Option<f64>,
    /// Whether the subscriber was another process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub across_processes: Option<bool>,
    /// Whether aggregates were kept in memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached: Option<bool>,
    /// Whether the store was read again after each run, and found to hold what it acknowledged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
}

impl Report {
    /// The ratio is of events per second: higher is better.
    #[must_use]
    pub fn of_throughput(
        options: &Options,
        raw_name: &'static str,
        ours: &Measurement,
        raw: &Measurement,
    ) -> Self {
        let ratio = ours.over(raw, |run| run.events_per_s);
        Self::new(options, raw_name, ours, raw, ratio, "events_per_s")
    }

    /// The ratio is of the 99th percentile of latency: lower is better.
    #[must_use]
    pub fn of_latency(
        options: &Options,
        raw_name: &'static str,
        ours: &Measurement,
        raw: &Measurement,
    ) -> Self {
        let ratio = ours.over(raw, |run| run.p99_ms);
        Self::new(options, raw_name, ours, raw, ratio, "p99_ms")
    }

    fn new(
        options: &Options,
        raw_name: &'static str,
        ours: &Measurement,
        raw: &Measurement,
        ratio: f64,
        ratio_of: &'static str,
    ) -> Self {
        Self {
            store: options.store.to_string(),
            workload: options.workload.to_string(),
            concurrency: options.concurrency,
            events_per_s: rounded(ours.events_per_s, 1),
            ops_per_s: rounded(ours.ops_per_s, 1),
            p50_ms: rounded(ours.p50_ms, 5),
            p99_ms: rounded(ours.p99_ms, 5),
            raw_events_per_s: rounded(raw.events_per_s, 1),
            ratio: rounded(ratio, 3),
            ratio_of,
            raw: raw_name,
            raw_ops_per_s: rounded(raw.ops_per_s, 1),
            raw_p50_ms: rounded(raw.p50_ms, 5),
            raw_p99_ms: rounded(raw.p99_ms, 5),
            spread: rounded(ours.spread, 3),
            raw_spread: rounded(raw.spread, 3),
            further: Further::default(),
            goals: Vec::new(),
            events_per_append: options.events_per_append.to_string(),
            payload_bytes: options.payload_bytes,
            seconds: options.seconds,
            runs: options.runs,
            processes: options.processes,
            errors: ours.errors + raw.errors,
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// Adds what only this workload has.
    #[must_use]
    pub fn with(mut self, further: Further) -> Self {
        self.further = further;
        self
    }

    /// Adds what the figures are to reach.
    #[must_use]
    pub fn with_goals(mut self, options: &Options) -> Self {
        self.goals = goals(options, &self);
        self
    }
}

/// A figure without the digits that mean nothing.
#[must_use]
pub fn rounded(figure: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (figure * scale).round() / scale
}
