//! The choice of a store, and opening it: the only file here that knows which stores there are.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use event_sourcing::EventStore;
use event_sourcing::core::{BoxError, CheckpointStore, SnapshotStore};
use event_sourcing::embedded::EmbeddedStore;
use event_sourcing::memory::MemoryStore;
use tempfile::TempDir;

/// Where the events are to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// In memory, until the program ends.
    Memory,
    /// In this directory.
    Directory(PathBuf),
    /// In a new directory, which is kept at the end or not.
    Temporary {
        /// Whether it is kept.
        keep: bool,
    },
}

impl FromStr for Address {
    type Err = UnknownStore;

    fn from_str(text: &str) -> Result<Self, UnknownStore> {
        let path = text.strip_prefix("embedded:").unwrap_or(text);
        match path.split_once("://") {
            Some(("mongodb" | "mongodb+srv", _)) => Err(UnknownStore::Mongo),
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
    /// A MongoDB connection string.
    #[error("the MongoDB store comes with a later release; use --store DIRECTORY or memory:")]
    Mongo,
    /// Some other scheme.
    #[error("there is no store for {0:?} addresses; use --store DIRECTORY or memory:")]
    Scheme(String),
    /// No address at all.
    #[error("--store needs a directory, or memory:")]
    Empty,
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
    directory: Option<PathBuf>,
    temporary: Option<TempDir>,
}

impl Store {
    /// Opens the store at an address; makes the directory if there is none.
    ///
    /// # Errors
    /// If the directory cannot be made, or is no store, or is open in another process.
    pub async fn open(address: Address) -> Result<Self, BoxError> {
        match address {
            Address::Memory => Ok(Self::new(MemoryStore::new())),
            Address::Directory(path) => Self::embedded(path).await,
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

    fn new(store: impl EventStore + SnapshotStore + CheckpointStore + Clone + 'static) -> Self {
        Self {
            events: Arc::new(store.clone()),
            snapshots: Arc::new(store.clone()),
            checkpoints: Arc::new(store),
            embedded: None,
            directory: None,
            temporary: None,
        }
    }

    /// Whether what it has acknowledged is on the disk.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.embedded.is_some()
    }

    /// Where the data are when the program has ended, if anywhere.
    #[must_use]
    pub fn kept_in(&self) -> Option<&Path> {
        self.directory
            .as_deref()
            .filter(|_| self.temporary.is_none())
    }

    /// Writes out what is in flight, and deletes a temporary directory.
    ///
    /// # Errors
    /// If either fails.
    pub async fn close(self) -> Result<(), BoxError> {
        if let Some(store) = self.embedded {
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
    fn a_store_of_a_later_release_is_refused_without_showing_the_password() {
        let error = "mongodb://jane:secret@db/claims"
            .parse::<Address>()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("later release") && !error.contains("secret"),
            "{error}"
        );
        assert!(
            "redis://db"
                .parse::<Address>()
                .unwrap_err()
                .to_string()
                .contains("redis")
        );
    }
}
