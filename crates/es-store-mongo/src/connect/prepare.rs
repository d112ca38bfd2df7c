//! Setting a namespace up with other rights than those of the program.

use crate::MongoStore;
use crate::database::Database;
use crate::error::OpenError;
use crate::options::MongoOptions;

impl MongoStore {
    /// Makes the collections and indexes of a namespace, and brings them to this layout, without
    /// opening a store.
    ///
    /// Opening does the same; this is for an administrator, so that the program itself needs no
    /// right to create anything. The guide for MongoDB shows the program's role.
    ///
    /// # Errors
    /// See [`OpenError`].
    ///
    /// ```no_run
    /// # async fn prepare() -> Result<(), es_store_mongo::OpenError> {
    /// use es_store_mongo::{MongoOptions, MongoStore};
    /// let admin = "mongodb://admin:password@localhost:27017/claims?authSource=admin";
    /// MongoStore::prepare(admin, &MongoOptions::default()).await?;
    /// # Ok(()) }
    /// ```
    pub async fn prepare(uri: &str, options: &MongoOptions) -> Result<(), OpenError> {
        Database::open(uri, options).await.map(drop)
    }
}
