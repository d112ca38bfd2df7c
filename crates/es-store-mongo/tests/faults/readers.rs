//! Readers: by page, by stream, by id, and for the end of the log.

use es_core::{AllRange, EventId, EventStore, Position, ReadError, StreamRange, StreamVersion};
use es_testkit::history::RecordingStore;

use crate::{appends, chance::Chance, opened::Opened, progress::Progress};

/// Of how many events a reader remembers the ids.
const REMEMBERED: usize = 200;

/// Reads this and that until it is time to stop.
pub(crate) async fn read(opened: Opened, name: String, mut chance: Chance, progress: Progress) {
    let mut reader = Reader {
        store: opened.events.client(&name),
        indexed: opened.indexed,
        ids: Vec::new(),
        end: Position::START,
    };
    while !progress.is_stopped() {
        match reader.read(&mut chance).await {
            Ok(()) => {}
            Err(error) if error.is_retryable() => {}
            Err(error) => progress.problem(format!("{name}: {error}")),
        }
        tokio::time::sleep(chance.millis(5, 60)).await;
    }
}

struct Reader {
    store: RecordingStore,
    indexed: bool,
    ids: Vec<EventId>,
    end: Position,
}

impl Reader {
    async fn read(&mut self, chance: &mut Chance) -> Result<(), ReadError> {
        match chance.below(5) {
            0 => self.end = self.store.head().await?,
            1 => self.stream(chance).await?,
            2 if self.indexed && !self.ids.is_empty() => {
                let at = usize::try_from(chance.below(self.ids.len() as u64)).unwrap_or(0);
                self.store.read_event(self.ids[at]).await?;
            }
            _ => self.page(chance).await?,
        }
        Ok(())
    }

    async fn page(&mut self, chance: &mut Chance) -> Result<(), ReadError> {
        let most = if chance.percent(20) { 2_000 } else { 60 };
        let back = chance.below(most);
        let after = Position::new(self.end.get().saturating_sub(back));
        let limit = if chance.percent(50) { 5_000 } else { 7 };
        let range = AllRange::after(after).limit(limit);
        let page = self.store.read_all(&range).await?;
        self.end = self.end.max(page.scanned_to);
        let ids = page.events.iter().map(|event| event.id);
        self.ids.extend(ids);
        let surplus = self.ids.len().saturating_sub(REMEMBERED);
        self.ids.drain(..surplus);
        Ok(())
    }

    async fn stream(&self, chance: &mut Chance) -> Result<(), ReadError> {
        let stream = appends::hot(chance);
        let range = match chance.below(3) {
            0 => StreamRange::all().backward().limit(1),
            1 => StreamRange::all().backward().limit(1 + chance.below(50)),
            _ => StreamRange::all().from(StreamVersion::new(1 + chance.below(200))),
        };
        self.store.read_stream(&stream, range).await?;
        Ok(())
    }
}
