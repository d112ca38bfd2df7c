//! From what the tasks did to figures, and several runs side by side.

use std::future::Future;
use std::pin::Pin;

use crate::Failure;
use crate::closed_loop::Tally;
use crate::stop::Stop;

/// What one side of a comparison reached: the medians of its runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Events for each second.
    pub events_per_s: f64,
    /// Pieces of work for each second.
    pub ops_per_s: f64,
    /// The latency that half of the pieces of work stay below.
    pub p50_ms: f64,
    /// The latency that 99 of 100 stay below.
    pub p99_ms: f64,
    /// How far the runs lie apart: the range of `events_per_s` over its median.
    pub spread: f64,
    /// Tasks that failed, over all runs.
    pub errors: u64,
    runs: Vec<Run>,
}

/// The figures of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// Events for each second.
    pub events_per_s: f64,
    /// Pieces of work for each second.
    pub ops_per_s: f64,
    /// The latency that half of the pieces of work stay below.
    pub p50_ms: f64,
    /// The latency that 99 of 100 stay below.
    pub p99_ms: f64,
}

impl Run {
    fn of(tally: &Tally) -> Self {
        let seconds = tally.elapsed.as_secs_f64();
        Self {
            events_per_s: events_per_s(tally),
            ops_per_s: tally.ops as f64 / seconds,
            p50_ms: tally.latencies.value_at_quantile(0.5) as f64 / 1e6,
            p99_ms: tally.latencies.value_at_quantile(0.99) as f64 / 1e6,
        }
    }
}

impl Measurement {
    /// The medians of several runs.
    #[must_use]
    pub fn median(tallies: &[Tally]) -> Self {
        let runs: Vec<_> = tallies.iter().map(Run::of).collect();
        let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure).collect());
        let rates = || runs.iter().map(|run| run.events_per_s);
        let least = rates().fold(f64::INFINITY, f64::min);
        let most = rates().fold(0.0, f64::max);
        let events_per_s = of(|run| run.events_per_s);
        Self {
            events_per_s,
            ops_per_s: of(|run| run.ops_per_s),
            p50_ms: of(|run| run.p50_ms),
            p99_ms: of(|run| run.p99_ms),
            spread: ratio(most - least, events_per_s),
            errors: tallies.iter().map(|tally| tally.errors).sum(),
            runs,
        }
    }

    /// A figure of ours over that of another side: the median of the ratios of each round, so that
    /// what the machine did in a round meets both figures of it.
    #[must_use]
    pub fn over(&self, raw: &Self, figure: impl Fn(&Run) -> f64) -> f64 {
        let rounds = self.runs.iter().zip(&raw.runs);
        median(
            rounds
                .map(|(ours, raw)| ratio(figure(ours), figure(raw)))
                .collect(),
        )
    }
}

fn events_per_s(run: &Tally) -> f64 {
    run.events as f64 / run.elapsed.as_secs_f64()
}

/// The figure in the middle; 0 if there is none.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    match figures.len() {
        0 => 0.0,
        length if length % 2 == 1 => figures[middle],
        _ => (figures[middle - 1] + figures[middle]) / 2.0,
    }
}

/// One figure over another; 0 if there is nothing to compare with.
#[must_use]
pub fn ratio(ours: f64, raw: f64) -> f64 {
    if raw > 0.0 { ours / raw } else { 0.0 }
}

/// One side of a comparison.
pub struct Side<'a> {
    name: &'static str,
    run: Box<dyn Fn() -> SideRun<'a> + 'a>,
}

/// One run of a [`Side`], on content of its own.
type SideRun<'a> = Pin<Box<dyn Future<Output = Result<Tally, Failure>> + 'a>>;

/// Makes a side of an asynchronous function; each call is one run.
pub fn side<'a, F: Future<Output = Result<Tally, Failure>> + 'a>(
    name: &'static str,
    run: impl Fn() -> F + 'a,
) -> Side<'a> {
    Side {
        name,
        run: Box::new(move || Box::pin(run())),
    }
}

impl std::fmt::Debug for Side<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Side").field(&self.name).finish()
    }
}

/// Runs all sides one after the other, so many times, and takes the medians of each: what the
/// machine does meanwhile meets all of them alike.
///
/// # Errors
/// The first failure of a side, or [`Failure::Interrupted`].
pub async fn interleaved<const N: usize>(
    runs: usize,
    stop: &Stop,
    sides: [Side<'_>; N],
) -> Result<[Measurement; N], Failure> {
    let mut tallies: [Vec<Tally>; N] = std::array::from_fn(|_| Vec::new());
    for number in 1..=runs {
        for (side, tallies) in sides.iter().zip(&mut tallies) {
            let tally = (side.run)().await?;
            stop.check()?;
            let rate = events_per_s(&tally);
            eprintln!("es-bench: run {number}, {}: {rate:.0} events/s", side.name);
            tallies.push(tally);
        }
    }
    Ok(tallies.map(|runs| Measurement::median(&runs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn a_ratio_is_taken_within_each_round() {
        let tally = |events: u64| Tally {
            events,
            elapsed: std::time::Duration::from_secs(1),
            ..Tally::new()
        };
        let side = |events: [u64; 3]| Measurement::median(&events.map(tally));
        // The machine was slow in the second round.
        let (ours, raw) = (side([80, 30, 85]), side([100, 60, 100]));
        assert_eq!(ours.over(&raw, |run| run.events_per_s), 0.8);
    }

    #[test]
    fn nothing_to_compare_with_gives_no_ratio() {
        assert_eq!(ratio(1.0, 0.0), 0.0);
        assert_eq!(ratio(1.0, 2.0), 0.5);
    }
}
