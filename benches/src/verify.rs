//! Whether a store holds what it acknowledged.

use std::collections::HashMap;

use es_core::{AllRange, EventStore, Position, RecordedEvent, StreamId, StreamVersion};

use crate::Failure;
use crate::closed_loop::Tally;

/// Reads a store to its end: positions and the versions of each stream are dense, and there are as
/// many events as the run acknowledged. Where a task failed there may be more.
///
/// # Errors
/// [`Failure::Unverified`] if it is not so.
pub async fn verify(store: &impl EventStore, run: &Tally) -> Result<(), Failure> {
    let mut seen = Seen::default();
    let mut range = AllRange::after(Position::START);
    loop {
        let page = store
            .read_all(&range)
            .await
            .map_err(Failure::broken("read the store again"))?;
        for event in &page.events {
            seen.take(event)?;
        }
        range.after = page.scanned_to;
        if page.at_end {
            return seen.compare(run);
        }
    }
}

#[derive(Default)]
struct Seen {
    last: Position,
    versions: HashMap<StreamId, StreamVersion>,
}

impl Seen {
    fn take(&mut self, event: &RecordedEvent) -> Result<(), Failure> {
        let version = self.versions.entry(event.stream.clone()).or_default();
        if event.position != self.last.next() || event.version != version.next() {
            return Err(Failure::Unverified(format!(
                "after position {} comes position {} with version {} of stream {}, which is at {version}",
                self.last, event.position, event.version, event.stream
            )));
        }
        self.last = event.position;
        *version = event.version;
        Ok(())
    }

    fn compare(&self, run: &Tally) -> Result<(), Failure> {
        let (stored, acknowledged) = (self.last.get(), run.events);
        if stored == acknowledged || (run.errors > 0 && stored > acknowledged) {
            return Ok(());
        }
        Err(Failure::Unverified(format!(
            "{acknowledged} events were acknowledged, {stored} are stored"
        )))
    }
}

#[cfg(test)]
mod tests {
    use es_core::memory::MemoryStore;

    use super::*;
    use crate::closed_loop::{Until, run};
    use crate::target::Stored;
    use crate::traffic::{AppendSize, Shape};
    use crate::workload::append::Appending;

    #[tokio::test]
    async fn an_event_too_few_or_too_many_is_found() {
        let store = MemoryStore::new();
        let shape = Shape::new(AppendSize::exactly(3), 205).unwrap();
        let tasks = Appending::tasks(&Stored(store.clone()), &shape, 2).unwrap();
        let mut tally = run(tasks, Until::Steps(5)).await;
        verify(&store, &tally).await.unwrap();
        for wrong in [tally.events - 1, tally.events + 1] {
            tally.events = wrong;
            assert!(verify(&store, &tally).await.is_err());
        }
    }
}
