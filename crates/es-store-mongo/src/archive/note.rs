//! What the database notes of its archive, in the collection of what is known about the namespace.

use es_core::Position;
use mongodb::bson::{RawDocument, RawDocumentBuf, rawdoc};
use mongodb::error::Result;

use crate::command;
use crate::database::Database;

/// The `_id` of the note.
const ARCHIVE: &str = "archive";

/// Says that there are stubs from now on, before the first one is made, and lets them be found.
pub(super) async fn begin(database: &Database) -> Result<()> {
    let index = rawdoc! {
        "createIndexes": database.events(),
        "indexes": [ {
            "key": { "z": 1, "_id": 1 },
            "name": "z",
            "partialFilterExpression": { "z": true },
        } ],
    };
    command::write_all(database.handle(), index).await?;
    let insert = rawdoc! {
        "insert": database.meta(),
        "documents": [ { "_id": ARCHIVE, "up_to": 0_i64 } ],
    };
    // If there is a note already, it stays as it is.
    command::write(database.handle(), insert).await.map(drop)
}

/// All documents that end at or before this position are stubs.
pub(super) async fn advance(database: &Database, up_to: Position) -> Result<()> {
    let up_to = up_to.get().cast_signed();
    update(database, rawdoc! { "$max": { "up_to": up_to } }).await
}

/// Those after this position need not be.
pub(super) async fn go_back(database: &Database, up_to: Position) -> Result<()> {
    let up_to = up_to.get().cast_signed();
    update(database, rawdoc! { "$min": { "up_to": up_to } }).await
}

/// Up to where everything is archived; nothing if nothing ever was.
pub(crate) async fn read(database: &Database) -> Result<Option<Position>> {
    let find = rawdoc! {
        "find": database.meta(),
        "filter": { "_id": ARCHIVE },
        "limit": 1,
    };
    let found = command::find(database, find).await?;
    Ok(found.first().map(|note| {
        let up_to = RawDocument::from_bytes(note)
            .ok()
            .and_then(|note| note.get_i64("up_to").ok())
            .and_then(|up_to| u64::try_from(up_to).ok());
        Position::new(up_to.unwrap_or_default())
    }))
}

async fn update(database: &Database, change: RawDocumentBuf) -> Result<()> {
    let update = rawdoc! {
        "update": database.meta(),
        "updates": [ { "q": { "_id": ARCHIVE }, "u": change, "upsert": true } ],
    };
    command::write_all(database.handle(), update)
        .await
        .map(drop)
}
