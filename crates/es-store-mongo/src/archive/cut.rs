//! Where in the log a time lies.

use es_core::{Position, ReadError, Timestamp};
use mongodb::bson::rawdoc;

use super::documents::Stored;
use crate::command;
use crate::database::Database;

/// The position of the last event that was recorded before `time`, up to `head`.
///
/// Times never go back along positions, so this looks at about 20 documents of a million, 30 of a
/// thousand million.
pub(crate) async fn last_recorded_before(
    database: &Database,
    time: Timestamp,
    head: Position,
) -> Result<Position, ReadError> {
    // Everything up to `before` was recorded before; what is after `not_before` was not.
    let (mut before, mut not_before) = (Position::START, head);
    while before < not_before {
        let middle = before.get() + (not_before.get() - before.get()).div_ceil(2);
        match document_at(database, Position::new(middle)).await? {
            Some(found) if found.extent.recorded_at < time => {
                before = found.extent.last().min(not_before);
            }
            Some(found) => not_before = found.extent.first.previous().max(before),
            None => not_before = Position::new(middle).previous(),
        }
    }
    Ok(before)
}

/// When the document that holds an event was recorded, and which events it holds.
async fn document_at(database: &Database, position: Position) -> Result<Option<Stored>, ReadError> {
    let find = rawdoc! {
        "find": database.events(),
        "filter": { "_id": { "$lte": position.get().cast_signed() } },
        "sort": { "_id": -1 },
        "limit": 1,
        "projection": { "_id": 1, "n": 1, "at": 1 },
    };
    let found = command::find(database, find);
    let found = found.await.map_err(|error| ReadError::Unavailable {
        source: error.into(),
    })?;
    let first = found.into_iter().next();
    first
        .map(|bytes| Stored::new(bytes, position.previous()))
        .transpose()
}
