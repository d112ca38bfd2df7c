//! How far a run has come.

use es_core::Position;

/// What a run has done so far, or in all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchiveProgress {
    /// The last step that was finished.
    pub step: ArchiveStep,
    /// How many documents were moved: appends, counted once for each of their streams.
    pub documents: u64,
    /// How many events were moved.
    pub events: u64,
    /// How many bytes of documents were moved.
    pub bytes: u64,
    /// The position of the last event that was looked at.
    pub position: Position,
}

/// A step of each batch; a run that ends after any of them is finished by the next run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArchiveStep {
    /// Nothing was done yet.
    #[default]
    Begun,
    /// The copies are written and durable.
    Copied,
    /// The copies were read back, and are the same as the originals.
    Verified,
    /// The originals were replaced.
    Replaced,
}
