//! What the committer asks the log: where streams end, and what stands at a place.

use bytes::Bytes;
use es_core::{AppendId, Position, StreamId, StreamVersion};
use futures_util::future::try_join_all;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{RawDocument, RawDocumentBuf, rawdoc};
use mongodb::error::Result;
use uuid::Uuid;

use super::heads::Head;
use crate::command;
use crate::shared::Shared;

/// How many streams are looked up at a time.
const AT_ONCE: usize = 16;

/// The versions of streams, true over the positions up to `known_at` at least; every read sees
/// those, since they are committed.
pub(super) async fn heads(
    shared: &Shared,
    streams: &[StreamId],
    known_at: Position,
) -> Result<Vec<(StreamId, Head)>> {
    let mut heads = Vec::with_capacity(streams.len());
    for some in streams.chunks(AT_ONCE) {
        let found = some.iter().map(|stream| head(shared, stream, known_at));
        heads.extend(try_join_all(found).await?);
    }
    Ok(heads)
}

async fn head(shared: &Shared, stream: &StreamId, known_at: Position) -> Result<(StreamId, Head)> {
    let last = shared.database.stream_head(stream).await?;
    let (version, position) = last.unwrap_or_default();
    let known_at = known_at.max(position);
    shared.heads.saw(stream, version, known_at);
    Ok((stream.clone(), Head { version, known_at }))
}

/// What was found where documents should go.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stored {
    /// The first so many are there.
    pub(super) ours: usize,
    /// Something else stands where the first one should.
    pub(super) foreign: bool,
}

/// Which of these documents of one batch, in order, are stored at their positions.
pub(super) async fn stored_of(shared: &Shared, documents: &[Bytes]) -> Result<Stored> {
    let wanted: Vec<Identity> = documents
        .iter()
        .filter_map(|document| Identity::of(RawDocument::from_bytes(document).ok()?))
        .collect();
    let (Some(first), Some(last)) = (wanted.first(), wanted.last()) else {
        return Ok(Stored {
            ours: 0,
            foreign: false,
        });
    };
    let filter = rawdoc! { "_id": { "$gte": first.position, "$lte": last.position } };
    let found = identities(shared, filter, rawdoc! { "_id": 1 }, documents.len()).await?;
    let ours = wanted
        .iter()
        .zip(&found)
        .take_while(|(a, b)| a == b)
        .count();
    let foreign = ours == 0
        && found
            .first()
            .is_some_and(|found| found.position == first.position);
    Ok(Stored { ours, foreign })
}

/// The append that a document belongs to: its id, and the position of its first document.
pub(super) type Owner = (AppendId, Position);

/// Whose events begin at this version of a stream.
pub(super) async fn owner_of_version(
    shared: &Shared,
    stream: &StreamId,
    version: StreamVersion,
) -> Result<Option<Owner>> {
    let version = signed(version.get());
    let filter = rawdoc! { "s": stream.as_str(), "v": version };
    let hint = rawdoc! { "s": 1, "v": 1 };
    let found = identities(shared, filter, hint, 1).await?;
    owner(shared, found).await
}

/// Whose events begin at this position.
pub(super) async fn owner_of_position(
    shared: &Shared,
    position: Position,
) -> Result<Option<Owner>> {
    let filter = rawdoc! { "_id": signed(position.get()) };
    let found = identities(shared, filter, rawdoc! { "_id": 1 }, 1).await?;
    owner(shared, found).await
}

/// Where an append id is stored, by the index on append ids.
pub(super) async fn owner_of_id(shared: &Shared, id: AppendId) -> Result<Option<Owner>> {
    let id = mongodb::bson::Binary {
        subtype: BinarySubtype::Uuid,
        bytes: id.uuid().as_bytes().to_vec(),
    };
    let found = identities(shared, rawdoc! { "a": id }, rawdoc! { "a": 1 }, 1).await?;
    owner(shared, found).await
}

async fn owner(shared: &Shared, found: Vec<Identity>) -> Result<Option<Owner>> {
    let Some(mut document) = found.into_iter().next() else {
        return Ok(None);
    };
    if let Some(first) = document.append_begins {
        let filter = rawdoc! { "_id": first };
        let begins = identities(shared, filter, rawdoc! { "_id": 1 }, 1).await?;
        let Some(begins) = begins.into_iter().next() else {
            return Ok(None);
        };
        document = begins;
    }
    let id = document.append_id.or(document.first_event);
    let position = Position::new(document.position.unsigned_abs());
    Ok(id.map(|id| (AppendId::new(id), position)))
}

/// What tells one document from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    position: i64,
    stream: String,
    version: i64,
    events: i32,
    first_event: Option<Uuid>,
    append_id: Option<Uuid>,
    append_begins: Option<i64>,
}

impl Identity {
    fn of(document: &RawDocument) -> Option<Self> {
        let first_event = || document.get_array("e").ok()?.get_document(0).ok();
        let uuid_of = |document: &RawDocument, key: &str| {
            let binary = document.get_binary(key).ok()?;
            Uuid::from_slice(binary.bytes).ok()
        };
        Some(Self {
            position: document.get_i64("_id").ok()?,
            stream: document.get_str("s").ok()?.to_owned(),
            version: document.get_i64("v").ok()?,
            events: document.get_i32("n").ok()?,
            first_event: first_event().and_then(|event| uuid_of(event, "i")),
            append_id: uuid_of(document, "a"),
            append_begins: document.get_i64("f").ok(),
        })
    }
}

async fn identities(
    shared: &Shared,
    filter: RawDocumentBuf,
    hint: RawDocumentBuf,
    limit: usize,
) -> Result<Vec<Identity>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let command = rawdoc! {
        "find": shared.database.events(),
        "filter": filter,
        "projection": { "s": 1, "v": 1, "n": 1, "a": 1, "f": 1, "e.i": 1 },
        "sort": { "_id": 1 },
        "hint": hint,
        "limit": limit,
        "batchSize": limit,
    };
    let found = command::find(&shared.database, command).await?;
    let documents = found.iter().map(|bytes| RawDocument::from_bytes(bytes));
    Ok(documents.flatten().filter_map(Identity::of).collect())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
