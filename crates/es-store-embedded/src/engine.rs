//! What the store needs of the thing that keeps its bytes: ordered tables, written atomically.
//!
//! The rest of the crate knows this trait and no engine. Positions are appended to
//! [`Table::Log`] in ascending order and never changed, so a segmented log can keep that table its
//! own way and leave the small ones to something else.

mod batch;
pub(crate) mod fjall;
mod table;

use std::fmt;
use std::ops::RangeInclusive;

use bytes::Bytes;
use es_core::{BoxError, Direction};

pub(crate) use batch::{Batch, Write};
pub(crate) use table::Table;

/// A key and its value.
pub(crate) type Entry = (Bytes, Bytes);
/// Entries in the order of their keys, or against it.
pub(crate) type Entries<'e> = Box<dyn Iterator<Item = Result<Entry, EngineError>> + 'e>;

/// Keeps bytes in ordered tables.
///
/// # Contract
/// - A batch is committed as a whole or not at all, whatever dies.
/// - A committed batch is readable at once, and durable once a later `settle` has returned.
///   Batches become durable in the order in which they were committed.
/// - After an error of `commit`, or [`EngineError::Stopped`] of `settle`, the engine takes no more;
///   whether the batch is in it shows when it is opened again, and opening looks at the disk and
///   not at what the system remembers of it. After another error of `settle` nobody knows what is
///   durable.
/// - Damage is reported and never read as something else.
pub(crate) trait Engine: fmt::Debug + Send + Sync {
    /// Writes a batch, readable from now on.
    fn commit(&self, batch: &Batch) -> Result<(), EngineError>;

    /// Makes everything committed durable.
    fn settle(&self) -> Result<(), EngineError>;

    /// The value of a key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, EngineError>;

    /// The entries with keys in a range.
    fn scan(&self, table: Table, keys: RangeInclusive<&[u8]>, direction: Direction) -> Entries<'_>;

    /// How many keys a table holds that is only ever added to. Quick.
    fn count(&self, table: Table) -> u64;

    /// How many keys a table holds, by looking at all of them.
    fn count_slowly(&self, table: Table) -> Result<u64, EngineError>;

    /// About how many bytes are on disk. Quick.
    fn disk_bytes(&self) -> u64;
}

/// Makes or opens an engine; called again after a failed commit.
pub(crate) type OpenEngine = Box<dyn Fn() -> Result<Box<dyn Engine>, EngineError> + Send>;

/// Why an engine did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// Stored bytes are not what was written.
    #[error("stored data is damaged")]
    Damaged(#[source] BoxError),
    /// The disk, or the engine, is in no state to do it.
    #[error("the storage engine failed")]
    Failed(#[source] BoxError),
    /// Something failed in the background, as writing out a table on a full disk.
    #[error("the storage engine has stopped")]
    Stopped(#[source] BoxError),
}

impl EngineError {
    pub(crate) fn damaged(source: impl Into<BoxError>) -> Self {
        Self::Damaged(source.into())
    }

    pub(crate) fn failed(source: impl Into<BoxError>) -> Self {
        Self::Failed(source.into())
    }
}
