//! The physical ceiling of durable appends: one file and one `fdatasync` per batch.
//!
//! A record is `length u32, crc32c u32, content, position u64`; the checksum is over the content
//! and the position. The file is filled with zeros before the run, so that a sync has no metadata
//! of the file system to write. There is no segment, no recovery and no reading: what a store adds
//! to this is its price.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use es_core::BoxError;

use crate::Failure;
use crate::group_commit::{GroupCommit, Journal, Placed};
use crate::target::Target;
use crate::traffic::Work;

/// By how much the file grows if it was made too small.
const GROWTH: u64 = 64 * 1024 * 1024;

/// The raw log.
#[derive(Debug, Clone)]
pub struct RawLog {
    writer: GroupCommit,
}

impl RawLog {
    /// Makes a log in a directory, with space for so many bytes.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn create(directory: &Path, bytes: u64) -> Result<Self, Failure> {
        let file = LogFile::create(&directory.join("raw.log"), bytes)
            .map_err(Failure::broken("make the raw log"))?;
        let writer = GroupCommit::start(file)?;
        Ok(Self { writer })
    }

    /// Ends the writer thread.
    pub fn close(self) {
        self.writer.close();
    }
}

impl Target for RawLog {
    async fn append(&self, work: Work) -> Result<(), Failure> {
        self.writer.append(work).await
    }
}

struct LogFile {
    file: File,
    written: u64,
    prepared: u64,
    /// The batch that is being written; kept for its space.
    buffer: Vec<u8>,
}

impl LogFile {
    fn create(path: &Path, bytes: u64) -> io::Result<Self> {
        let file = File::create_new(path)?;
        let (written, prepared, buffer) = (0, 0, Vec::new());
        let mut log = Self {
            file,
            written,
            prepared,
            buffer,
        };
        log.prepare(bytes)?;
        Ok(log)
    }

    /// Appends zeros to the file, and goes back to where to write.
    fn prepare(&mut self, bytes: u64) -> io::Result<()> {
        let zeros = vec![0; 1024 * 1024];
        self.file.seek(SeekFrom::End(0))?;
        for _ in 0..bytes.div_ceil(zeros.len() as u64) {
            self.file.write_all(&zeros)?;
            self.prepared += zeros.len() as u64;
        }
        self.file.sync_all()?;
        self.file.seek(SeekFrom::Start(self.written))?;
        Ok(())
    }

    fn frame(&mut self, placed: &Placed) {
        let content = &placed.record.bytes;
        let position = placed.last.get().to_le_bytes();
        let checksum = crc32c::crc32c_append(crc32c::crc32c(content), &position);
        let length = (content.len() + position.len()) as u32;
        self.buffer.extend_from_slice(&length.to_le_bytes());
        self.buffer.extend_from_slice(&checksum.to_le_bytes());
        self.buffer.extend_from_slice(content);
        self.buffer.extend_from_slice(&position);
    }
}

impl Journal for LogFile {
    fn write(&mut self, batch: &[Placed]) -> Result<(), BoxError> {
        self.buffer.clear();
        for placed in batch {
            self.frame(placed);
        }
        let bytes = self.buffer.len() as u64;
        if self.written + bytes > self.prepared {
            self.prepare(GROWTH.max(bytes))?;
        }
        self.file.write_all(&self.buffer)?;
        self.file.sync_data()?;
        self.written += bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::{AppendSize, Shape, Writer};

    #[tokio::test]
    async fn what_is_acknowledged_is_in_the_file_under_its_checksum() {
        let directory = tempfile::tempdir().unwrap();
        let log = RawLog::create(directory.path(), 1).unwrap();
        let shape = Shape::new(AppendSize::exactly(2), 205).unwrap();
        let mut writer = Writer::new(&shape, 0).unwrap();
        for _ in 0..3 {
            log.append(writer.next_work().unwrap()).await.unwrap();
        }
        log.close();
        let file = std::fs::read(directory.path().join("raw.log")).unwrap();
        assert_eq!(positions(&file), [2, 4, 6]);
    }

    #[tokio::test]
    async fn an_unexpected_version_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let log = RawLog::create(directory.path(), 1).unwrap();
        let shape = Shape::new(AppendSize::exactly(1), 205).unwrap();
        let work = Writer::new(&shape, 0).unwrap().next_work().unwrap();
        log.append(work.clone()).await.unwrap();
        assert!(log.append(work).await.is_err());
    }

    fn positions(mut file: &[u8]) -> Vec<u64> {
        let mut positions = Vec::new();
        loop {
            let (length, rest) = file.split_first_chunk::<4>().unwrap();
            let length = u32::from_le_bytes(*length) as usize;
            if length == 0 {
                return positions;
            }
            let (checksum, rest) = rest.split_first_chunk::<4>().unwrap();
            assert_eq!(
                crc32c::crc32c(&rest[..length]),
                u32::from_le_bytes(*checksum)
            );
            let position = rest[length - 8..length].try_into().unwrap();
            positions.push(u64::from_le_bytes(position));
            file = &rest[length..];
        }
    }
}
