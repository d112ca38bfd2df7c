//! What is looked at each time the engine is opened. None of it takes longer in a larger store.
//!
//! - The last record is whole, and is the one that the totals name.
//! - The indexes lead to it: each of its streams ends there, and its id is found.
//! - Each table has as many keys as the totals say, so no part of one is missing.
//! - The log reaches as far as the [mark](crate::mark) says, with the same record there.

use es_core::{Direction, Position, ReadError, StreamVersion};

use crate::engine::{Engine, EngineError, Table};
use crate::mark::Noted;
use crate::record::{Record, StreamPart};
use crate::totals::Totals;
use crate::{keys, reader};

/// What is wrong, and from which position on.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Flaw {
    pub(crate) position: Position,
    what: String,
    source: Option<es_core::BoxError>,
}

impl Flaw {
    fn new(position: Position, what: impl Into<String>) -> Self {
        Self {
            position,
            what: what.into(),
            source: None,
        }
    }

    fn because(position: Position, source: impl Into<es_core::BoxError>) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new(position, "what is stored is unreadable")
        }
    }
}

impl From<EngineError> for Flaw {
    fn from(error: EngineError) -> Self {
        Self::because(Position::START, error)
    }
}

impl From<ReadError> for Flaw {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Corrupt { position, source } => Self::because(position, source),
            other => Self::because(Position::START, other),
        }
    }
}

/// Compares the tables with the totals, and with each other where the log ends.
pub(crate) fn contents(engine: &dyn Engine, totals: &Totals) -> Result<(), Flaw> {
    if last_key(engine)? != totals.head {
        return Err(Flaw::new(
            totals.head,
            "the log does not end where the totals say",
        ));
    }
    if totals.head > Position::START {
        last_append(engine, totals)?;
    }
    Table::ALL
        .into_iter()
        .try_for_each(|table| count(engine, table, totals))
}

fn last_key(engine: &dyn Engine) -> Result<Position, Flaw> {
    let (first, last) = (
        keys::position(Position::START),
        keys::position(Position::MAX),
    );
    match engine
        .scan(Table::Log, &first..=&last, Direction::Backward)
        .next()
        .transpose()?
    {
        None => Ok(Position::START),
        Some((key, _)) => keys::read_position(&key)
            .ok_or_else(|| Flaw::new(Position::START, "a key of the log is malformed")),
    }
}

fn last_append(engine: &dyn Engine, totals: &Totals) -> Result<(), Flaw> {
    let head = totals.head;
    let last = reader::record(engine, head)?;
    let same = last.digest() == totals.digest && last.chain() == totals.chain;
    if !same || last.recorded_at() != totals.recorded_at {
        return Err(Flaw::new(
            head,
            "the last record is not the one that the totals name",
        ));
    }
    let body = last.parse().map_err(|error| Flaw::because(head, error))?;
    for part in body.streams() {
        stream_end(engine, part, head)?;
    }
    if reader::event::append_end(engine, body.append_id())? == Some(head) {
        Ok(())
    } else {
        Err(Flaw::new(
            head,
            "the last append is missing from the index of appends",
        ))
    }
}

fn stream_end(engine: &dyn Engine, part: &StreamPart, head: Position) -> Result<(), Flaw> {
    let first = keys::version(&part.stream, StreamVersion::EMPTY);
    let last = keys::version(&part.stream, StreamVersion::MAX);
    let entry = engine
        .scan(Table::Streams, &first..=&last, Direction::Backward)
        .next();
    let is_last = entry.transpose()?.is_some_and(|(key, value)| {
        keys::read_version(&key) == Some(part.last_version())
            && keys::read_position(&value) == Some(head)
    });
    let gone = || {
        Flaw::new(
            head,
            "the last append is missing from the index of its stream",
        )
    };
    if is_last { Ok(()) } else { Err(gone()) }
}

/// The quick count may be off where the engine wrote something twice; then the slow one decides.
fn count(engine: &dyn Engine, table: Table, totals: &Totals) -> Result<(), Flaw> {
    let Some(expected) = totals.expected(table) else {
        return Ok(());
    };
    if engine.count(table) == expected {
        return Ok(());
    }
    let found = engine.count_slowly(table)?;
    if found == expected {
        return Ok(());
    }
    let what = format!(
        "table {} has {found} entries instead of {expected}",
        table.name()
    );
    Err(Flaw::new(Position::START.next(), what))
}

/// Compares the log with what was known to be durable.
pub(crate) fn against_mark(
    engine: &dyn Engine,
    totals: &Totals,
    noted: &Noted,
) -> Result<(), Flaw> {
    if totals.head < noted.head {
        let what = format!(
            "the log ends at {}, and reached {} before",
            totals.head, noted.head
        );
        return Err(Flaw::new(totals.head.next(), what));
    }
    if noted.closed && totals.head != noted.head {
        let what = format!(
            "the log ends at {}, and was closed at {}",
            totals.head, noted.head
        );
        return Err(Flaw::new(noted.head.next(), what));
    }
    if noted.head == Position::START {
        return Ok(());
    }
    let record: Record = reader::record(engine, noted.head)?;
    let same = record.digest() == noted.digest;
    let changed = || {
        Flaw::new(
            noted.head,
            "the record is not the one that was there before",
        )
    };
    if same { Ok(()) } else { Err(changed()) }
}
