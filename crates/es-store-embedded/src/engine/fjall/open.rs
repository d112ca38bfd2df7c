//! Making, opening and closing the fjall database.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use es_core::BoxError;
use fjall::config::{
    BlockSizePolicy, BloomConstructionPolicy, CompressionPolicy, FilterPolicy, FilterPolicyEntry,
};
use fjall::{CompressionType, Database, KeyspaceCreateOptions};

use super::{FjallEngine, failure, journal, manifest};
use crate::engine::{Engine, EngineError, Table};

/// The least that fjall takes as a limit of its journals.
const LEAST_JOURNAL_BYTES: u64 = 64 * 1024 * 1024;

#[derive(Debug, Clone, Copy)]
pub(crate) struct FjallOptions {
    pub(crate) cache_bytes: u64,
    pub(crate) journal_bytes: u64,
    pub(crate) table_bytes: u64,
}

/// Makes an empty database with every table.
pub(crate) fn create(path: &Path, options: FjallOptions) -> Result<(), EngineError> {
    let database = builder(path, options).open().map_err(failure)?;
    let made = make_tables(&database, path, options);
    drop(database);
    wait_until_closed(path);
    made
}

/// Makes the tables that are missing.
fn make_tables(database: &Database, path: &Path, options: FjallOptions) -> Result<(), EngineError> {
    for table in Table::ALL {
        database
            .keyspace(table.name(), || settings(table, options))
            .map_err(failure)?;
    }
    // fjall syncs what is in the directory of a keyspace, and not that there is one.
    manifest::sync_keyspaces(path).map_err(EngineError::failed)
}

impl FjallEngine {
    /// Makes the tables that the first versions did not have, and closes the database.
    pub(crate) fn add_tables(self, options: FjallOptions) -> Result<(), EngineError> {
        make_tables(self.database()?, &self.path, options)
    }
}

/// Opens a database that is there, after making sure that fjall will not repair it silently.
pub(crate) fn open(path: &Path, options: FjallOptions) -> Result<Box<dyn Engine>, EngineError> {
    manifest::verify(path)?;
    Ok(Box::new(open_with(path, options, &Table::ALL)?))
}

/// As [`open`], a database that may have no other tables than the first, or others that are not
/// quite made.
pub(crate) fn open_first(path: &Path, options: FjallOptions) -> Result<FjallEngine, EngineError> {
    manifest::verify_first(path)?;
    open_with(path, options, Table::FIRST)
}

fn open_with(
    path: &Path,
    options: FjallOptions,
    tables: &[Table],
) -> Result<FjallEngine, EngineError> {
    journal::prepare(path)?;
    // It asserts some of what it reads instead of reporting it.
    let opened = catch_unwind(AssertUnwindSafe(|| open_unguarded(path, options, tables)));
    opened.map_err(|panic| EngineError::damaged(message(&*panic)))?
}

fn open_unguarded(
    path: &Path,
    options: FjallOptions,
    tables: &[Table],
) -> Result<FjallEngine, EngineError> {
    let database = builder(path, options).open().map_err(failure)?;
    let mut engine = FjallEngine {
        tables: Vec::new(),
        database: Some(database),
        path: path.to_owned(),
    };
    for table in tables.iter().copied() {
        let database = engine.database()?;
        if !database.keyspace_exists(table.name()) {
            return Err(EngineError::damaged(format!(
                "table {} is missing",
                table.name()
            )));
        }
        let keyspace = database
            .keyspace(table.name(), || settings(table, options))
            .map_err(failure)?;
        engine.tables.push(keyspace);
    }
    Ok(engine)
}

fn message(panic: &(dyn std::any::Any + Send)) -> BoxError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked");
    format!("the engine could not read its files: {text}").into()
}

fn builder(path: &Path, options: FjallOptions) -> fjall::DatabaseBuilder<Database> {
    Database::builder(path)
        .cache_size(options.cache_bytes)
        .max_journaling_size(options.journal_bytes.max(LEAST_JOURNAL_BYTES))
        .manual_journal_persist(true)
        .journal_compression(CompressionType::None)
}

fn settings(table: Table, options: FjallOptions) -> KeyspaceCreateOptions {
    let settings = KeyspaceCreateOptions::default()
        .manual_journal_persist(true)
        .max_memtable_size(options.table_bytes);
    let lz4 = CompressionPolicy::all(CompressionType::Lz4);
    match table {
        // Read by position, which is there: larger blocks, no filter.
        Table::Log => settings
            .data_block_size_policy(BlockSizePolicy::all(16 * 1024))
            .data_block_compression_policy(lz4)
            .expect_point_read_hits(true)
            .filter_policy(FilterPolicy::disabled()),
        // Read by range.
        Table::Streams | Table::Snapshots => settings.data_block_compression_policy(lz4),
        Table::Events => settings.filter_policy(FilterPolicy::disabled()),
        // Asked for ids that are not there, once for every append.
        Table::Appends => settings.filter_policy(FilterPolicy::all(FilterPolicyEntry::Bloom(
            BloomConstructionPolicy::BitsPerKey(12.0),
        ))),
        Table::Checkpoints | Table::Totals | Table::Documents => settings,
    }
}

/// Waits until no thread of a closed database has its journal open any more.
///
/// fjall's threads let go of the journal a moment after the database is closed. Should a failed
/// write still be in its buffer, it is written out then: that must not happen to a journal which
/// was opened again.
pub(super) fn wait_until_closed(path: &Path) {
    const ATTEMPTS: u32 = 5_000;
    for _ in 0..ATTEMPTS {
        if !journal_is_open(path) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    tracing::warn!(path = %path.display(), "the storage engine does not let go of its journal");
}

fn journal_is_open(path: &Path) -> bool {
    let Ok(files) = std::fs::read_dir("/proc/self/fd") else {
        return false;
    };
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let path = path.canonicalize().unwrap_or(path);
    files
        .flatten()
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .any(|file| {
            file.parent() == Some(&path) && file.extension().is_some_and(|ending| ending == "jnl")
        })
}
