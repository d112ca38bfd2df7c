//! Appends, beside a transaction for each of them.

use super::{Setting, append};
use crate::Failure;
use crate::closed_loop::Tally;
use crate::measure::{interleaved, side};
use crate::mongo::{Mongo, NaiveTransactions};
use crate::report::{Further, Report};
use crate::subject::Subject;

/// Measures the store and the transactions.
///
/// # Errors
/// See [`Failure`].
pub async fn measure(
    mongo: &Mongo,
    setting: &Setting<'_>,
    mut print: impl FnMut(Report),
) -> Result<(), Failure> {
    const CEILING: &str = "a transaction for each append";
    mongo.server.needs_replica_set("--workload naive")?;
    let sides = [
        side(CEILING, || transactions(mongo, setting)),
        side("store", || append::store(mongo, setting)),
    ];
    let [raw, ours] = interleaved(setting.options.runs, setting.stop, sides).await?;
    let report = Report::of_throughput(setting.options, CEILING, &ours, &raw);
    print(report.with(Further {
        verified: Some(true),
        ..Further::default()
    }));
    Ok(())
}

async fn transactions(mongo: &Mongo, setting: &Setting<'_>) -> Result<Tally, Failure> {
    let place = mongo.place(setting.scratch).await?;
    let naive = NaiveTransactions::open(mongo.server.database(&place)).await?;
    let tally = append::drive(naive, setting).await?;
    mongo.remove(place).await?;
    Ok(tally)
}
