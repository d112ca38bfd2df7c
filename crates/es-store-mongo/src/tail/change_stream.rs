//! The bell's source: a change stream over the last document of each batch.
//!
//! It is a plain cursor that is opened anew after any error, rather than the driver's change
//! stream, which would resume from a token: nothing of the past is needed, and a lost history
//! (the token left the oplog) cannot happen.

use async_trait::async_trait;
use futures_util::StreamExt;
use mongodb::bson::{RawDocument, RawDocumentBuf, rawdoc};
use mongodb::error::ErrorKind;
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor};

use super::sources::{NoRings, Ring, RingSource, Rings};
use crate::chain::hash_of;
use crate::database::Database;
use crate::extent::Extent;

/// Codes of answers that stay the same: not authorised, no such command, not supported, not on a
/// standalone server, no such stage.
const REFUSALS: [i32; 6] = [13, 59, 115, 40573, 40324, 8000];

/// Opens the change stream of the collection of events.
#[derive(Debug)]
pub(super) struct ChangeStream {
    database: Database,
}

impl ChangeStream {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    fn command(&self) -> RawDocumentBuf {
        rawdoc! {
            "aggregate": self.database.events(),
            "pipeline": [
                { "$changeStream": {} },
                { "$match": { "operationType": "insert", "fullDocument.w": { "$exists": true } } },
                { "$project": {
                    "_id": 1, "clusterTime": 1,
                    "fullDocument._id": 1, "fullDocument.n": 1,
                    "fullDocument.at": 1, "fullDocument.w": 1, "fullDocument.h": 1,
                } },
            ],
            "cursor": {},
            "readConcern": { "level": "majority" },
        }
    }
}

#[async_trait]
impl RingSource for ChangeStream {
    async fn open(&self) -> Result<Box<dyn Rings>, NoRings> {
        let refused = || NoRings::Refused("this server is not part of a replica set".into());
        if !self.database.is_replica_set() {
            return Err(refused());
        }
        let handle = self.database.tail_handle();
        let cursor = handle.run_raw_cursor_command(self.command()).batch();
        Ok(Box::new(Opened {
            database: self.database.clone(),
            cursor: cursor.await.map_err(no_rings)?,
        }))
    }
}

/// The cursor on it. The server answers within a second, with nothing if there is nothing.
struct Opened {
    database: Database,
    cursor: RawBatchCursor,
}

#[async_trait]
impl Rings for Opened {
    async fn next(&mut self) -> Result<Vec<Ring>, NoRings> {
        let Some(batch) = self.cursor.next().await else {
            return Err(NoRings::Failed("the server ended it".into()));
        };
        let batch = batch.map_err(no_rings)?;
        rings(&batch, &self.database).map_err(no_rings)
    }
}

/// The rings of a batch. Readers are made to read what they tell of, wherever they read.
fn rings(batch: &RawBatch, database: &Database) -> mongodb::error::Result<Vec<Ring>> {
    let mut rings = Vec::new();
    for change in batch.doc_slices()? {
        let Some(change) = change?.as_document() else {
            continue;
        };
        if let Ok(time) = change.get_timestamp("clusterTime") {
            database.saw(time);
        }
        rings.extend(ring(change));
    }
    Ok(rings)
}

/// What a change says; nothing if it is not one of ours.
fn ring(change: &RawDocument) -> Option<Ring> {
    let document = change.get_document("fullDocument").ok()?;
    let extent = Extent::of(document).ok()?;
    let mark = document.get_document("w").ok()?;
    Some(Ring {
        head: extent.last(),
        at: extent.recorded_at,
        writer: mark.get_i64("i").ok()?,
        waited: mark.get_bool("q").ok()?,
        chain: hash_of(document),
    })
}

fn no_rings(error: mongodb::error::Error) -> NoRings {
    let code = match &*error.kind {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    };
    match code {
        Some(code) if REFUSALS.contains(&code) => NoRings::Refused(error.into()),
        _ => NoRings::Failed(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use es_core::{Position, Timestamp};
    use mongodb::bson::Binary;
    use mongodb::bson::spec::BinarySubtype;

    use super::*;

    #[test]
    fn a_ring_is_read_from_what_the_change_stream_says() {
        let hash = Binary {
            subtype: BinarySubtype::Generic,
            bytes: vec![3; 32],
        };
        let change = rawdoc! { "_id": {}, "fullDocument": {
            "_id": 7_i64, "at": 99_i64, "n": 3, "w": { "i": -5_i64, "q": true }, "h": hash,
        } };
        let expected = Ring {
            head: Position::new(9),
            at: Timestamp::from_micros(99),
            writer: -5,
            waited: true,
            chain: Some([3; 32].into()),
        };
        assert_eq!(ring(&change), Some(expected));
    }

    #[test]
    fn what_others_put_into_the_collection_does_not_ring() {
        for change in [
            rawdoc! {},
            rawdoc! { "fullDocument": { "_id": "x", "w": true } },
            rawdoc! { "fullDocument": { "_id": 7_i64, "at": 99_i64, "n": 3, "w": 1 } },
        ] {
            assert_eq!(ring(&change), None);
        }
    }
}
