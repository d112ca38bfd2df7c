//! A read model: how many claims there are in each status, over which amount, and how long they
//! stay there.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::time::Duration;

use event_sourcing::core::{BoxError, EventCoding};
use event_sourcing::serde::Json;
use event_sourcing::{Aggregate, CodecSet, Event, EventFilter, RecordedEvent, Timestamp};
use serde::{Deserialize, Serialize};

use crate::claim::{Claim, ClaimEvent, Status};
use crate::projection::ReadModel;
use crate::report::{Report, count, money, span};

/// Claims by status.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ClaimsByStatus {
    totals: BTreeMap<Status, Totals>,
    /// The claims that are not paid: paid ones stay so, and need no more memory.
    open: HashMap<String, Open>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Totals {
    claims: u64,
    amount: u64,
    /// How many claims have left this status, and how long they were in it, together.
    left: u32,
    stayed: Duration,
}

#[derive(Debug, Serialize, Deserialize)]
struct Open {
    status: Status,
    since: Timestamp,
    amount: u64,
}

impl ReadModel for ClaimsByStatus {
    const NAME: &'static str = "claims-by-status";

    /// Streams of other programs may be in the same category: an imported log, for one.
    fn filter() -> EventFilter {
        let claims = EventFilter::all().category(Claim::CATEGORY);
        ClaimEvent::TYPES
            .iter()
            .fold(claims, |filter, tag| filter.name(tag.name.clone()))
    }

    fn apply(&mut self, event: &RecordedEvent) -> Result<(), BoxError> {
        let (id, at) = (event.stream.id(), event.occurred_at());
        for claim_event in CodecSet::new(Json).decode_event(event)? {
            match claim_event {
                ClaimEvent::ClaimCreated { amount, .. } => {
                    self.enter(id, Status::Draft, at, amount);
                }
                ClaimEvent::ClaimSubmitted => self.change(id, Status::Submitted, at),
                ClaimEvent::ClaimRejected { .. } => self.change(id, Status::Rejected, at),
                ClaimEvent::ClaimAssessed { .. } => self.change(id, Status::Assessed, at),
                ClaimEvent::ClaimPaid { .. } => self.change(id, Status::Paid, at),
                ClaimEvent::NoteAdded { .. } => {}
            }
        }
        Ok(())
    }
}

impl ClaimsByStatus {
    /// How many claims there are.
    #[must_use]
    pub fn claims(&self) -> u64 {
        self.totals.values().map(|totals| totals.claims).sum()
    }

    /// Shows a row for each status.
    ///
    /// # Errors
    /// If the output fails.
    pub fn show(&self, report: &mut Report) -> io::Result<()> {
        let row = |(status, totals): (&Status, &Totals)| {
            let mean = totals
                .stayed
                .checked_div(totals.left)
                .map_or("-".to_owned(), span);
            [
                status.to_string(),
                count(totals.claims),
                money(totals.amount),
                mean,
            ]
        };
        let rows: Vec<_> = self.totals.iter().map(row).collect();
        report.table(
            ['<', '>', '>', '>'],
            ["status", "claims", "amount", "mean time in it"],
            &rows,
        )
    }

    fn change(&mut self, id: &str, status: Status, at: Timestamp) {
        let Some(open) = self.open.remove(id) else {
            return;
        };
        let left = self.totals.entry(open.status).or_default();
        left.claims -= 1;
        left.amount -= open.amount;
        left.left += 1;
        left.stayed += at.since(open.since);
        self.enter(id, status, at, open.amount);
    }

    fn enter(&mut self, id: &str, status: Status, since: Timestamp, amount: u64) {
        let totals = self.totals.entry(status).or_default();
        totals.claims += 1;
        totals.amount += amount;
        if status != Status::Paid {
            self.open.insert(
                id.to_owned(),
                Open {
                    status,
                    since,
                    amount,
                },
            );
        }
    }
}
