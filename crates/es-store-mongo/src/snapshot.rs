//! Snapshots: one document each,
//! `{ _id: { s: stream, v: version }, t, tv, k, g, d, at }`, named as in an event.
//!
//! The fields of `_id` are always in this order, so those of one stream lie together, by version.

use async_trait::async_trait;
use bytes::Bytes;
use es_core::{
    BoxError, CodecId, Payload, PayloadFlags, ReadError, Snapshot, SnapshotError, SnapshotStore,
    StreamId, StreamVersion, Timestamp, TypeName, TypeVersion,
};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Document, RawBinaryRef, RawDocument, RawDocumentBuf, cstr, rawdoc};

use crate::MongoStore;
use crate::command;
use crate::database::Database;
use crate::reader::batch::Batch;
use crate::reader::fetch::{Query, find};
use crate::reader::patience::patiently;

/// The largest payload of a snapshot: what the server takes as one document, less some room for
/// the other fields.
const MAX_BYTES: usize = 16 * 1024 * 1024 - 16 * 1024;

#[async_trait]
impl SnapshotStore for MongoStore {
    async fn save_snapshot(&self, snapshot: Snapshot, keep: usize) -> Result<(), SnapshotError> {
        snapshot.refuse_personal()?;
        self.shared.hub.check_open().map_err(unavailable)?;
        let database = &self.shared.database;
        let bytes = snapshot.payload.data.len();
        if bytes > MAX_BYTES {
            return Err(SnapshotError::Unavailable {
                source: format!("a snapshot of {bytes} bytes is over the limit of {MAX_BYTES}")
                    .into(),
            });
        }
        let statement = rawdoc! {
            "q": { "_id": id(&snapshot.stream, snapshot.version) },
            "u": document(&snapshot),
            "upsert": true,
        };
        let command = rawdoc! { "update": database.snapshots(), "updates": [statement] };
        let reply = write(database, &command).await?;
        if reply.contains_key("writeErrors") {
            // Another one saved the same version at the same moment: now there is one to replace.
            write(database, &command).await?;
        }
        drop_oldest(database, &snapshot.stream, keep.max(1)).await
    }

    async fn load_snapshot(
        &self,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        self.shared.hub.check_open().map_err(unavailable)?;
        let query = newest(&self.shared.database, stream, at_most, 1);
        let found = find(&self.shared.database, query);
        let found = found.await.map_err(unavailable)?;
        let corrupt = |source| SnapshotError::Corrupt {
            stream: stream.clone(),
            source,
        };
        first(&found.batch, stream).map_err(corrupt)
    }

    async fn delete_snapshots(&self, stream: &StreamId) -> Result<(), SnapshotError> {
        self.shared.hub.check_open().map_err(unavailable)?;
        delete(&self.shared.database, stream, StreamVersion::MAX).await
    }
}

/// Drops all but the newest ones.
async fn drop_oldest(
    database: &Database,
    stream: &StreamId,
    keep: usize,
) -> Result<(), SnapshotError> {
    let mut query = newest(database, stream, StreamVersion::MAX, keep.saturating_add(1));
    query.projection = Some(rawdoc! { "_id": 1 });
    let found = find(database, query).await;
    let found = found.map_err(unavailable)?;
    let Some(document) = found.batch.document(keep) else {
        return Ok(());
    };
    let version = version(document).map_err(|source| SnapshotError::Corrupt {
        stream: stream.clone(),
        source,
    })?;
    delete(database, stream, version).await
}

async fn delete(
    database: &Database,
    stream: &StreamId,
    at_most: StreamVersion,
) -> Result<(), SnapshotError> {
    let statement = rawdoc! { "q": { "_id": up_to(stream, at_most) }, "limit": 0 };
    let command = rawdoc! { "delete": database.snapshots(), "deletes": [statement] };
    write(database, &command).await.map(drop)
}

/// Both commands may be repeated.
async fn write(database: &Database, command: &RawDocumentBuf) -> Result<Document, SnapshotError> {
    let reply = patiently(database.read_timeout(), |_| {
        let (database, command) = (database.clone(), command.clone());
        async move { command::write(database.handle(), command).await }
    });
    let reply = reply.await.map_err(unavailable)?;
    if let Ok(time) = reply.get_timestamp("operationTime") {
        database.saw(time);
    }
    Ok(reply)
}

