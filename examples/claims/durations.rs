//! A read model: how long each imported stream took, from its first event to its last.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use event_sourcing::core::BoxError;
use event_sourcing::{EventFilter, RecordedEvent, Timestamp};
use serde::{Deserialize, Serialize};

use crate::cloud_event::IMPORTED;
use crate::projection::ReadModel;
use crate::report::{Report, counted, span};

/// When each stream began and ended, as its events say.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Durations {
    streams: HashMap<String, (Timestamp, Timestamp)>,
}

impl ReadModel for Durations {
    const NAME: &'static str = "durations";

    fn filter() -> EventFilter {
        let (name, value) = IMPORTED;
        EventFilter::all().header(name, value)
    }

    fn apply(&mut self, event: &RecordedEvent) -> Result<(), BoxError> {
        let at = event.occurred_at();
        if let Some((first, last)) = self.streams.get_mut(event.stream.as_str()) {
            *first = at.min(*first);
            *last = at.max(*last);
        } else {
            self.streams
                .insert(event.stream.as_str().to_owned(), (at, at));
        }
        Ok(())
    }
}

impl Durations {
    /// Shows how long streams take: half of them, most of them, the longest.
    ///
    /// # Errors
    /// If the output fails.
    pub fn show(&self, report: &mut Report) -> io::Result<()> {
        let mut all: Vec<_> = self
            .streams
            .values()
            .map(|(first, last)| last.since(*first))
            .collect();
        all.sort_unstable();
        let at = |percent| span(percentile(&all, percent));
        let streams = counted(all.len() as u64, "stream");
        let text = format!(
            "p50 {}, p95 {}, longest {}, over {streams}",
            at(50),
            at(95),
            at(100)
        );
        report.fact("they take", text)
    }
}

/// The nearest rank of sorted durations: at least so many percent are not longer.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let durations: Vec<_> = (1..=20).map(Duration::from_secs).collect();
        assert_eq!(percentile(&durations, 50), Duration::from_secs(10));
        assert_eq!(percentile(&durations, 95), Duration::from_secs(19));
        assert_eq!(percentile(&durations, 100), Duration::from_secs(20));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
