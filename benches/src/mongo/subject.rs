//! The store on MongoDB, beside the bare driver on the same collections.

use es_store_mongo::{MongoOptions, MongoStore};

use super::{BareDriver, Server, URI_VARIABLE};
use crate::Failure;
use crate::scratch::Scratch;
use crate::subject::Subject;

/// The store on a server; each place is a database of its own.
#[derive(Debug, Clone)]
pub struct Mongo {
    pub(crate) server: Server,
    chained: bool,
}

impl Mongo {
    /// On this server.
    #[must_use]
    pub fn new(server: Server) -> Self {
        let chained = false;
        Self { server, chained }
    }

    /// With a log that is chained, or not.
    #[must_use]
    pub fn chained(mut self, chained: bool) -> Self {
        self.chained = chained;
        self
    }

    /// On the server that the environment names; if it names none, that is said.
    ///
    /// # Errors
    /// See [`Server::connect`].
    pub async fn named(bench: &str) -> Result<Option<Self>, Failure> {
        match std::env::var(URI_VARIABLE) {
            Ok(uri) if !uri.is_empty() => Ok(Some(Self::new(Server::connect(&uri).await?))),
            _ => {
                eprintln!("{bench} is left out: {URI_VARIABLE} names no server");
                Ok(None)
            }
        }
    }

    /// Opens the store on a database that is there already, or makes it.
    pub(crate) async fn store(&self, database: &str) -> Result<MongoStore, Failure> {
        let options = MongoOptions::default().hash_chain(self.chained);
        MongoStore::connect_with(&self.server.uri_for(database), options)
            .await
            .map_err(Failure::broken("open the store"))
    }
}

impl Subject for Mongo {
    type Store = MongoStore;
    type Ceiling = BareDriver;
    type Place = String;
    const CEILING: &'static str = "bare driver";
    const SHARED: bool = true;

    async fn place(&self, _: &Scratch) -> Result<String, Failure> {
        Ok(self.server.fresh_database())
    }

    async fn remove(&self, database: String) -> Result<(), Failure> {
        self.server.drop_database(&database).await
    }

    async fn open(&self, database: &String) -> Result<MongoStore, Failure> {
        self.store(database).await
    }

    async fn close(&self, store: MongoStore) -> Result<(), Failure> {
        store
            .close()
            .await
            .map_err(Failure::broken("close the store"))
    }

    async fn open_ceiling(&self, database: &String) -> Result<BareDriver, Failure> {
        Ok(BareDriver::new(self.server.database(database)))
    }

    fn close_ceiling(&self, _: BareDriver) {}
}
