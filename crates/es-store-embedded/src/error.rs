//! Why a store could not be opened or closed, and the causes inside other errors.

use std::path::PathBuf;

use es_core::{BoxError, Position};

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another handle, in this process or another, has the store open. Close that one, or use it:
    /// handles are cheap to clone. It is not affected.
    #[error("the store in {} is open already; close it there first, or share its handle", path.display())]
    Locked {
        /// The directory.
        path: PathBuf,
    },
    /// The directory holds something that is not a store. Nothing was changed: name another one,
    /// or an empty one.
    #[error("{} holds something else than an event store; name a new or empty directory", path.display())]
    NotAStore {
        /// The directory.
        path: PathBuf,
    },
    /// A newer version of this crate made the store. Nothing was changed: use that version.
    #[error("the store in {} has layout {found}, and this version knows up to {supported}; use a newer version", path.display())]
    NewerLayout {
        /// The directory.
        path: PathBuf,
        /// The layout of the store.
        found: u32,
        /// The newest layout that can be opened.
        supported: u32,
    },
    /// Whether event ids are indexed is decided when a store is made. Open it with the other
    /// setting, or copy the events into a new store.
    #[error("the store in {} was made with event_ids({made_with}); open it that way", path.display())]
    EventIds {
        /// The directory.
        path: PathBuf,
        /// The setting that it was made with.
        made_with: bool,
    },
    /// Whether a log is chained is decided when it is made. Open it without
    /// [`hash_chain`](crate::EmbeddedOptions::hash_chain), or copy the events into a new store.
    #[error("the store in {} was made without a hash chain; copy its events into a new one", path.display())]
    NotChained {
        /// The directory.
        path: PathBuf,
    },
    /// Something that was acknowledged is missing or changed. Nothing was repaired, nothing is
    /// served: keep the directory as it is for inspection, and restore a backup to another.
    #[error("the store in {} is damaged at position {position}", path.display())]
    Corrupt {
        /// The directory.
        path: PathBuf,
        /// The first position that may be damaged, as far as it is known.
        position: Position,
        /// What was found.
        source: BoxError,
    },
    /// The files could not be read or written. See to what `source` names, and try again.
    #[error("could not open the store in {}", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// What is in the way.
        source: BoxError,
    },
}

/// Why a store could not be closed in order. Everything acknowledged is durable all the same.
#[derive(Debug, thiserror::Error)]
#[error("the store in {} could not be closed in order", path.display())]
pub struct CloseError {
    pub(crate) path: PathBuf,
    pub(crate) source: BoxError,
}

/// Why the store takes nothing just now: what stands in the `source` of an error of the store.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// The store was closed. Open it again.
    #[error("the store is closed")]
    Closed,
    /// The disk is nearly full. Make room, and repeat the append: the store goes on by itself.
    #[error("less than {reserve} bytes of disk space are free ({free}); make room and repeat")]
    NearlyFull {
        /// What is free, in bytes.
        free: u64,
        /// What the store keeps free, in bytes.
        reserve: u64,
    },
    /// The engine failed before it wrote anything. The store tries to open it again with each
    /// append.
    #[error("the storage engine is down: {0}")]
    EngineDown(String),
    /// A sync failed, so nobody knows what is on disk. Have the disk checked, then drop this
    /// store and open it again: it will find out.
    #[error("a sync to disk failed ({0}); check the disk, then close the store and open it again")]
    Poisoned(String),
    /// The engine failed in the middle of a write.
    #[error("the write did not come to an end: {0}")]
    Interrupted(String),
}
