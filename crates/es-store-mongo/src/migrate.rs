//! The version of the layout in the database, and the way from an older one to this program's.
//!
//! A program that meets a newer layout than it knows refuses to open the store. One that meets an
//! older layout migrates it, step by step: each step is taken by one process at a time, which
//! claims it in the layout document, and noted there once it is done. A process that dies leaves
//! its claim behind; it runs out, and the next one takes the step again. So a migration must be
//! such that it can be stopped anywhere and done again, even while one that was thought dead goes
//! on with it. What is stored is read for ever (I9), so a migration is a matter of speed or of
//! new abilities, never the only way to read what is there.
//!
//! Programs of the older version that have the store open are not told: stop them first, where a
//! migration says so.

mod claim;
mod error;
mod layout_document;
mod runner;

use std::fmt;

use async_trait::async_trait;
use es_core::BoxError;

pub(crate) use error::MigrateError;

use crate::database::Database;
use crate::layout::LAYOUT_VERSION;
use runner::Runner;

/// A step from one layout to the next.
#[async_trait]
pub(crate) trait Migration: fmt::Debug + Send + Sync {
    /// Makes what is missing. May be stopped anywhere, and is then run again from the beginning.
    async fn run(&self, database: &Database) -> Result<(), BoxError>;
}

/// The steps there are: the first one leads from layout 1 to layout 2, and so on.
const MIGRATIONS: &[&dyn Migration] = &[];

/// There is exactly one way to this program's layout.
const _: () = assert!(MIGRATIONS.len() + 1 == LAYOUT_VERSION as usize);

/// Refuses a layout that is newer than this program's; changes nothing.
pub(crate) async fn refuse_newer(database: &Database) -> Result<(), MigrateError> {
    let supported = LAYOUT_VERSION;
    match layout_document::read(database).await? {
        Some(found) if found > supported => Err(MigrateError::Newer { found, supported }),
        _ => Ok(()),
    }
}

/// Brings the database to the layout of this program, and notes the layout of a new one, which is
/// chained if that is wanted. Whether the log is.
pub(crate) async fn run(database: &Database, chained: bool) -> Result<bool, MigrateError> {
    let runner = Runner::new(database, MIGRATIONS).chained(chained);
    runner.run().await?;
    layout_document::is_chained(database).await
}

#[cfg(test)]
mod tests;
