//! A conflict: many clerks write to one claim at once, and none of their notes is lost.

use std::collections::BTreeSet;

use event_sourcing::core::repository::{ExecuteError, Executed, RetryPolicy};
use event_sourcing::core::{BoxError, EventCoding};
use event_sourcing::serde::Json;
use event_sourcing::{Aggregate, CodecSet, EventStoreExt, Repository, StreamRange};
use tokio::task::JoinSet;

use crate::batch::Batch;
use crate::claim::{Claim, ClaimError, ClaimEvent};
use crate::observed::Observed;
use crate::report::{Report, counted};
use crate::store::Store;

const CLERKS: u64 = 16;

pub(super) async fn show(store: &Store, batch: Batch, report: &mut Report) -> Result<(), BoxError> {
    let id = format!("{}-busy", batch.number);
    let observed = Observed::new(store.events.clone());
    let claims = Repository::<Claim>::new(observed.clone(), Json)
        .with_retry(RetryPolicy::default().retries(100));
    claims
        .create(&id, Claim::create("therapy", 48_000)?)
        .await?;
    let before = observed.appends();

    let mut clerks = JoinSet::new();
    for clerk in 1..=CLERKS {
        clerks.spawn(write_note(claims.clone(), id.clone(), clerk));
    }
    let mut most_conflicts = 0;
    while let Some(executed) = clerks.join_next().await {
        most_conflicts = most_conflicts.max(executed??.conflicts);
    }

    let (stored, distinct) = stored_notes(store, &id).await?;
    let (tried, late) = (observed.appends() - before, observed.conflicts());
    report.section(format_args!(
        "A conflict, retried: {CLERKS} clerks write to claim {id} at once"
    ))?;
    report.fact(
        "appends",
        format_args!("{tried} tried, {late} came too late and were decided again"),
    )?;
    let times = counted(most_conflicts as u64, "time");
    report.fact("unluckiest", format_args!("had to decide again {times}"))?;
    report.fact(
        "notes",
        format_args!("{stored} stored, {distinct} of {CLERKS} different ones"),
    )?;
    Ok(())
}

async fn write_note(
    claims: Repository<Claim>,
    id: String,
    clerk: u64,
) -> Result<Executed, ExecuteError<ClaimError>> {
    claims
        .execute(id, |claim| {
            claim.add_note(&format!("called by clerk {clerk}"))
        })
        .await
}

/// How many notes there are, and how many different ones.
async fn stored_notes(store: &Store, id: &str) -> Result<(usize, usize), BoxError> {
    let events = store
        .events
        .read_stream_to_end(&Claim::stream(id)?, StreamRange::all())
        .await?;
    let mut notes = Vec::new();
    for event in &events {
        for event in CodecSet::new(Json).decode_event(event)? {
            if let ClaimEvent::NoteAdded { text } = event {
                notes.push(text);
            }
        }
    }
    let distinct: BTreeSet<_> = notes.iter().collect();
    Ok((notes.len(), distinct.len()))
}
