//! The archive that is a file: BSON documents one after the other.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use es_core::Position;

use super::ArchiveError;
use super::documents::Stored;

/// The bytes before the value of `_id`: length, type int64, name.
const HEADER: usize = 4 + 1 + 4;
const INT64_ID: &[u8; 5] = b"\x12_id\0";
/// The shortest document with an `_id`, and longer than any that the server takes.
const LENGTHS: std::ops::Range<u64> = HEADER as u64 + 9..64 * 1024 * 1024;
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
    /// What a run that died left half written at the end is cut off.
    pub(super) fn open_for_writing(path: &Path) -> Result<Self, ArchiveError> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(path);
        let file = file.map_err(failed(path))?;
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
            if self.offset(stored.extent.first).is_none() {
                bytes.extend_from_slice(&stored.bytes);
            }
        }
        let written = self
            .file
            .write_all(&bytes)
            .and_then(|()| self.file.sync_all());
        if let Err(error) = written {
            // Whole or not, the next run finds out.
            return Err(failed(&self.path)(error));
        }
        self.index_rest()
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
        if !LENGTHS.contains(&u64::from(size)) {
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
        self.file.seek(SeekFrom::Start(self.end)).map_err(&failed)?;
        let mut reader = BufReader::with_capacity(256 * 1024, &self.file);
        let mut found = Vec::new();
        let mut end = self.end;
        while let Some((position, size)) = entry(&mut reader, length - end).map_err(&failed)? {
            let Some(position) = position.filter(|_| LENGTHS.contains(&size)) else {
                return Err(self.damaged(end, "here no document of an event begins"));
            };
            if size > length - end {
                break;
            }
            let rest = size.cast_signed() - (HEADER as i64 + 8);
            reader.seek_relative(rest).map_err(&failed)?;
            found.push((position, end));
            end += size;
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

/// The position and length of the next document; nothing at the end, or where not even that is
/// whole. No position means that this is no document of events.
fn entry(reader: &mut impl Read, left: u64) -> io::Result<Option<(Option<u64>, u64)>> {
    let mut header = [0; HEADER + 8];
    if left < header.len() as u64 {
        return Ok(None);
    }
    reader.read_exact(&mut header)?;
    let mut length = [0; 4];
    length.copy_from_slice(&header[..4]);
    let mut position = [0; 8];
    position.copy_from_slice(&header[HEADER..]);
    let position = u64::try_from(i64::from_le_bytes(position)).ok();
    let position = position.filter(|_| &header[4..HEADER] == INT64_ID);
    Ok(Some((position, u64::from(u32::from_le_bytes(length)))))
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

fn failed(path: &Path) -> impl Fn(io::Error) -> ArchiveError {
    let path = path.to_path_buf();
    move |source| ArchiveError::File {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests;