fn newest(database: &Database, stream: &StreamId, at_most: StreamVersion, limit: usize) -> Query {
    Query {
        collection: database.snapshots().to_owned(),
        filter: rawdoc! { "_id": up_to(stream, at_most) },
        sort: rawdoc! { "_id": -1 },
        hint: rawdoc! { "_id": 1 },
        projection: None,
        limit: limit.min(1_000_000),
    }
}

fn up_to(stream: &StreamId, at_most: StreamVersion) -> RawDocumentBuf {
    rawdoc! { "$gte": id(stream, StreamVersion::EMPTY), "$lte": id(stream, at_most) }
}

fn id(stream: &StreamId, version: StreamVersion) -> RawDocumentBuf {
    rawdoc! { "s": stream.as_str(), "v": version.get().cast_signed() }
}

fn document(snapshot: &Snapshot) -> RawDocumentBuf {
    let payload = &snapshot.payload;
    let data = RawBinaryRef {
        subtype: BinarySubtype::Generic,
        bytes: &payload.data,
    };
    let mut document = rawdoc! {
        "_id": id(&snapshot.stream, snapshot.version),
        "t": snapshot.name.as_str(),
        "tv": payload.version.to_string(),
        "k": payload.codec.as_str(),
        "g": i32::from(payload.flags.bits()),
        "at": snapshot.taken_at.as_micros(),
    };
    document.append(cstr!("d"), data);
    document
}

/// The first snapshot of a reply.
fn first(batch: &Batch, stream: &StreamId) -> Result<Option<Snapshot>, BoxError> {
    let Some(bytes) = batch.document(0) else {
        return Ok(None);
    };
    let document = RawDocument::from_bytes(bytes)?;
    let type_version: TypeVersion = document.get_str("tv")?.parse()?;
    let data = document.get_binary("d")?.bytes;
    Ok(Some(Snapshot {
        stream: stream.clone(),
        version: version(bytes)?,
        name: TypeName::new(document.get_str("t")?)?,
        payload: Payload {
            codec: CodecId::new(document.get_str("k")?),
            version: type_version,
            flags: PayloadFlags::from_bits(document.get_i32("g")?.try_into()?),
            // A copy, so that a small one does not keep a reply alive.
            data: Bytes::copy_from_slice(data),
        },
        taken_at: Timestamp::from_micros(document.get_i64("at")?),
        privacy: None,
    }))
}

fn version(document: &[u8]) -> Result<StreamVersion, BoxError> {
    let document = RawDocument::from_bytes(document)?;
    let version = document.get_document("_id")?.get_i64("v")?;
    Ok(StreamVersion::new(u64::try_from(version)?))
}

fn unavailable(error: ReadError) -> SnapshotError {
    SnapshotError::Unavailable {
        source: error.into(),
    }
}

#[cfg(test)]
mod tests {
    use es_core::testing::sample_event;

    use super::*;

    #[test]
    fn a_snapshot_comes_back_as_it_was() {
        let stream = StreamId::new("Claim", 42).unwrap();
        let event = sample_event(1);
        let snapshot = Snapshot {
            stream: stream.clone(),
            version: StreamVersion::new(7),
            name: event.name,
            payload: Payload {
                flags: PayloadFlags::COMPRESSED,
                ..event.payload
            },
            taken_at: Timestamp::from_micros(-5),
            privacy: None,
        };
        let bytes = Bytes::from(document(&snapshot).into_bytes());
        let read = first(&Batch::one(bytes), &stream).unwrap();
        assert_eq!(read, Some(snapshot));
    }

    #[test]
    fn a_damaged_snapshot_is_an_error() {
        let stream = StreamId::new("Claim", 42).unwrap();
        let bytes = rawdoc! { "_id": { "s": "Claim/42", "v": 1_i64 }, "t": 5 };
        let batch = Batch::one(Bytes::from(bytes.into_bytes()));
        assert!(first(&batch, &stream).is_err());
    }
}
