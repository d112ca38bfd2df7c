//! Time travel: a claim as it was at a version, and at a time.

use event_sourcing::core::BoxError;
use event_sourcing::{
    Aggregate, AggregateRoot, EventStoreExt, Repository, StreamRange, StreamVersion,
};

use super::stream::{clock, eventful_claim};
use crate::batch::Batch;
use crate::claim::Claim;
use crate::report::{Report, money};
use crate::store::Store;

pub(super) async fn show(
    store: &Store,
    claims: &Repository<Claim>,
    batch: Batch,
    report: &mut Report,
) -> Result<(), BoxError> {
    let id = eventful_claim(batch);
    let history = store
        .events
        .read_stream_to_end(&Claim::stream(&id)?, StreamRange::all())
        .await?;
    let half_way = history
        .get(history.len() / 2)
        .map_or_else(Default::default, |e| e.recorded_at);

    let mut rows = Vec::new();
    let then = claims.load_at_version(&id, StreamVersion::FIRST).await?;
    rows.push(row("at version 1".to_owned(), &then));
    let then = claims.load_at(&id, half_way).await?;
    rows.push(row(format!("at {}", clock(half_way)), &then));
    let now = claims.load(&id).await?;
    rows.push(row("now".to_owned(), &now));

    report.section(format_args!("Time travel: claim {id} then and now"))?;
    let heading = ["when", "version", "status", "claimed", "payable"];
    report.table(['<', '>', '<', '>', '>'], heading, &rows)?;
    Ok(())
}

fn row(when: String, claim: &AggregateRoot<Claim>) -> [String; 5] {
    let state = claim.state();
    let payable = if state.payable > 0 {
        money(state.payable)
    } else {
        "-".to_owned()
    };
    [
        when,
        claim.version().to_string(),
        state.status.to_string(),
        money(state.amount),
        payable,
    ]
}
