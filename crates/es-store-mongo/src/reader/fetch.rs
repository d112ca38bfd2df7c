//! Sending a query and getting its documents.

use std::time::Duration;

use es_core::ReadError;
use futures_util::StreamExt;
use mongodb::bson::{RawDocumentBuf, cstr};

use super::batch::Batch;
use super::patience::patiently;
use crate::database::Database;

/// A `find` on one of the collections.
#[derive(Clone)]
pub(crate) struct Query {
    pub(crate) collection: String,
    pub(crate) filter: RawDocumentBuf,
    pub(crate) sort: RawDocumentBuf,
    /// The key of the index to use.
    pub(crate) hint: RawDocumentBuf,
    /// The fields to return; all of them if it does not say.
    pub(crate) projection: Option<RawDocumentBuf>,
    /// How many documents to return at most.
    pub(crate) limit: usize,
}

/// The documents that a query found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) batch: Batch,
    /// Whether there are more than were asked for, or than fit one reply.
    pub(crate) more: bool,
}

impl Query {
    fn command(self, database: &Database, left: Duration) -> RawDocumentBuf {
        // One more shows whether there are more, and lets the server close its cursor.
        let limit = i64::try_from(self.limit + 1).unwrap_or(i64::MAX);
        let left = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
        let mut command = RawDocumentBuf::new();
        command.append(cstr!("find"), self.collection);
        command.append(cstr!("filter"), self.filter);
        command.append(cstr!("sort"), self.sort);
        command.append(cstr!("hint"), self.hint);
        if let Some(projection) = self.projection {
            command.append(cstr!("projection"), projection);
        }
        command.append(cstr!("limit"), limit);
        command.append(cstr!("batchSize"), limit + 1);
        command.append(cstr!("maxTimeMS"), left.clamp(1, i32::MAX.into()));
        command.append(cstr!("readConcern"), database.read_concern());
        command
    }
}

/// Runs a query, in one reply, and again while a fail-over goes on.
pub(crate) async fn find(database: &Database, query: Query) -> Result<Found, ReadError> {
    let limit = query.limit;
    let mut batch = patiently(database.read_timeout(), |left| {
        attempt(database.clone(), query.clone(), left)
    })
    .await?;
    let more = batch.truncate(limit) || batch.cut;
    Ok(Found { batch, more })
}

async fn attempt(
    database: Database,
    query: Query,
    left: Duration,
) -> mongodb::error::Result<Batch> {
    let command = query.command(&database, left);
    let mut action = database.handle().run_raw_cursor_command(command);
    if let Some(preference) = database.read_preference() {
        action = action.selection_criteria(preference.clone());
    }
    let mut cursor = action.batch().await?;
    // A cursor that the server keeps open, since the reply is full, is closed by dropping it.
    let Some(reply) = cursor.next().await.transpose()? else {
        return Ok(Batch::default());
    };
    database.saw_reply(reply.as_raw_document());
    Batch::of(reply)
}
