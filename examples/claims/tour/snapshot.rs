//! A snapshot at work: loading a claim with a long history, with and without.

use std::time::{Duration, Instant};

use event_sourcing::core::BoxError;
use event_sourcing::core::repository::SnapshotPolicy;
use event_sourcing::serde::Json;
use event_sourcing::{Aggregate, Repository, StreamVersion};

use super::SNAPSHOT_EVERY;
use crate::batch::Batch;
use crate::claim::{Claim, ClaimError, ClaimEvent};
use crate::observed::Observed;
use crate::report::{Report, counted, span};
use crate::store::Store;

/// Notes come in blocks, as when a file of letters is scanned.
const BLOCKS: u64 = 25;
const NOTES_IN_A_BLOCK: u64 = 31;
/// Loading once is too short to be measured.
const LOADS: u32 = 20;

pub(super) async fn show(store: &Store, batch: Batch, report: &mut Report) -> Result<(), BoxError> {
    let id = format!("{}-long", batch.number);
    let observed = Observed::new(store.events.clone());
    let plain = Repository::<Claim>::new(observed.clone(), Json);
    let policy = SnapshotPolicy::every_events(SNAPSHOT_EVERY);
    let with_snapshots = plain
        .clone()
        .with_snapshots(store.snapshots.clone(), policy);
    let version = write_long_history(&with_snapshots, &id).await?;
    let newest = store
        .snapshots
        .load_snapshot(&Claim::stream(&id)?, StreamVersion::MAX)
        .await?;
    let taken_at = newest.map_or(StreamVersion::EMPTY, |snapshot| snapshot.version);

    report.section(format_args!("A snapshot used: claim {id}"))?;
    report.line(format_args!(
        "At version {version}; its newest snapshot is of version {taken_at}."
    ))?;
    for (name, claims) in [("without", &plain), ("with", &with_snapshots)] {
        let (read, took) = load(claims, &observed, &id).await?;
        let read = counted(read, "event");
        report.fact(
            name,
            format_args!("{read:>10} read, {:>9} to load", span(took)),
        )?;
    }
    report.line("One of the events is read to see that the snapshot belongs to this history.")?;
    Ok(())
}

async fn write_long_history(
    claims: &Repository<Claim>,
    id: &str,
) -> Result<StreamVersion, BoxError> {
    claims
        .create(id, Claim::create("hospital", 1_250_000)?)
        .await?;
    let mut version = claims.execute(id, Claim::submit).await?.version;
    for block in 0..BLOCKS {
        let add_block = |claim: &Claim| -> Result<Vec<ClaimEvent>, ClaimError> {
            let letters = 1..=NOTES_IN_A_BLOCK;
            letters
                .map(|n| claim.add_note(&format!("letter {}", block * NOTES_IN_A_BLOCK + n)))
                .collect()
        };
        version = claims.execute(id, add_block).await?.version;
        claims.snapshots_settled().await;
    }
    Ok(version)
}

/// How many events are read for one loading, and how long it takes.
async fn load(
    claims: &Repository<Claim>,
    observed: &Observed,
    id: &str,
) -> Result<(u64, Duration), BoxError> {
    let (before, started) = (observed.events_read(), Instant::now());
    for _ in 0..LOADS {
        claims.load(id).await?;
    }
    let read = observed.events_read() - before;
    Ok((read / u64::from(LOADS), started.elapsed() / LOADS))
}
