//! Making the collections, which several processes may do at once.

use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};

use super::cause;
use crate::database::Database;
use crate::error::OpenError;

/// There is a collection of that name: another process was quicker.
const NAMESPACE_EXISTS: i32 = 48;
/// The server does not take an option in the mode it runs in: during an upgrade it keeps to the
/// features of the version before.
const INVALID_OPTIONS: [i32; 4] = [72, 9, 14, 40415];

/// Makes the collections that are missing.
pub(super) async fn make(database: &Database) -> Result<(), OpenError> {
    let wanted = [
        database.events(),
        database.snapshots(),
        database.checkpoints(),
        database.meta(),
    ];
    let there = names(database, &wanted).await?;
    for name in wanted {
        if there.iter().all(|there| there != name) {
            create(database, name, name == database.events()).await?;
        }
    }
    Ok(())
}

/// Which of these collections exist. Needs no other privilege than one on them.
pub(crate) async fn names(database: &Database, wanted: &[&str]) -> Result<Vec<String>, OpenError> {
    let command = doc! {
        "listCollections": 1,
        "filter": { "name": { "$in": wanted } },
        "nameOnly": true,
        "authorizedCollections": true,
        "cursor": { "batchSize": 100 },
    };
    let reply = database.handle().run_command(command).await;
    let reply = reply.map_err(|error| cause::of_command(&error, "list collections"))?;
    let found = reply
        .get_document("cursor")
        .and_then(|cursor| cursor.get_array("firstBatch"));
    let found = found.into_iter().flatten().filter_map(|found| {
        let name = found.as_document()?.get_str("name").ok()?;
        Some(name.to_owned())
    });
    Ok(found.collect())
}

/// Makes one collection; documents of events lie in the order of `_id` where the server can.
pub(crate) async fn create(
    database: &Database,
    name: &str,
    holds_events: bool,
) -> Result<(), OpenError> {
    let plain = doc! { "create": name, "writeConcern": { "w": "majority" } };
    if holds_events && database.facts().version.clusters_collections() {
        let mut clustered = plain.clone();
        clustered.insert(
            "clusteredIndex",
            doc! { "key": { "_id": 1 }, "unique": true },
        );
        match run(database, clustered).await {
            Err(error) if has_code(&error, &INVALID_OPTIONS) => {
                tracing::debug!(
                    collection = name,
                    "the server makes no clustered collections"
                );
            }
            done => return done.map_err(|error| refused(&error)),
        }
    }
    run(database, plain).await.map_err(|error| refused(&error))
}

async fn run(database: &Database, command: Document) -> mongodb::error::Result<()> {
    match database.handle().run_command(command).await {
        Ok(_) => Ok(()),
        Err(error) if has_code(&error, &[NAMESPACE_EXISTS]) => Ok(()),
        Err(error) => Err(error),
    }
}

fn refused(error: &Error) -> OpenError {
    cause::of_command(error, "create collections")
}

fn has_code(error: &Error, codes: &[i32]) -> bool {
    matches!(&*error.kind, ErrorKind::Command(command) if codes.contains(&command.code))
}
