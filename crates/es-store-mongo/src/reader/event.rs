//! Finding one event by its id.

use bytes::Bytes;
use es_core::{EventId, ReadError, RecordedEvent};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, rawdoc};

use super::corrupt;
use super::fetch::{Query, find};
use crate::indexes::Index;
use crate::layout::decode::{Interned, Stored};
use crate::shared::Shared;

pub(super) async fn read(shared: &Shared, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
    let database = &shared.database;
    if !database.wants_index(Index::EventIds) {
        return Err(ReadError::Unsupported {
            what: "find events by id; open it with Indexes::of([Index::EventIds])",
        });
    }
    let binary = Binary {
        subtype: BinarySubtype::Uuid,
        bytes: id.uuid().as_bytes().to_vec(),
    };
    let query = Query {
        collection: database.events().to_owned(),
        filter: rawdoc! { "e.i": binary },
        sort: rawdoc! { "_id": 1 },
        hint: rawdoc! { "e.i": 1 },
        projection: None,
        limit: 1,
    };
    let found = find(database, query).await?;
    let stored = found.batch.document(0);
    let event = stored.map(|document| event_in(document, found.batch.buffer(), id));
    let archived = shared.archive.event_document(id).await?;
    let archived = archived.map(|document: Bytes| event_in(&document, &document, id));
    let events = [
        event.transpose()?.flatten(),
        archived.transpose()?.flatten(),
    ];
    let first = events
        .into_iter()
        .flatten()
        .min_by_key(|event| event.position);
    Ok(first)
}

/// The event with this id in a document.
fn event_in(
    document: &[u8],
    buffer: &Bytes,
    id: EventId,
) -> Result<Option<RecordedEvent>, ReadError> {
    let stored = Stored::read(document).map_err(corrupt(es_core::Position::START))?;
    let mut found = None;
    let whole = (0, stored.count);
    let events = stored.events(&mut Interned::default(), buffer, whole, |taken| {
        if taken.event.id == id && found.is_none() {
            found = Some(taken.event);
        }
    });
    events.map_err(corrupt(stored.first_position))?;
    Ok(found)
}
