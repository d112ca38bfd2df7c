//! The events of one append.

use es_core::{Position, ReadError, RecordedEvent};
use mongodb::bson::rawdoc;

use super::all::{by_position, signed, stored};
use super::corrupt;
use super::fetch::find;
use super::stubs::Stubs;
use crate::layout::decode::{Interned, Stored};
use crate::shared::Shared;

pub(super) async fn read(
    shared: &Shared,
    first: Position,
    documents: usize,
) -> Result<Vec<RecordedEvent>, ReadError> {
    let database = &shared.database;
    let filter = rawdoc! { "_id": { "$gte": signed(first) } };
    let found = find(database, by_position(database, filter, 1, documents + 1)).await?;
    let found_documents = stored(&found, 0, first.previous())?;
    let mut stubs = Stubs::anyway(shared);
    let mut interned = Interned::default();
    let mut events = Vec::new();
    for (index, document) in found_documents.iter().enumerate() {
        let belongs = match document.append_begins {
            Some(begin) => begin == first,
            None => document.first_position == first,
        };
        if !belongs {
            break;
        }
        let whole = (0, document.count);
        let damaged = corrupt(document.first_position);
        if document.is_archived() {
            let coming = &found_documents[index..];
            let bytes = stubs.document(document, coming).await?;
            let restored = Stored::read(&bytes).map_err(&damaged)?;
            let taken = restored.events(&mut interned, &bytes, whole, |taken| {
                events.push(taken.event);
            });
            taken.map_err(&damaged)?;
        } else {
            let buffer = found.batch.buffer();
            let taken = document.events(&mut interned, buffer, whole, |taken| {
                events.push(taken.event);
            });
            taken.map_err(&damaged)?;
        }
    }
    Ok(events)
}
