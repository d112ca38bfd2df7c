//! Where readers get the events of stubs from.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use es_core::{Clock, EventId, Position, ReadError, SystemClock};

use super::collection::ArchiveCollection;
use super::documents::Stored;
use super::target::Target;
use super::{ArchiveError, note};
use crate::database::Database;

/// What a reader can do who meets archived events.
const REMEDY: &str = "open the store with read_archive(true), or restore them";
const NOT_HERE: &str = "name the file that they were archived to with archive_file(path)";
/// A secondary that has the stub may show the copy a moment later.
const A_MOMENT: Duration = Duration::from_millis(100);

/// The archives that a store reads from.
#[derive(Debug)]
pub(crate) struct Source {
    database: Database,
    /// Whether readers get what is archived.
    read_archive: bool,
    archives: Vec<Target>,
    in_use: AtomicBool,
}

impl Source {
    /// Looks for archived events in the archive's collection and in these files.
    pub(crate) async fn open(
        database: Database,
        read_archive: bool,
        files: &[PathBuf],
    ) -> Result<Self, ArchiveError> {
        let mut archives = vec![Target::collection(&database)];
        for path in files {
            archives.push(Target::file(path).await?);
        }
        Ok(Self {
            database,
            read_archive,
            archives,
            in_use: AtomicBool::new(false),
        })
    }

    /// Whether there may be stubs. Where not, filters may leave them out of account.
    pub(crate) async fn in_use(&self) -> Result<bool, ReadError> {
        if self.in_use.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let note = note::read(&self.database).await.map_err(unavailable)?;
        self.in_use.fetch_or(note.is_some(), Ordering::Relaxed);
        Ok(note.is_some())
    }

    /// The documents whose stubs are at these positions, as they were before: the first of them,
    /// in the order that was asked for, at least one, and of no more than about 16 MiB together.
    ///
    /// # Errors
    /// [`ReadError::Archived`] if archived events are not to be read, or the first one cannot be
    /// had.
    pub(crate) async fn documents(&self, stubs: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        if self.read_archive {
            self.documents_anyway(stubs).await
        } else {
            let archived = |position: &Position| Err(archived(*position, REMEDY));
            stubs.first().map_or(Ok(Vec::new()), archived)
        }
    }

    /// As [`documents`](Self::documents), even if readers do not get them: for comparing a
    /// repeated append with the stored one.
    ///
    /// # Errors
    /// [`ReadError::Archived`] if the first one cannot be had.
    pub(crate) async fn documents_anyway(
        &self,
        stubs: &[Position],
    ) -> Result<Vec<Bytes>, ReadError> {
        let Some(first) = stubs.first() else {
            return Ok(Vec::new());
        };
        for again in [true, false] {
            for archive in &self.archives {
                let documents = self.from(archive, stubs).await?;
                if !documents.is_empty() {
                    return Ok(documents);
                }
            }
            if again {
                SystemClock.sleep(A_MOMENT).await;
            }
        }
        Err(archived(*first, NOT_HERE))
    }

    /// The archived document that holds the event with this id, if it is in the collection.
    pub(crate) async fn event_document(&self, id: EventId) -> Result<Option<Bytes>, ReadError> {
        if !self.read_archive || !self.in_use().await? {
            return Ok(None);
        }
        let collection = ArchiveCollection::new(self.database.clone());
        collection.with_event(id).await.map_err(unavailable)
    }

    /// The documents that one archive has, up to the first that it has not.
    async fn from(&self, archive: &Target, stubs: &[Position]) -> Result<Vec<Bytes>, ReadError> {
        let mut found = archive.get(stubs).await.map_err(unreadable(stubs))?;
        let first = |found: &[Stored]| found.iter().any(|stored| stored.extent.first == stubs[0]);
        if !first(&found) && found.len() < stubs.len() {
            // It may have been the one too much for a reply.
            found = archive.get(&stubs[..1]).await.map_err(unreadable(stubs))?;
        }
        let at = |position: &Position| {
            let at = found.binary_search_by_key(position, |stored| stored.extent.first);
            at.ok().map(|at| found[at].bytes.clone())
        };
        Ok(stubs.iter().map_while(at).collect())
    }
}

fn archived(position: Position, remedy: &'static str) -> ReadError {
    ReadError::Archived { position, remedy }
}

fn unavailable(error: mongodb::error::Error) -> ReadError {
    ReadError::Unavailable {
        source: error.into(),
    }
}

fn unreadable(stubs: &[Position]) -> impl Fn(ArchiveError) -> ReadError {
    let position = stubs.first().copied().unwrap_or_default();
    move |error| match error {
        ArchiveError::Read(error) => error,
        ArchiveError::Damaged { .. } => ReadError::Corrupt {
            position,
            source: error.into(),
        },
        _ => ReadError::Unavailable {
            source: error.into(),
        },
    }
}
