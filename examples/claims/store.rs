//! The choice of a store, and opening it: the only file here that knows which stores there are.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use event_sourcing::EventStore;
use event_sourcing::core::{BoxError, CheckpointStore, SnapshotStore};
use event_sourcing::embedded::EmbeddedStore;
use event_sourcing::memory::MemoryStore;
use event_sourcing::mongo::MongoStore;
use tempfile::TempDir;

/// Where the events are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// In memory, until the program ends.
    Memory,
    /// In this directory.
    Directory(PathBuf),
    /// In a MongoDB database.
    Mongo(MongoUri),
    /// In a new directory, which is kept at the end or not.
    Temporary {
        /// Whether it is kept.
        keep: bool,
    },
}

/// A MongoDB connection string. `Debug` does not show it: it may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct MongoUri(String);

impl fmt::Debug for MongoUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoUri").finish_non_exhaustive()
    }
}

impl FromStr for Address {
    type Err = UnknownStore;

    fn from_str(text: &str) -> Result<Self, UnknownStore> {
        let path = text.strip_prefix("embedded:").unwrap_or(text);
        match path.split_once("://") {
            Some(("mongodb" | "mongodb+srv", _)) => Ok(Self::Mongo(MongoUri(path.to_owned()))),
            Some((scheme, _)) => Err(UnknownStore::Scheme(scheme.to_owned())),
            None if path == "memory:" || path == "memory" => Ok(Self::Memory),
            None if path.is_empty() => Err(UnknownStore::Empty),
            None => Ok(Self::Directory(path.into())),
        }
    }
}

/// A store that this program cannot open. The address is not shown: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownStore {
    /// A scheme that is not known.
    #[error(
        "there is no store for {0:?} addresses; use --store DIRECTORY, mongodb://... or memory:"
    )]
    Scheme(String),
    /// No address at all.
    #[error("--store needs a directory, mongodb://... or memory:")]
    Empty,
}

/// Where data are kept, in words, and what to say for `--store` to find them again. The address of
/// a database is not spelt out: it may hold a password.
#[derive(Debug)]
pub struct Kept {
    /// For a sentence.
    pub place: String,
    /// For a command line.
    pub address: String,
}

/// An open store of events, snapshots and checkpoints.
#[derive(Debug)]
pub struct Store {
    /// The events.
    pub events: Arc<dyn EventStore>,
    /// The snapshots.
    pub snapshots: Arc<dyn SnapshotStore>,
    /// The checkpoints.
    pub checkpoints: Arc<dyn CheckpointStore>,
    embedded: Option<EmbeddedStore>,
    mongo: Option<MongoStore>,
    directory: Option<PathBuf>,
    temporary: Option<TempDir>,
}

impl Store {
    /// Opens the store at an address; makes the directory if there is none.
    ///
    /// # Errors
    /// If the directory cannot be made, or is no store, or is open in another process; if the
    /// database cannot be reached or used.
    pub async fn open(address: Address) -> Result<Self, BoxError> {
        match address {
            Address::Memory => Ok(Self::new(MemoryStore::new())),
            Address::Directory(path) => Self::embedded(path).await,
            Address::Mongo(uri) => Self::mongo(&uri).await,
            Address::Temporary { keep } => {
                let mut temporary = tempfile::Builder::new().prefix("claims-").tempdir()?;
                temporary.disable_cleanup(keep);
                let store = Self::embedded(temporary.path().to_owned()).await?;
                Ok(Self {
                    temporary: (!keep).then_some(temporary),
                    ..store
                })
            }
        }
    }

    async fn embedded(path: PathBuf) -> Result<Self, BoxError> {
        let store = EmbeddedStore::open(&path).await?;
        Ok(Self {
            embedded: Some(store.clone()),
            directory: Some(path),
            ..Self::new(store)
        })
    }

    async fn mongo(MongoUri(uri): &MongoUri) -> Result<Self, BoxError> {
        let store = MongoStore::connect(uri).await?;
        Ok(Self {
            mongo: Some(store.clone()),
            ..Self::new(store)
        })
    }

    fn new(store: impl EventStore + SnapshotStore + CheckpointStore + Clone + 'static) -> Self {
        Self {
            events: Arc::new(store.clone()),
            snapshots: Arc::new(store.clone()),
            checkpoints: Arc::new(store),
            embedded: None,
            mongo: None,
            directory: None,
            temporary: None,
        }
    }

    /// Whether what it has acknowledged outlives the program.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.embedded.is_some() || self.mongo.is_some()
    }

    /// Where the data are when the program has ended, if anywhere.
    #[must_use]
    pub fn kept(&self) -> Option<Kept> {
        if let Some(store) = &self.mongo {
            return Some(Kept {
                place: format!("database {}", store.database().name()),
                address: "mongodb://...".to_owned(),
            });
        }
        let directory = self.directory.as_deref();
        let path = directory.filter(|_| self.temporary.is_none())?.display();
        Some(Kept {
            place: path.to_string(),
            address: path.to_string(),
        })
    }

    /// Writes out what is in flight, and deletes a temporary directory.
    ///
    /// # Errors
    /// If either fails.
    pub async fn close(self) -> Result<(), BoxError> {
        if let Some(store) = self.embedded {
            store.close().await?;
        }
        if let Some(store) = self.mongo {
            store.close().await?;
        }
        if let Some(directory) = self.temporary {
            directory.close()?;
        }
        Ok(())
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(store) = &self.mongo {
            return write!(f, "MongoDB, in database {}", store.database().name());
        }
        match &self.directory {
            None => f.write_str("in memory, gone at the end"),
            Some(path) if self.temporary.is_none() => write!(f, "embedded, in {}", path.display()),
            Some(path) => {
                write!(
                    f,
                    "embedded, in {} until the end (--keep keeps it)",
                    path.display()
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_directory_unless_it_says_otherwise() {
        let directory = |path: &str| Ok(Address::Directory(path.into()));
        assert_eq!("memory:".parse(), Ok(Address::Memory));
        assert_eq!("./claims".parse(), directory("./claims"));
        assert_eq!("embedded:/var/claims".parse(), directory("/var/claims"));
        assert_eq!(r"C:\claims".parse(), directory(r"C:\claims"));
    }

    #[test]
    fn an_address_of_a_database_does_not_show_its_password() {
        for uri in [
            "mongodb://jane:secret@db/claims",
            "mongodb+srv://jane:secret@db/claims",
        ] {
            let address = uri.parse::<Address>().unwrap();
            assert!(matches!(address, Address::Mongo(_)));
            assert!(!format!("{address:?}").contains("secret"));
        }
    }

    #[test]
    fn other_addresses_are_refused_by_their_scheme_alone() {
        let error = "redis://jane:secret@db".parse::<Address>().unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("redis") && !error.contains("secret"),
            "{error}"
        );
    }
}
