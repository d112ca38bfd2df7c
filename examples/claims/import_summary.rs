//! What came of an import: counts by type of event, and in total.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::io;
use std::time::Duration;

use event_sourcing::core::{Appended, TypeName};
use event_sourcing::{Position, StreamId};

use crate::report::{Report, count, counted, rate, span};

/// What was imported, new or already there.
#[derive(Debug, Default)]
pub struct Imported {
    types: HashMap<TypeName, Counts>,
    streams: HashSet<StreamId>,
    total: Counts,
    last: Position,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    events: u64,
    new: u64,
}

impl Counts {
    fn add(&mut self, new: bool) {
        self.events += 1;
        self.new += u64::from(new);
    }
}

impl Imported {
    /// Counts one event.
    pub fn add(&mut self, stream: &StreamId, name: &TypeName, appended: &Appended) {
        self.last = self.last.max(appended.last_position);
        self.total.add(!appended.repeated);
        self.types
            .entry(name.clone())
            .or_default()
            .add(!appended.repeated);
        if !self.streams.contains(stream) {
            self.streams.insert(stream.clone());
        }
    }

    /// How many events, new or already there.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.total.events
    }

    /// The highest position of an event.
    #[must_use]
    pub fn last(&self) -> Position {
        self.last
    }

    /// Shows a row for each type, the most frequent first, and the totals.
    ///
    /// # Errors
    /// If the output fails.
    pub fn show(&self, took: Duration, report: &mut Report) -> io::Result<()> {
        let mut types: Vec<_> = self.types.iter().collect();
        types.sort_unstable_by_key(|(name, counts)| (Reverse(counts.events), name.as_str()));
        let row = |name: &str, counts: &Counts| {
            let there = counts.events - counts.new;
            [
                name.to_owned(),
                count(counts.events),
                count(counts.new),
                count(there),
            ]
        };
        let mut rows: Vec<_> = types
            .iter()
            .map(|(name, counts)| row(name.as_str(), counts))
            .collect();
        rows.push(row("total", &self.total));
        report.table(
            ['<', '>', '>', '>'],
            ["event type", "events", "new", "already there"],
            &rows,
        )?;
        report.line("")?;
        let (events, streams) = (self.total.events, self.streams.len() as u64);
        let (events_shown, streams) = (counted(events, "event"), counted(streams, "stream"));
        report.fact("imported", format_args!("{events_shown} of {streams}"))?;
        report.fact(
            "took",
            format_args!("{}, {} events", span(took), rate(events, took)),
        )
    }
}
