//! The versions of streams, as far as this process knows them.

use es_core::{Position, StreamId, StreamVersion};
use quick_cache::sync::Cache;

/// A bounded cache of stream versions.
///
/// What it says may be old: versions only grow, and the unique index decides. What matters is the
/// position up to which an entry is known to be true; what this process wrote since is to be added.
#[derive(Debug)]
pub(crate) struct Heads {
    cache: Cache<StreamId, Head>,
}

/// A stream's version, true over the positions up to `known_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Head {
    pub(crate) version: StreamVersion,
    pub(crate) known_at: Position,
}

impl Heads {
    pub(crate) fn new(streams: usize) -> Self {
        Self {
            cache: Cache::new(streams.max(1)),
        }
    }

    pub(crate) fn get(&self, stream: &StreamId) -> Option<Head> {
        self.cache.get(stream)
    }

    /// A majority read of the positions up to `known_at` found this version.
    pub(crate) fn saw(&self, stream: &StreamId, version: StreamVersion, known_at: Position) {
        let head = Head { version, known_at };
        // Two of these may race, and the older one win: it is true up to where it is known, too.
        if self.get(stream).is_none_or(|known| known < head) {
            self.cache.insert(stream.clone(), head);
        }
    }
}
