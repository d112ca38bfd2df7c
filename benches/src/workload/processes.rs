//! Appends by several processes on one namespace, beside one process.

use std::cell::RefCell;
use std::time::Duration;

use super::{Setting, append};
use crate::Failure;
use crate::closed_loop::Tally;
use crate::measure::{interleaved, median, ratio, side};
use crate::mongo::Mongo;
use crate::options::Role;
use crate::report::{Further, Report, rounded};
use crate::subject::Subject;
use crate::verify::verify;
use crate::worker::Outcome;
use crate::workers::Worker;

/// Measures one process and as many as the options say, each with as many tasks.
///
/// # Errors
/// See [`Failure`].
pub async fn measure(
    mongo: &Mongo,
    setting: &Setting<'_>,
    mut print: impl FnMut(Report),
) -> Result<(), Failure> {
    let options = setting.options;
    let rounds = RefCell::new(Vec::new());
    let sides = [
        side("insert commands, 1 connection", || {
            append::mongo::raw(mongo, setting, 1)
        }),
        side("one process", || async {
            Ok(processes(mongo, setting, 1).await?.tally)
        }),
        side("processes", || async {
            let round = processes(mongo, setting, options.processes).await?;
            let tally = round.tally.clone();
            rounds.borrow_mut().push(round);
            Ok(tally)
        }),
    ];
    let [raw, one, ours] = interleaved(options.runs, setting.stop, sides).await?;
    let report = Report::of_throughput(options, "one process", &ours, &one);
    let rounds = rounds.into_inner();
    let lost: Vec<_> = rounds.iter().filter_map(Round::lost).collect();
    print(report.with(Further {
        p99_ratio: Some(rounded(ours.over(&one, |run| run.p99_ms), 3)),
        least_share: Some(rounded(
            median(rounds.iter().map(Round::least_share).collect()),
            3,
        )),
        lost_races_per_batch: (!lost.is_empty()).then(|| rounded(median(lost), 3)),
        connection1_ratio: Some(rounded(ours.over(&raw, |run| run.events_per_s), 3)),
        verified: Some(true),
        ..Further::default()
    }));
    Ok(())
}

/// What the processes of a run did.
struct Round {
    /// Together.
    tally: Tally,
    outcomes: Vec<Outcome>,
}

impl Round {
    fn new(outcomes: Vec<Outcome>) -> Self {
        let mut tally = Tally::new();
        let mut elapsed = Duration::ZERO;
        for outcome in outcomes.iter().map(Outcome::tally) {
            tally.add(&outcome);
            elapsed = elapsed.max(outcome.elapsed);
        }
        tally.elapsed = elapsed;
        Self { tally, outcomes }
    }

    fn least_share(&self) -> f64 {
        let events = self.outcomes.iter().map(|outcome| outcome.events);
        let least = events.min().unwrap_or_default() as f64;
        let mean = self.tally.events as f64 / self.outcomes.len() as f64;
        ratio(least, mean)
    }

    fn lost(&self) -> Option<f64> {
        let races = self.outcomes.iter().map(|outcome| outcome.races);
        let races: Vec<_> = races.collect::<Option<_>>()?;
        let lost: u64 = races.iter().map(|races| races.lost).sum();
        let batches: u64 = races.iter().map(|races| races.batches).sum();
        Some(ratio(lost as f64, batches as f64))
    }
}

async fn processes(mongo: &Mongo, setting: &Setting<'_>, count: usize) -> Result<Round, Failure> {
    let place = mongo.place(setting.scratch).await?;
    let store = mongo.open(&place).await?;
    let mut workers = Vec::with_capacity(count);
    for _ in 0..count {
        let Setting {
            executable,
            options,
            ..
        } = setting;
        workers.push(Worker::start(executable, options, Role::Append, &place).await?);
    }
    for worker in &mut workers {
        worker.go().await?;
    }
    let mut outcomes = Vec::with_capacity(count);
    for worker in workers {
        outcomes.push(worker.outcome().await?);
    }
    let round = Round::new(outcomes);
    verify(&store, &round.tally).await?;
    mongo.close(store).await?;
    mongo.remove(place).await?;
    Ok(round)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::worker::Races;

    fn outcome(events: u64, seconds: u64) -> Outcome {
        let mut tally = Tally::new();
        tally.events = events;
        tally.elapsed = Duration::from_secs(seconds);
        let lost = events / 10;
        let batches = events;
        Outcome::new(&tally, Some(Races { batches, lost }))
    }

    #[test]
    fn processes_are_added_up_and_compared_with_their_mean() {
        let round = Round::new(vec![outcome(30, 2), outcome(50, 1)]);
        assert_eq!(round.tally.events, 80);
        assert_eq!(round.tally.elapsed, Duration::from_secs(2));
        assert_eq!(round.least_share(), 0.75);
        assert_eq!(round.lost(), Some(0.1));
    }

    #[test]
    fn what_no_store_counts_is_left_out() {
        let counted = outcome(30, 2);
        let uncounted = Outcome::new(&Tally::new(), None);
        assert_eq!(Round::new(vec![counted, uncounted]).lost(), None);
    }
}
