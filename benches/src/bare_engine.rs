//! The bare storage engine: fjall with two keyspaces and nothing else.
//!
//! `log` maps the position of an append's last event to its record, `index` maps stream and
//! version to that position. One batch over both and one `fdatasync` for each group of appends.

use std::path::Path;

use es_core::{BoxError, Position, StreamId};
use fjall::{CompressionType, Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use crate::Failure;
use crate::group_commit::{GroupCommit, Journal, Placed};
use crate::target::{Ceiling, PageByPage, Pages, Target};
use crate::traffic::Work;

/// The bare engine.
#[derive(Clone)]
pub struct BareEngine {
    tables: Tables,
    writer: GroupCommit,
}

#[derive(Clone)]
struct Tables {
    database: Database,
    log: Keyspace,
    index: Keyspace,
}

impl BareEngine {
    /// Opens an empty database in a directory.
    ///
    /// # Errors
    /// If the engine cannot open it.
    pub fn open(directory: &Path) -> Result<Self, Failure> {
        let tables = Tables::open(directory).map_err(Failure::broken("open the bare engine"))?;
        let writer = GroupCommit::start(tables.clone())?;
        Ok(Self { tables, writer })
    }

    /// Ends the writer thread, and the database with it.
    pub fn close(self) {
        self.writer.close();
    }
}

impl std::fmt::Debug for BareEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BareEngine").finish_non_exhaustive()
    }
}

impl Target for BareEngine {
    async fn append(&self, work: Work) -> Result<(), Failure> {
        self.writer.append(work).await
    }
}

impl Ceiling for BareEngine {
    type Scan = PageByPage<Self>;

    async fn read_stream(&self, stream: &StreamId) -> Result<u64, Failure> {
        self.tables
            .read_stream(stream)
            .map_err(Failure::broken("read a stream from the bare engine"))
    }

    fn scan(&self) -> Self::Scan {
        PageByPage::new(self.clone())
    }
}

impl Pages for BareEngine {
    fn read_page(&self, after: Position, limit: usize) -> Result<Position, Failure> {
        self.tables
            .read_page(after, limit)
            .map_err(Failure::broken("scan the bare engine"))
    }
}

impl Tables {
    fn open(directory: &Path) -> Result<Self, fjall::Error> {
        let database = Database::builder(directory)
            .manual_journal_persist(true)
            .journal_compression(CompressionType::None)
            .open()?;
        let settings = || KeyspaceCreateOptions::default().manual_journal_persist(true);
        Ok(Self {
            log: database.keyspace("log", settings)?,
            index: database.keyspace("index", settings)?,
            database,
        })
    }

    /// One range over the index, and one look into the log for each append.
    fn read_stream(&self, stream: &StreamId) -> Result<u64, BoxError> {
        let mut events = 0;
        for entry in self.index.prefix(index_prefix(stream)) {
            let (_, place) = entry.into_inner()?;
            let (position, count) = place.split_at_checked(8).ok_or("a short index entry")?;
            self.log.get(position)?.ok_or("a record is missing")?;
            events += number(count)?;
        }
        Ok(events)
    }

    fn read_page(&self, after: Position, limit: usize) -> Result<Position, BoxError> {
        let mut last = after;
        for entry in self.log.range(after.next().get().to_be_bytes()..) {
            let (position, _record) = entry.into_inner()?;
            last = Position::new(number(&position)?);
            if last.get() - after.get() >= limit as u64 {
                break;
            }
        }
        Ok(last)
    }
}

impl Journal for Tables {
    fn write(&mut self, batch: &[Placed]) -> Result<(), BoxError> {
        let mut writes = self
            .database
            .batch()
            .durability(Some(PersistMode::SyncData));
        for Placed { record, last } in batch {
            let position = last.get().to_be_bytes();
            let mut place = position.to_vec();
            place.extend_from_slice(&record.events.to_be_bytes());
            let mut key = index_prefix(&record.stream);
            key.extend_from_slice(&record.version.get().to_be_bytes());
            writes.insert(&self.log, position, record.bytes.as_slice());
            writes.insert(&self.index, key, place);
        }
        Ok(writes.commit()?)
    }
}

fn index_prefix(stream: &StreamId) -> Vec<u8> {
    let mut key = stream.as_str().as_bytes().to_vec();
    key.push(0);
    key
}

fn number(bytes: &[u8]) -> Result<u64, BoxError> {
    Ok(u64::from_be_bytes(bytes.try_into()?))
}
