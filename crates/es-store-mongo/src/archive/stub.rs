//! Putting a stub in the place of a document, and the document back in its place.

use mongodb::bson::{RawArrayBuf, RawDocument, RawDocumentBuf, rawdoc};
use mongodb::error::Result;

use super::collection::ids;
use super::documents::{Stored, in_commands};
use crate::command;
use crate::database::Database;

/// Takes the events out of these documents. Those that are stubs already stay as they are.
pub(super) async fn replace_by_stubs(database: &Database, documents: &[Stored]) -> Result<()> {
    let positions = documents.iter().map(|stored| stored.extent.first);
    // The append id follows from the first event, where it is not written; a stub keeps it, so
    // that a repeat is still recognised.
    let first_event = rawdoc! { "$arrayElemAt": ["$e.i", 0] };
    let append_id = rawdoc! { "$cond": [
        { "$gt": ["$f", null] }, "$$REMOVE", { "$ifNull": ["$a", first_event] },
    ] };
    let update = rawdoc! {
        "update": database.events(),
        "updates": [ {
            "q": { "_id": { "$in": ids(positions) }, "z": { "$exists": false } },
            "u": [
                { "$set": { "z": true, "a": append_id } },
                { "$unset": ["e", "m"] },
            ],
            "multi": true,
        } ],
    };
    command::write_all(database.handle(), update)
        .await
        .map(drop)
}

/// Puts these documents in the place of their stubs. Where there is no stub nothing is changed.
pub(super) async fn replace_stubs(database: &Database, documents: &[Stored]) -> Result<()> {
    for documents in in_commands(documents) {
        replace_these(database, documents).await?;
    }
    Ok(())
}

async fn replace_these(database: &Database, documents: &[Stored]) -> Result<()> {
    let mut updates = RawArrayBuf::new();
    for stored in documents {
        let document = RawDocument::from_bytes(&stored.bytes)?;
        updates.push(rawdoc! {
            "q": { "_id": stored.id(), "z": true },
            "u": document.to_owned(),
        });
    }
    let update = rawdoc! { "update": database.events(), "updates": updates };
    command::write_all(database.handle(), update)
        .await
        .map(drop)
}

/// Whether this is the document that the stub was made of, as far as a stub tells.
pub(super) fn is_stub_of(stub: &Stored, document: &Stored) -> bool {
    let kept = |stored: &Stored| -> Option<RawDocumentBuf> {
        let document = RawDocument::from_bytes(&stored.bytes).ok()?;
        Some(rawdoc! { "s": document.get_str("s").ok()?, "v": document.get_i64("v").ok()? })
    };
    let kept = (kept(stub), kept(document));
    stub.extent == document.extent && kept.0.is_some() && kept.0 == kept.1
}
