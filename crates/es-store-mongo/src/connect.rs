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
use tokio::time::timeout;

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
/// How long the first steps may take at least, after a server was found late.
const FIRST_STEPS: Duration = Duration::from_secs(2);

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
    let deadline = Instant::now() + options.open_timeout;
    let facts = contact(&tail_client, &target, deadline).await?;
    check(&facts, &options)?;
    let database = Database::new(
        client,
        tail_client.clone(),
        &target.database,
        target.read_preference.clone(),
        facts,
        &options,
    );
    let left = deadline.saturating_duration_since(Instant::now());
    match timeout(left.max(FIRST_STEPS), first_steps(&database)).await {
        Ok(done) => done?,
        Err(_) => return Err(why_late(&tail_client, &target).await),
    }
    make_indexes(&database, &options).await?;
    let chained = migrate::run(&database, options.hash_chain).await?;
    if options.hash_chain && !chained {
        return Err(OpenError::NotChained);
    }
    database.know_chain(chained);
    database.know_indexes().await?;
    Ok(database)
}

/// What takes moments if the servers are well. Making indexes may take long.
async fn first_steps(database: &Database) -> Result<(), OpenError> {
    // First of all: in what a newer program has made nothing is changed.
    migrate::refuse_newer(database).await?;
    collections::make(database).await
}

/// The primary may have gone since the first contact, or have lost its majority.
async fn why_late(client: &Client, target: &Target) -> OpenError {
    match contact(client, target, Instant::now()).await {
        Err(error) => error,
        Ok(_) => OpenError::Server {
            what: "read the layout and make the collections in time",
            source: "a majority of the replica set may be down or far behind".into(),
        },
    }
}

/// Asks the server what it is, until the deadline if that may help. The client for
/// following the log gives up a try soon, so that the cause is known soon.
async fn contact(
    client: &Client,
    target: &Target,
    deadline: Instant,
) -> Result<ServerFacts, OpenError> {
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
