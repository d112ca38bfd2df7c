//! The stored stream of one claim, as a table.

use std::cmp::Reverse;

use event_sourcing::core::BoxError;
use event_sourcing::{Aggregate, EventStoreExt, RecordedEvent, StreamRange, Timestamp};
use serde_json::{Map, Value};

use crate::batch::Batch;
use crate::claim::Claim;
use crate::report::{Report, count};
use crate::store::Store;

pub(super) async fn show(store: &Store, batch: Batch, report: &mut Report) -> Result<(), BoxError> {
    let stream = Claim::stream(eventful_claim(batch))?;
    let events = store
        .events
        .read_stream_to_end(&stream, StreamRange::all())
        .await?;
    report.section(format_args!("What is stored: stream {stream}"))?;
    let rows = events.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    let heading = [
        "version",
        "position",
        "recorded (UTC)",
        "happened",
        "by",
        "event",
        "content",
    ];
    report.table(['>', '>', '<', '<', '<', '<', '<'], heading, &rows)?;
    Ok(())
}

/// The claim of the batch to which most happens.
pub(super) fn eventful_claim(batch: Batch) -> String {
    let some = 1..=batch.claims.min(500);
    let claim = some.min_by_key(|claim| Reverse(batch.plan(*claim).steps.len()));
    batch.id(claim.unwrap_or(1))
}

fn row(event: &RecordedEvent) -> Result<[String; 7], serde_json::Error> {
    Ok([
        event.version.to_string(),
        count(event.position.get()),
        clock(event.recorded_at),
        date(event.occurred_at()),
        event.metadata.actor().unwrap_or("-").to_owned(),
        event.name.to_string(),
        fields(&serde_json::from_slice(&event.payload.data)?),
    ])
}

/// The time of the day, to the microsecond.
pub(super) fn clock(time: Timestamp) -> String {
    let text = time.to_string();
    let clock = text.get(11..).unwrap_or(&text).trim_end_matches('Z');
    let (seconds, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    format!("{seconds}.{fraction:0<6}")
}

fn date(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

fn fields(content: &Map<String, Value>) -> String {
    let field = |(name, value): (&String, &Value)| format!("{name}={value}");
    content.iter().map(field).collect::<Vec<_>>().join(" ")
}
