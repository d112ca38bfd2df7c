//! The archive that is a file: BSON documents one after the other.

mod header;
mod unfinished;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use es_core::Position;

use self::header::Header;
use super::ArchiveError;
use super::documents::Stored;

/// How many bytes of documents are read at once.
const AT_ONCE: usize = 16 * 1024 * 1024;

/// A file of archived documents, and where in it each of them is.
///
/// Knowing that takes 16 bytes of memory a document.
#[derive(Debug)]
pub(super) struct ArchiveFile {
    path: PathBuf,
    file: File,
    /// Positions and offsets, sorted.
    index: Vec<(u64, u64)>,
    /// Up to here the file is known.
    end: u64,
}

impl ArchiveFile {
    /// Opens it for reading.
    pub(super) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = File::open(path).map_err(failed(path))?;
        Self::indexed(path, file)
    }

    /// Opens it for writing, makes it if it is missing, and keeps other runs away.
    ///
    /// What a run that died left [unfinished] at the end is cut off.
    pub(super) fn open_for_writing(path: &Path) -> Result<Self, ArchiveError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path).map_err(failed(path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ArchiveError::FileLocked { path: path.into() });
            }
            Err(TryLockError::Error(error)) => return Err(failed(path)(error)),
        }
        let archive = Self::indexed(path, file)?;
        let length = archive.file.metadata().map_err(failed(path))?.len();
        if length > archive.end {
            archive.file.set_len(archive.end).map_err(failed(path))?;
            archive.file.sync_all().map_err(failed(path))?;
        }
        sync_directory(path).map_err(failed(path))?;
        Ok(archive)
    }

    fn indexed(path: &Path, file: File) -> Result<Self, ArchiveError> {
        let mut archive = Self {
            path: path.into(),
            file,
            index: Vec::new(),
            end: 0,
        };
        archive.index_rest()?;
        Ok(archive)
    }

    /// Writes documents to the end and syncs. Those that are in it already are left out.
    pub(super) fn put(&mut self, documents: &[Stored]) -> Result<(), ArchiveError> {
        let mut bytes = Vec::new();
        for stored in documents {
            match self.offset(stored.extent.first) {
                Some(offset) => self.mend(offset, &stored.bytes)?,
                None => bytes.extend_from_slice(&stored.bytes),
            }
        }
        // If that fails: whole or not, the next run finds out.
        self.write(self.end, &bytes)?;
        self.index_rest()
    }

    /// Finishes a copy that a crash of the machine left unfinished. Anything else in the place of
    /// the original is left alone, and is found when the copies are compared.
    fn mend(&mut self, offset: u64, original: &[u8]) -> Result<(), ArchiveError> {
        let copy = self.read(offset)?;
        if !unfinished::is_copy_of(&copy, original) {
            return Ok(());
        }
        tracing::info!(
            offset,
            "an unfinished document in the archive is written again"
        );
        self.write(offset, original)
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<(), ArchiveError> {
        let failed = failed(&self.path);
        self.file.seek(SeekFrom::Start(offset)).map_err(&failed)?;
        self.file.write_all(bytes).map_err(&failed)?;
        self.file.sync_all().map_err(&failed)
    }

    /// The documents that begin at these positions, in order: those that are there, up to about
    /// 16 MiB together.
    pub(super) fn get(
        &mut self,
        positions: impl Iterator<Item = Position> + Clone,
    ) -> Result<Vec<Bytes>, ArchiveError> {
        if positions
            .clone()
            .any(|position| self.offset(position).is_none())
        {
            // It may have grown since.
            self.index_rest()?;
        }
        let mut documents = Vec::new();
        let mut read = 0;
        for position in positions {
            let Some(offset) = self.offset(position) else {
                continue;
            };
            if read >= AT_ONCE {
                break;
            }
            let document = self.read(offset)?;
            read += document.len();
            documents.push(document);
        }
        Ok(documents)
    }

    fn offset(&self, position: Position) -> Option<u64> {
        let found = self
            .index
            .binary_search_by_key(&position.get(), |(position, _)| *position);
        found.ok().map(|at| self.index[at].1)
    }

    fn read(&mut self, offset: u64) -> Result<Bytes, ArchiveError> {
        let failed = failed(&self.path);
        self.file.seek(SeekFrom::Start(offset)).map_err(&failed)?;
        let mut length = [0; 4];
        self.file.read_exact(&mut length).map_err(&failed)?;
        let size = u32::from_le_bytes(length);
        if !header::LENGTHS.contains(&u64::from(size)) {
            return Err(self.damaged(offset, "the length of a document is wrong"));
        }
        let mut document = vec![0; size as usize];
        document[..4].copy_from_slice(&length);
        self.file.read_exact(&mut document[4..]).map_err(&failed)?;
        Ok(document.into())
    }

    /// Reads on from where the index ends, up to the last document that is whole.
    fn index_rest(&mut self) -> Result<(), ArchiveError> {
        let failed = failed(&self.path);
        let length = self.file.metadata().map_err(&failed)?.len();
        if length <= self.end {
            return Ok(());
        }
        let zeros_from = unfinished::zeros_from(&self.file, self.end..length).map_err(&failed)?;
        self.file.seek(SeekFrom::Start(self.end)).map_err(&failed)?;
        let mut reader = BufReader::with_capacity(256 * 1024, &self.file);
        let mut found = Vec::new();
        let mut end = self.end;
        while let Some(header) = Header::read(&mut reader, length - end).map_err(&failed)? {
            let Some(position) = header.position() else {
                if header.is_unfinished(zeros_from.saturating_sub(end)) {
                    break;
                }
                return Err(self.damaged(end, "here no document of an event begins"));
            };
            if header.size() > length - end {
                break;
            }
            reader.seek_relative(header.rest()).map_err(&failed)?;
            found.push((position, end));
            end += header.size();
        }
        if let Some(&(_, last)) = found.last().filter(|_| zeros_from < end)
            && !unfinished::is_well_formed(&self.read(last)?)
        {
            found.pop();
            end = last;
        }
        self.index.append(&mut found);
        self.index.sort_unstable();
        self.index.dedup_by_key(|(position, _)| *position);
        self.end = end;
        Ok(())
    }

    fn damaged(&self, offset: u64, what: &'static str) -> ArchiveError {
        let path = self.path.clone();
        ArchiveError::Damaged { path, offset, what }
    }
}

/// A process that is just being started by this one holds a copy of the lock for a moment, so closing
/// the file alone may release it late.
impl Drop for ArchiveFile {
    fn drop(&mut self) {
        // Of a file that is only read it has no effect.
        let _ = self.file.unlock();
    }
}

/// A file that was made is durable only once its directory is.
fn sync_directory(path: &Path) -> io::Result<()> {
    let Some(directory) = path.parent().filter(|_| cfg!(unix)) else {
        return Ok(());
    };
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    File::open(directory)?.sync_all()
}

fn failed(path: &Path) -> impl Fn(io::Error) -> ArchiveError + use<> {
    let path = path.to_path_buf();
    move |source| ArchiveError::File {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests;
