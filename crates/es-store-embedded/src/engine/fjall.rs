//! The engine on fjall 3: one keyspace per table, one journal for all of them.
//!
//! What we rely on, read in its source (3.1.13): a batch goes into the journal under one checksum
//! and is then put into the tables in memory; `persist(SyncData)` flushes and calls `fdatasync` on
//! the journal; a failure of either poisons the database for good. What we do not rely on is its
//! recovery, which cuts a damaged journal short without a word: [`journal`] looks first.

mod journal;
mod manifest;
mod open;
mod pressure;

use std::ops::RangeInclusive;
use std::path::PathBuf;

use bytes::Bytes;
use es_core::Direction;
use fjall::{Database, Guard, Keyspace, OwnedWriteBatch, PersistMode, Slice};

use super::{Batch, Engine, EngineError, Entries, Entry, Table, Write};
pub(crate) use open::{FjallOptions, create, open, open_first};

pub(crate) struct FjallEngine {
    database: Option<Database>,
    tables: Vec<Keyspace>,
    path: PathBuf,
}

impl FjallEngine {
    fn table(&self, table: Table) -> &Keyspace {
        &self.tables[table as usize]
    }

    fn database(&self) -> Result<&Database, EngineError> {
        self.database
            .as_ref()
            .ok_or_else(|| EngineError::failed("the engine is closed"))
    }

    fn fill(&self, database: &Database, batch: &Batch) -> OwnedWriteBatch {
        let mut writes = OwnedWriteBatch::with_capacity(database.clone(), batch.writes.len());
        for write in &batch.writes {
            match write {
                Write::Put(table, key, value) => {
                    writes.insert(self.table(*table), key.as_slice(), &value[..]);
                }
                Write::Delete(table, key) => writes.remove(self.table(*table), key.as_slice()),
            }
        }
        writes
    }
}

impl std::fmt::Debug for FjallEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FjallEngine")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Engine for FjallEngine {
    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        let database = self.database()?;
        pressure::wait(database, &self.tables)?;
        // Only into the journal's file, so that an error here means that nothing was synced.
        let writes = self
            .fill(database, batch)
            .durability(Some(PersistMode::Buffer));
        writes.commit().map_err(failure)
    }

    fn settle(&self) -> Result<(), EngineError> {
        let database = self.database()?;
        // It says "poisoned" before it syncs, and only if something failed in the background.
        database.persist(PersistMode::SyncData).map_err(failure)?;
        // A background thread may have met, and so used up, the error of this very sync.
        database.persist(PersistMode::Buffer).map_err(failure)
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        let value = self.table(table).get(key).map_err(failure)?;
        Ok(value.map(bytes))
    }

    fn scan(&self, table: Table, keys: RangeInclusive<&[u8]>, direction: Direction) -> Entries<'_> {
        let range = self.table(table).range(keys);
        match direction {
            Direction::Forward => Box::new(range.map(entry)),
            Direction::Backward => Box::new(range.rev().map(entry)),
        }
    }

    fn count(&self, table: Table) -> u64 {
        self.table(table).approximate_len() as u64
    }

    fn count_slowly(&self, table: Table) -> Result<u64, EngineError> {
        Ok(self.table(table).len().map_err(failure)? as u64)
    }

    fn disk_bytes(&self) -> u64 {
        self.database
            .as_ref()
            .and_then(|database| database.disk_space().ok())
            .unwrap_or_default()
    }
}

impl Drop for FjallEngine {
    fn drop(&mut self) {
        self.tables.clear();
        self.database = None;
        open::wait_until_closed(&self.path);
    }
}

fn entry(guard: Guard) -> Result<Entry, EngineError> {
    let (key, value) = guard.into_inner().map_err(failure)?;
    Ok((bytes(key), bytes(value)))
}

/// Without a copy.
fn bytes(slice: Slice) -> Bytes {
    Bytes::from_owner(slice)
}

/// Tells damage from trouble.
fn failure(error: fjall::Error) -> EngineError {
    use fjall::Error as F;
    match error {
        F::Poisoned => EngineError::Stopped(error.into()),
        F::Storage(fjall::LsmError::Io(_)) | F::Io(_) | F::Locked => EngineError::failed(error),
        _ => EngineError::damaged(error),
    }
}
