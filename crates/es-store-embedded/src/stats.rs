//! Figures about a store, for monitoring.

use std::sync::atomic::Ordering;

use es_core::Position;

use crate::EmbeddedStore;

/// How large a store is and what it has done since it was opened.
///
/// The first four go with one durable state of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmbeddedStats {
    /// The position of the last event, and so how many there are.
    pub head: Position,
    /// How many events there are.
    pub events: u64,
    /// How many streams have events.
    pub streams: u64,
    /// How many appends there are.
    pub appends: u64,
    /// How many times this handle's store wrote and synced since it was opened. With
    /// `committed_appends` it tells how well appends share a sync.
    pub commits: u64,
    /// How many appends were written since it was opened.
    pub committed_appends: u64,
    /// How many bytes the engine's files take, about; 0 if the store is closed.
    pub disk_bytes: u64,
}

impl EmbeddedStore {
    /// Figures about the store. Quick: nothing is scanned.
    #[must_use]
    pub fn stats(&self) -> EmbeddedStats {
        let totals = self.shared.durable().totals;
        let disk_bytes = self
            .shared
            .engine()
            .as_deref()
            .map_or(0, |engine| engine.disk_bytes());
        EmbeddedStats {
            head: totals.head,
            events: totals.head.get(),
            streams: totals.streams,
            appends: totals.appends,
            commits: self.shared.commits.load(Ordering::Relaxed),
            committed_appends: self.shared.committed_appends.load(Ordering::Relaxed),
            disk_bytes,
        }
    }
}
