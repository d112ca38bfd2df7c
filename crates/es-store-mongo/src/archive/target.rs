//! Where archived documents are: in a collection or in a file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use es_core::Position;

use super::ArchiveError;
use super::collection::ArchiveCollection;
use super::documents::Stored;
use super::file::ArchiveFile;
use crate::database::Database;

/// An archive to write to and to read from.
#[derive(Debug, Clone)]
pub(super) enum Target {
    Collection(ArchiveCollection),
    File(Arc<Mutex<ArchiveFile>>),
}

impl Target {
    pub(super) fn collection(database: &Database) -> Self {
        Self::Collection(ArchiveCollection::new(database.clone()))
    }

    /// A file that is only read.
    pub(super) async fn file(path: &Path) -> Result<Self, ArchiveError> {
        let path = path.to_path_buf();
        let file = blocking(move || ArchiveFile::open(&path)).await?;
        Ok(Self::File(Arc::new(Mutex::new(file))))
    }

    /// A file that nobody else writes to.
    pub(super) async fn file_for_writing(path: &Path) -> Result<Self, ArchiveError> {
        let path = path.to_path_buf();
        let file = blocking(move || ArchiveFile::open_for_writing(&path)).await?;
        Ok(Self::File(Arc::new(Mutex::new(file))))
    }

    /// Copies documents into it, durably.
    pub(super) async fn put(&self, documents: &[Stored]) -> Result<(), ArchiveError> {
        match self {
            Self::Collection(collection) => collection.put(documents).await,
            Self::File(file) => {
                let (file, documents) = (Arc::clone(file), documents.to_vec());
                blocking(move || {
                    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                    file.put(&documents)
                })
                .await
            }
        }
    }

    /// The documents that begin at these positions, whatever their order, by position: of those
    /// that are there as many as fit about 16 MiB, at least one.
    pub(super) async fn get(&self, positions: &[Position]) -> Result<Vec<Stored>, ArchiveError> {
        let found = match self {
            Self::Collection(collection) => collection.get(positions.iter().copied()).await?,
            Self::File(file) => {
                let (file, mut positions) = (Arc::clone(file), positions.to_vec());
                positions.sort_unstable();
                blocking(move || {
                    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                    file.get(positions.into_iter())
                })
                .await?
            }
        };
        let found = found.into_iter();
        let found = found.map(|bytes| Stored::new(bytes, Position::START));
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Whether it holds exactly these documents.
    pub(super) async fn verify(&self, documents: &[Stored]) -> Result<(), ArchiveError> {
        let mut left = documents;
        while let Some(first) = left.first() {
            let positions: Vec<_> = left.iter().map(|stored| stored.extent.first).collect();
            let copies = self.get(&positions).await?;
            let missing = |stored: &Stored| ArchiveError::Missing {
                position: stored.extent.first,
            };
            if copies.is_empty() {
                return Err(missing(first));
            }
            for (original, copy) in left.iter().zip(&copies) {
                if copy.extent.first != original.extent.first {
                    return Err(missing(original));
                }
                if copy.bytes != original.bytes {
                    let position = original.extent.first;
                    return Err(ArchiveError::Differs { position });
                }
            }
            left = left.get(copies.len()..).unwrap_or_default();
        }
        Ok(())
    }
}

/// Work on files, in a thread where it blocks nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ArchiveError> + Send + 'static,
) -> Result<T, ArchiveError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| ArchiveError::Server {
        source: error.into(),
    })?
}
