//! The document that says which layout the events of a namespace have.

use mongodb::bson::{Bson, Document, RawDocument, RawDocumentBuf, cstr, doc, rawdoc};

use super::MigrateError;
use crate::command;
use crate::database::Database;

/// Its `_id`.
pub(super) const LAYOUT: &str = "layout";

/// The version of the layout; nothing if none was noted yet.
pub(super) async fn read(database: &Database) -> Result<Option<i32>, MigrateError> {
    let find = rawdoc! {
        "find": database.meta(),
        "filter": { "_id": LAYOUT },
        "limit": 1,
    };
    let found = command::find(database, find).await?;
    let Some(found) = found.first() else {
        return Ok(None);
    };
    let version = RawDocument::from_bytes(found).ok();
    let version = version.and_then(|layout| layout.get_i32("version").ok());
    let version = version.filter(|version| *version > 0);
    version.map(Some).ok_or(MigrateError::Unreadable)
}

/// Whether the log is chained. That is noted with the first layout, and never changed.
pub(super) async fn is_chained(database: &Database) -> Result<bool, MigrateError> {
    let find = rawdoc! {
        "find": database.meta(),
        "filter": { "_id": LAYOUT, "chained": true },
        "limit": 1,
    };
    Ok(!command::find(database, find).await?.is_empty())
}

/// Notes the layout of a namespace that has none. Of several at once the first one wins, so what is
/// noted has to be read.
pub(super) async fn create(
    database: &Database,
    version: i32,
    chained: bool,
) -> Result<(), MigrateError> {
    let mut layout = rawdoc! { "_id": LAYOUT, "version": version };
    if chained {
        layout.append(cstr!("chained"), true);
    }
    let insert = rawdoc! { "insert": database.meta(), "documents": [ layout ] };
    command::write(database.handle(), insert).await?;
    Ok(())
}

/// Changes the document if it is as `filter` says; whether it was.
pub(super) async fn update(
    database: &Database,
    mut filter: Document,
    change: impl Into<Bson>,
) -> Result<bool, MigrateError> {
    filter.insert("_id", LAYOUT);
    let update = doc! {
        "update": database.meta(),
        "updates": [ { "q": filter, "u": change.into() } ],
    };
    let update = RawDocumentBuf::try_from(&update).map_err(mongodb::error::Error::from)?;
    let reply = command::write_all(database.handle(), update).await?;
    Ok(reply.get_i32("n").is_ok_and(|n| n == 1))
}

/// Whether there are events already.
pub(super) async fn has_events(database: &Database) -> Result<bool, MigrateError> {
    let find = rawdoc! {
        "find": database.events(),
        "limit": 1,
        "projection": { "_id": 1 },
    };
    let found = command::find(database, find).await?;
    Ok(!found.is_empty())
}
