//! The server under test, and the databases that were made on it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use es_core::{IdGenerator, TimeOrderedIds};
use mongodb::bson::doc;
use mongodb::error::ErrorKind;
use mongodb::options::{ClientOptions, ServerAddress};
use mongodb::{Client, Database};

use super::uri::with_database;
use crate::Failure;

/// Where `cargo xtask mongo up` puts its server.
pub const DEFAULT_URI: &str = "mongodb://127.0.0.1:27117/?replicaSet=rs0";
/// The environment variable that names another server.
pub const URI_VARIABLE: &str = "ES_BENCH_MONGODB_URI";

/// How long a server may take to answer at first.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that answers.
#[derive(Clone)]
pub struct Server {
    client: Client,
    uri: Arc<str>,
    auth_source: Option<Arc<str>>,
    databases: Arc<Mutex<BTreeSet<String>>>,
    /// Whether it has transactions and change streams: a replica set says `setName`, a sharded
    /// cluster `msg`.
    replica_set: bool,
}

impl Server {
    /// Connects, and waits for an answer.
    ///
    /// # Errors
    /// [`Failure::Refused`] for what is no connection string, [`Failure::NoServer`] if no server
    /// answers within five seconds. Neither shows a password.
    pub async fn connect(uri: &str) -> Result<Self, Failure> {
        // The driver may quote what it cannot read, and that may be the password.
        let parsed = ClientOptions::parse(uri).await.map_err(|_| not_a_uri())?;
        let options = with_patience(parsed);
        let servers = names(&options.hosts);
        let auth_source = auth_source(&options);
        let client = Client::with_options(options).map_err(|_| not_a_uri())?;
        let admin = client.database("admin");
        let hello = admin.run_command(doc! { "hello": 1 }).await;
        let hello = hello.map_err(|error| match &*error.kind {
            ErrorKind::ServerSelection { .. } => Failure::NoServer {
                servers,
                source: error.into(),
            },
            _ => Failure::broken("talk to the server")(error),
        })?;
        Ok(Self {
            client,
            uri: uri.into(),
            auth_source,
            databases: Arc::default(),
            replica_set: hello.contains_key("setName") || hello.contains_key("msg"),
        })
    }

    /// Refuses what only a replica set can do.
    ///
    /// # Errors
    /// [`Failure::Refused`].
    pub fn needs_replica_set(&self, what: &str) -> Result<(), Failure> {
        if self.replica_set {
            return Ok(());
        }
        Err(Failure::Refused(format!(
            "{what} needs a replica set, and this server stands alone; a set of one member will do"
        )))
    }

    /// The name of a database that nobody has used, to be dropped by [`Server::clear`] at the
    /// latest.
    #[must_use]
    pub fn fresh_database(&self) -> String {
        let name = format!("es_bench_{}", TimeOrderedIds.next_id().simple());
        self.made().insert(name.clone());
        name
    }

    /// A database, for the bare driver.
    #[must_use]
    pub fn database(&self, name: &str) -> Database {
        self.client.database(name)
    }

    /// The connection string for a database. It may hold a password.
    #[must_use]
    pub fn uri_for(&self, database: &str) -> String {
        with_database(&self.uri, database, self.auth_source.as_deref())
    }

    /// Drops a database.
    ///
    /// # Errors
    /// If the server does not answer.
    pub async fn drop_database(&self, name: &str) -> Result<(), Failure> {
        let dropped = self.client.database(name).drop().await;
        dropped.map_err(Failure::broken("drop the database"))?;
        self.made().remove(name);
        Ok(())
    }

    /// Drops what is left of the databases that were made, and says so if that fails.
    pub async fn clear(&self) {
        let left: Vec<_> = self.made().iter().cloned().collect();
        for name in left {
            if self.drop_database(&name).await.is_err() {
                eprintln!("es-bench: the database {name} could not be dropped");
            }
        }
    }

    fn made(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.databases
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connection strings stay out of messages.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

fn with_patience(mut options: ClientOptions) -> ClientOptions {
    options.server_selection_timeout.get_or_insert(PATIENCE);
    options.connect_timeout.get_or_insert(PATIENCE);
    options
        .app_name
        .get_or_insert_with(|| "es-bench".to_owned());
    options
}

/// Where users are looked up; it follows the database of the connection string if that does not
/// say it.
fn auth_source(options: &ClientOptions) -> Option<Arc<str>> {
    let credential = options.credential.as_ref()?;
    let named = credential.source.as_deref();
    let source = named.or(options.default_database.as_deref());
    source.map(Arc::from)
}

fn names(hosts: &[ServerAddress]) -> String {
    let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
    hosts.join(", ")
}

fn not_a_uri() -> Failure {
    Failure::Refused(format!(
        "the driver does not understand the connection string of --uri or {URI_VARIABLE}; it looks \
         like {DEFAULT_URI}, with special characters of user and password escaped as in URLs"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closed_loop::chain;

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_in_seconds_without_the_password() {
        let uri = "mongodb://jane:secret@127.0.0.1:1/?serverSelectionTimeoutMS=300";
        let failure = Server::connect(uri).await.unwrap_err();
        let text = chain(&failure);
        assert!(text.contains("127.0.0.1:1"), "{text}");
        assert!(text.contains("cargo xtask mongo up"), "{text}");
        assert!(!text.contains("secret") && !text.contains("jane"), "{text}");
    }

    #[tokio::test]
    async fn a_connection_string_that_cannot_be_read_is_not_shown() {
        for uri in [
            "mongodb://jane:sec/ret@h",
            "http://secret",
            "mongodb://jane:se@cret@h:x",
        ] {
            let failure = Server::connect(uri).await.unwrap_err();
            let text = chain(&failure);
            assert!(matches!(failure, Failure::Refused(_)), "{text}");
            assert!(!text.contains("cret") && !text.contains("jane"), "{text}");
        }
    }
}
