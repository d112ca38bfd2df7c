//! A tour of what the framework does, on claims that are made up; one file for each stop.

mod conflict;
mod refusal;
mod snapshot;
mod stream;
mod time_travel;

use std::io;
use std::time::Instant;

use event_sourcing::core::BoxError;
use event_sourcing::core::repository::SnapshotPolicy;
use event_sourcing::serde::Json;
use event_sourcing::{EventStore, Position, Repository};

use crate::batch::{self, Batch, Tally};
use crate::claim::Claim;
use crate::claims_by_status::ClaimsByStatus;
use crate::progress;
use crate::projection::Projection;
use crate::report::{Report, count, counted, rate, span};
use crate::stop::Stop;
use crate::store::Store;

/// After so many events a claim gets a snapshot. Few ever do.
const SNAPSHOT_EVERY: u64 = 100;

/// How many claims, how many at a time, and which.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many claims to drive.
    pub claims: u64,
    /// How many of them at a time.
    pub concurrency: usize,
    /// What decides their fates.
    pub seed: u64,
}

/// Drives the claims and shows the sights, until it is asked to stop.
///
/// # Errors
/// If the store or the output fails.
pub async fn run(
    store: &Store,
    options: Options,
    report: &mut Report,
    stop: &Stop,
) -> Result<(), BoxError> {
    let claims = Repository::<Claim>::new(store.events.clone(), Json).with_snapshots(
        store.snapshots.clone(),
        SnapshotPolicy::every_events(SNAPSHOT_EVERY),
    );
    let batch = Batch {
        number: batch::next_number(&claims).await?,
        claims: options.claims,
        concurrency: options.concurrency,
        seed: options.seed,
    };
    welcome(store, batch, report).await?;
    let mut projection = Projection::<ClaimsByStatus>::resume(store).await?;

    let bar = progress::claims(batch.claims);
    let driven = batch.drive(&claims, &bar, stop).await;
    bar.finish_and_clear();
    let driven = driven?;
    show_driven(store, batch, &driven, report)?;
    show_projection(&mut projection, driven.last, report).await?;
    if !stop.is_asked() {
        stream::show(store, batch, report).await?;
        snapshot::show(store, batch, report).await?;
        time_travel::show(store, &claims, batch, report).await?;
        conflict::show(store, batch, report).await?;
        refusal::show(&claims, batch, report).await?;
        let head = store.events.head().await?;
        let taken = projection.catch_up_to(head).await?;
        report.section("And on from the checkpoint")?;
        report.line(format_args!(
            "The projection took the {} of sections 4 to 7, and stands at {}.",
            counted(taken, "event"),
            count(head.get()),
        ))?;
    }
    claims.snapshots_settled().await;
    Ok(())
}

async fn welcome(store: &Store, batch: Batch, report: &mut Report) -> Result<(), BoxError> {
    report.title("A claims office on an event store")?;
    report.fact("store", store)?;
    let there = match store.events.head().await? {
        Position::START => "nothing yet".to_owned(),
        head => format!(
            "{} already; run {} adds claims {} and so on",
            counted(head.get(), "event"),
            batch.number,
            batch.id(1),
        ),
    };
    report.fact("holds", there)?;
    Ok(())
}

fn show_driven(store: &Store, batch: Batch, driven: &Tally, report: &mut Report) -> io::Result<()> {
    let Tally {
        created,
        commands,
        events,
        refused,
        idle,
        took,
        ..
    } = *driven;
    let claims = counted(created, "claim");
    report.section(format_args!(
        "Driving {claims}, {} at a time",
        batch.concurrency
    ))?;
    report.fact("took", span(took))?;
    report.fact(
        "commands",
        format_args!("{}, {}", count(commands), rate(commands, took)),
    )?;
    let durable = if store.is_durable() {
        ", each on disk before its command returned"
    } else {
        ""
    };
    report.fact(
        "events",
        format_args!("{}, {}{durable}", count(events), rate(events, took)),
    )?;
    report.fact(
        "refused",
        format_args!("{}, as paying a claim that is not assessed", count(refused)),
    )?;
    report.fact(
        "nothing to do",
        format_args!("{}, as paying a claim that is paid", count(idle)),
    )
}

async fn show_projection(
    projection: &mut Projection<'_, ClaimsByStatus>,
    target: Position,
    report: &mut Report,
) -> Result<(), BoxError> {
    let from = projection.position();
    let started = Instant::now();
    let taken = projection.catch_up_to(target).await?;
    let took = started.elapsed();
    report.section("A projection: claims by status")?;
    projection.model().show(report)?;
    report.line("")?;
    let (events, from, to) = (
        counted(taken, "event"),
        from.get(),
        projection.position().get(),
    );
    report.fact(
        "read",
        format_args!("{events} in {}, {}", span(took), rate(taken, took)),
    )?;
    report.fact(
        "checkpoint",
        format_args!("was {}, is {} now", count(from), count(to)),
    )?;
    Ok(())
}
