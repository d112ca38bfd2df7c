//! How far consumers have come: one document each, `{ _id: name, p: position, r: move }`.
//!
//! `r` names the last move, so that a move whose reply was lost can be told from another one.

use async_trait::async_trait;
use es_core::{
    BoxError, CheckpointError, CheckpointName, CheckpointStore, IdGenerator, Position,
    TimeOrderedIds,
};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, RawDocument, RawDocumentBuf, rawdoc};

use crate::MongoStore;
use crate::command;
use crate::database::Database;
use crate::reader::fetch::{Found, Query, find};
use crate::reader::patience::patiently;

/// How many checkpoints are listed in one reply.
const AT_ONCE: usize = 1_000;

#[async_trait]
impl CheckpointStore for MongoStore {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<Position, CheckpointError> {
        self.shared.hub.check_open().map_err(unavailable)?;
        let stored = stored(&self.shared.database, name).await?;
        Ok(stored.map_or(Position::START, |stored| stored.position))
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        from: Position,
        to: Position,
    ) -> Result<(), CheckpointError> {
        self.shared.hub.check_open().map_err(unavailable)?;
        let database = &self.shared.database;
        let this_move = new_move();
        if compare_and_set(database, name, (from, to), &this_move).await? {
            return Ok(());
        }
        // Refused, or repeated after its reply was lost.
        match stored(database, name).await? {
            Some(stored) if stored.last_move.as_ref() == Some(&this_move) => Ok(()),
            stored => Err(CheckpointError::Moved {
                name: name.clone(),
                expected: from,
                actual: stored.map_or(Position::START, |stored| stored.position),
            }),
        }
    }

    async fn checkpoints(&self) -> Result<Vec<(CheckpointName, Position)>, CheckpointError> {
        self.shared.hub.check_open().map_err(unavailable)?;
        let mut checkpoints = Vec::new();
        let mut after = String::new();
        loop {
            let filter = rawdoc! { "_id": { "$gt": after.as_str() } };
            let found = lookup(&self.shared.database, filter, AT_ONCE).await?;
            for document in found.batch.iter() {
                let (name, stored) = named(document)?;
                after = name.as_str().to_owned();
                if stored.position > Position::START {
                    checkpoints.push((name, stored.position));
                }
            }
            if !found.more {
                return Ok(checkpoints);
            }
        }
    }
}

/// What stands in a document.
struct Stored {
    position: Position,
    last_move: Option<Binary>,
}

/// Moves a checkpoint in one command; false if it does not stand at `from`.
async fn compare_and_set(
    database: &Database,
    name: &CheckpointName,
    (from, to): (Position, Position),
    this_move: &Binary,
) -> Result<bool, CheckpointError> {
    let number = |position: Position| position.get().cast_signed();
    let statement = rawdoc! {
        "q": { "_id": name.as_str(), "p": number(from) },
        "u": { "$set": { "p": number(to), "r": this_move.clone() } },
        // Nothing is there before the first move. If something is, the insert is a duplicate.
        "upsert": from == Position::START,
    };
    let command = rawdoc! { "update": database.checkpoints(), "updates": [statement] };
    let reply = patiently(database.read_timeout(), |_| {
        let (database, command) = (database.clone(), command.clone());
        async move { command::write(database.handle(), command).await }
    });
    let reply = reply.await.map_err(unavailable)?;
    if let Ok(time) = reply.get_timestamp("operationTime") {
        database.saw(time);
    }
    Ok(reply.get_i32("n").is_ok_and(|count| count == 1))
}

async fn stored(
    database: &Database,
    name: &CheckpointName,
) -> Result<Option<Stored>, CheckpointError> {
    let found = lookup(database, rawdoc! { "_id": name.as_str() }, 1).await?;
    let document = found.batch.document(0);
    document
        .map(|document| parse(document).map_err(|source| corrupt(name, source)))
        .transpose()
}

async fn lookup(
    database: &Database,
    filter: RawDocumentBuf,
    limit: usize,
) -> Result<Found, CheckpointError> {
    let query = Query {
        collection: database.checkpoints().to_owned(),
        filter,
        sort: rawdoc! { "_id": 1 },
        hint: rawdoc! { "_id": 1 },
        projection: None,
        limit,
    };
    find(database, query).await.map_err(unavailable)
}

fn named(document: &[u8]) -> Result<(CheckpointName, Stored), CheckpointError> {
    let no_name = |source: BoxError| CheckpointError::Unavailable { source };
    let name = RawDocument::from_bytes(document)
        .and_then(|document| document.get_str("_id").map(str::to_owned));
    let name = name.map_err(|error| no_name(error.into()))?;
    let name = CheckpointName::new(name).map_err(|error| no_name(error.into()))?;
    let stored = parse(document).map_err(|source| corrupt(&name, source))?;
    Ok((name, stored))
}

fn parse(document: &[u8]) -> Result<Stored, BoxError> {
    let document = RawDocument::from_bytes(document)?;
    let position = u64::try_from(document.get_i64("p")?)?;
    let last_move = document.get_binary("r").ok();
    Ok(Stored {
        position: Position::new(position),
        last_move: last_move.map(|binary| Binary {
            subtype: binary.subtype,
            bytes: binary.bytes.to_vec(),
        }),
    })
}

fn new_move() -> Binary {
    Binary {
        subtype: BinarySubtype::Uuid,
        bytes: TimeOrderedIds.next_id().as_bytes().to_vec(),
    }
}

fn corrupt(name: &CheckpointName, source: BoxError) -> CheckpointError {
    CheckpointError::Corrupt {
        name: name.clone(),
        source,
    }
}

fn unavailable(error: es_core::ReadError) -> CheckpointError {
    CheckpointError::Unavailable {
        source: error.into(),
    }
}
