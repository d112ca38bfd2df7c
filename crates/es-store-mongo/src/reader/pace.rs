//! How many documents make a page.

use std::sync::atomic::{AtomicU32, Ordering};

use es_core::MAX_PAGE_EVENTS;

/// A guess at how many events a document holds, in sixteenths; follows what is read.
#[derive(Debug)]
pub(crate) struct Pace(AtomicU32);

const SCALE: u32 = 16;

impl Default for Pace {
    fn default() -> Self {
        Self(AtomicU32::new(4 * SCALE))
    }
}

impl Pace {
    /// How many documents to ask for in order to get about so many events.
    pub(super) fn documents(&self, events: u64) -> usize {
        let events = usize::try_from(events).unwrap_or(MAX_PAGE_EVENTS);
        let events = events.min(MAX_PAGE_EVENTS);
        let density = self.0.load(Ordering::Relaxed) as usize;
        // A little more than the average says, since a second reply costs more than a few
        // documents in vain. A document holds at least one event.
        let guess = events * (SCALE as usize) * 9 / 8 / density + 8;
        guess.min(events).max(1)
    }

    /// So many documents held so many events.
    pub(super) fn saw(&self, documents: usize, events: u64) {
        if documents < 16 {
            return;
        }
        let found = u32::try_from(events / documents as u64).unwrap_or(u32::MAX);
        let found = found.clamp(1, 4_096) * SCALE;
        let known = self.0.load(Ordering::Relaxed);
        // Two of these at once may lose one: it is a guess.
        let next = known - known / 4 + found / 4;
        self.0.store(next.max(SCALE), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guess_follows_what_is_read() {
        let pace = Pace::default();
        for _ in 0..30 {
            pace.saw(100, 10_000);
        }
        assert!(pace.documents(5_000) < 100);
        for _ in 0..30 {
            pace.saw(1_000, 1_000);
        }
        assert!(pace.documents(5_000) > 4_000);
    }

    #[test]
    fn no_more_documents_are_asked_for_than_events_are_wanted() {
        let pace = Pace::default();
        for events in [0, 1, 2, 10, 5_000, u64::MAX] {
            let documents = pace.documents(events) as u64;
            assert!(
                (1..=events.clamp(1, 5_000)).contains(&documents),
                "{events}"
            );
        }
    }
}
