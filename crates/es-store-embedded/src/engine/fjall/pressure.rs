//! Waiting until fjall has room for another batch, without waiting for ever.
//!
//! fjall itself waits inside a commit while four memory tables are not yet written out, and does
//! not look whether the thread that should write them is still alive. So we wait before it comes
//! to that, and look.

use std::time::Duration;

use fjall::{AbstractTree, Database, Keyspace, PersistMode};

use super::failure;
use crate::engine::EngineError;

/// One below where fjall waits: a commit adds at most one.
const MOST_SEALED: usize = 2;
/// Well below where fjall waits.
const MOST_RUNS: usize = 24;

pub(super) fn wait(database: &Database, tables: &[Keyspace]) -> Result<(), EngineError> {
    while tables.iter().any(is_full) {
        // An error if a background thread has given up.
        database.persist(PersistMode::Buffer).map_err(failure)?;
        std::thread::park_timeout(Duration::from_millis(1));
    }
    Ok(())
}

fn is_full(table: &Keyspace) -> bool {
    table.tree.sealed_memtable_count() > MOST_SEALED || table.tree.l0_run_count() > MOST_RUNS
}
