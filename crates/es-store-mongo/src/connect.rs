//! Opening a namespace: finding the server, making sure of it, and making what is missing.

pub(crate) mod cause;
pub(crate) mod collections;
pub(crate) mod index_set;
mod prepare;
pub(crate) mod server;
mod uri;
pub(crate) mod version;

use std::time::{Duration, Instant};

use es_core::{Clock, SystemClock};
use mongodb::Client;

use self::server::ServerFacts;
use self::uri::Target;
use crate::database::Database;
use crate::error::OpenError;
use crate::indexes::{Definition, Index};
use crate::migrate;
use crate::options::MongoOptions;
use crate::shared::detached;

/// The pause between two tries to reach a server.
const PAUSE: Duration = Duration::from_millis(200);

impl Database {
    /// Connects, checks the server, and makes the collections and indexes that are missing.
    pub(crate) async fn open(uri: &str, options: &MongoOptions) -> Result<Self, OpenError> {
        let target = Target::parse(uri, options).await?;
        let options = options.clone();
        detached(open(target, options)).await
    }
}

async fn open(target: Target, options: MongoOptions) -> Result<Database, OpenError> {
    let bad_options = |error: mongodb::error::Error| cause::of_contact(&error, target.wants_tls);
    let client = Client::with_options(target.client.clone()).map_err(bad_options)?;
    let tail_client = Client::with_options(target.tail.clone()).map_err(bad_options)?;
    let facts = contact(&tail_client, &target, options.open_timeout).await?;
    check(&facts, &options)?;
    let database = Database::new(
        client,
        tail_client,
        &target.database,
        target.read_preference,
        facts,
        &options,
    );
    collections::make(&database).await?;
    make_indexes(&database, &options).await?;
    migrate::run(&database).await?;
    database.know_indexes().await?;
    Ok(database)
}

/// Asks the server what it is, for as long as opening may take if that may help. The client for
/// following the log gives up a try soon, so that the cause is known soon.
async fn contact(
    client: &Client,
    target: &Target,
    patience: Duration,
) -> Result<ServerFacts, OpenError> {
    let deadline = Instant::now() + patience;
    loop {
        match ServerFacts::read(client, target.wants_tls).await {
            Err(error) if cause::may_pass(&error) && Instant::now() + PAUSE < deadline => {
                SystemClock.sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

fn check(facts: &ServerFacts, options: &MongoOptions) -> Result<(), OpenError> {
    match facts.version.refuse_unsafe() {
        Err(error) if options.accept_unsafe_server => {
            tracing::warn!(%error, "taken all the same, as the options say");
        }
        checked => checked?,
    }
    if !facts.is_replica_set {
        tracing::warn!(
            "the server is not part of a replica set: appends over several streams are refused, \
             events are lost with its disk, and other processes' events are found by asking"
        );
    }
    Ok(())
}

async fn make_indexes(database: &Database, options: &MongoOptions) -> Result<(), OpenError> {
    let wanted = options.indexes.wanted().flat_map(Index::definitions);
    let wanted = [Definition::streams(), Definition::archived()]
        .into_iter()
        .chain(wanted);
    index_set::make(database, database.events(), wanted.collect()).await
}
