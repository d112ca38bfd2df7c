//! Reading pages: what runs at once, and what is moved to a thread where blocking does no harm.
//!
//! Most reads are answered from memory in a few microseconds, and moving them elsewhere would cost
//! more than it saves. So a page begins on the calling task, and goes on in a blocking thread once
//! it has looked at [`AT_ONCE`] records.

pub(crate) mod all;
pub(crate) mod event;
pub(crate) mod stream;

use std::sync::Arc;

use bytes::Bytes;
use es_core::{BoxError, Position, ReadError};

use crate::engine::{Engine, EngineError, Table};
use crate::keys;
use crate::record::{Malformed, Record};
use crate::shared::Shared;

/// How many records a page looks at before it moves to a blocking thread.
const AT_ONCE: usize = 32;

/// A read that can pause.
pub(crate) trait Scan: Send + 'static {
    /// Looks at up to `records` records.
    fn run(
        &mut self,
        engine: &dyn Engine,
        head: Position,
        records: usize,
    ) -> Result<Progress, ReadError>;
}

/// How far a scan has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is more to look at.
    Paused,
    /// The page is complete.
    Finished,
}

/// Runs a scan to its end.
pub(crate) async fn run<S: Scan>(shared: &Arc<Shared>, mut scan: S) -> Result<S, ReadError> {
    let head = shared.head()?;
    if shared.read(|engine| scan.run(engine, head, AT_ONCE))? == Progress::Finished {
        return Ok(scan);
    }
    let shared = Arc::clone(shared);
    let rest = tokio::task::spawn_blocking(move || {
        shared
            .read(|engine| scan.run(engine, head, usize::MAX))
            .map(|_| scan)
    });
    rest.await.map_err(|error| ReadError::Unavailable {
        source: error.into(),
    })?
}

/// The record whose last event is at `last`, verified.
pub(crate) fn record(engine: &dyn Engine, last: Position) -> Result<Record, ReadError> {
    let bytes = engine
        .get(Table::Log, &keys::position(last))
        .map_err(at(last))?;
    let bytes = bytes.ok_or_else(|| corrupt(last, "the record is missing"))?;
    open(bytes, last)
}

/// Verifies a record.
pub(crate) fn open(bytes: Bytes, last: Position) -> Result<Record, ReadError> {
    Record::open(bytes, last).map_err(malformed(last))
}

/// What an engine's error means for a reader at some position.
pub(crate) fn at(position: Position) -> impl Fn(EngineError) -> ReadError {
    move |error| match error {
        EngineError::Damaged(_) => corrupt(position, error),
        EngineError::Failed(_) | EngineError::Stopped(_) => ReadError::Unavailable {
            source: error.into(),
        },
    }
}

pub(crate) fn corrupt(position: Position, source: impl Into<BoxError>) -> ReadError {
    ReadError::Corrupt {
        position,
        source: source.into(),
    }
}

pub(crate) fn malformed(position: Position) -> impl Fn(Malformed) -> ReadError {
    move |error| corrupt(position, error)
}
