//! The bare driver on the collection of a store: one insert for each append, and reads that make
//! nothing of what they get.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use es_core::{BoxError, StreamId};
use futures_util::StreamExt;
use mongodb::bson::{RawArrayBuf, RawDocument, RawDocumentBuf, doc};
use mongodb::options::ReadConcern;
use mongodb::raw_batch_cursor::{RawBatch, RawBatchCursor};
use mongodb::{Collection, Database};

use super::EVENTS;
use super::document::{commit, insert_command};
use crate::Failure;
use crate::target::{Ceiling, RawScan, Target};
use crate::traffic::Work;

/// How many documents the server may send at once.
const BATCH_DOCUMENTS: u32 = 5_000;

/// The driver, and nothing around it.
#[derive(Debug, Clone)]
pub struct BareDriver {
    database: Database,
    next: Arc<AtomicU64>,
}

impl BareDriver {
    /// On a database in which a store has made its collections.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self {
            database,
            next: Arc::new(AtomicU64::new(1)),
        }
    }

    fn events(&self) -> Collection<RawDocumentBuf> {
        self.database.collection(EVENTS)
    }

    async fn insert(&self, work: &Work) -> Result<u64, BoxError> {
        let events = work.events.len() as u64;
        let position = self.next.fetch_add(events, Ordering::Relaxed);
        let mut documents = RawArrayBuf::new();
        documents.push(commit(work, position, true));
        let command = insert_command(EVENTS, documents);
        let reply = self.database.run_raw_command(command).await?;
        if reply.contains_key("writeErrors") || reply.contains_key("writeConcernError") {
            return Err("the server refused a document".into());
        }
        Ok(position)
    }

    /// One insert; returns the position of its first event.
    pub(crate) async fn append_at(&self, work: &Work) -> Result<u64, Failure> {
        let inserted = self.insert(work).await;
        inserted.map_err(Failure::broken("insert by the bare driver"))
    }

    async fn find_stream(&self, stream: &StreamId) -> Result<u64, BoxError> {
        let mut cursor = self
            .events()
            .find(doc! { "s": stream.as_str() })
            .sort(doc! { "v": 1 })
            .read_concern(ReadConcern::majority())
            .batch()
            .await?;
        let mut last = 0;
        while let Some(batch) = cursor.next().await {
            last = end_of(&batch?, "v")?.unwrap_or(last);
        }
        Ok(last)
    }
}

/// Without an order among appends and without their positions being dense for readers: what a
/// durable insert costs.
impl Target for BareDriver {
    async fn append(&self, work: Work) -> Result<(), Failure> {
        self.append_at(&work).await?;
        Ok(())
    }
}

impl Ceiling for BareDriver {
    type Scan = CursorScan;

    async fn read_stream(&self, stream: &StreamId) -> Result<u64, Failure> {
        let found = self.find_stream(stream).await;
        found.map_err(Failure::broken("find a stream by the bare driver"))
    }

    fn scan(&self) -> CursorScan {
        CursorScan {
            events: self.events(),
            cursor: None,
            last: 0,
        }
    }
}

/// One cursor over everything, a batch at a time.
pub struct CursorScan {
    events: Collection<RawDocumentBuf>,
    cursor: Option<RawBatchCursor>,
    /// The position of the last event that was read.
    last: u64,
}

impl CursorScan {
    async fn next_batch(&mut self) -> Result<u64, BoxError> {
        let batch = match &mut self.cursor {
            Some(cursor) => cursor.next().await,
            None => {
                self.last = 0;
                let cursor = open(self.events.clone()).await?;
                self.cursor.insert(cursor).next().await
            }
        };
        let end = match batch {
            Some(batch) => end_of(&batch?, "_id")?,
            None => None,
        };
        let Some(end) = end else {
            self.cursor = None;
            return Ok(0);
        };
        let events = end - self.last;
        self.last = end;
        Ok(events)
    }
}

async fn open(events: Collection<RawDocumentBuf>) -> mongodb::error::Result<RawBatchCursor> {
    events
        .find(doc! {})
        .sort(doc! { "_id": 1 })
        .batch_size(BATCH_DOCUMENTS)
        .read_concern(ReadConcern::majority())
        .batch()
        .await
}

impl RawScan for CursorScan {
    async fn page(&mut self) -> Result<u64, Failure> {
        let batch = self.next_batch().await;
        batch.map_err(Failure::broken("scan by the bare driver"))
    }
}

impl std::fmt::Debug for CursorScan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CursorScan").finish_non_exhaustive()
    }
}

/// The position (`_id`) or version (`v`) of the last event of a batch, which is all that is looked
/// at.
fn end_of(batch: &RawBatch, first: &str) -> Result<Option<u64>, BoxError> {
    let mut last: Option<&RawDocument> = None;
    for document in batch.doc_slices()? {
        last = document?.as_document();
    }
    let Some(last) = last else {
        return Ok(None);
    };
    let end = last.get_i64(first)? + i64::from(last.get_i32("n")?) - 1;
    Ok(Some(end.cast_unsigned()))
}
