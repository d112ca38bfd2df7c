//! Reads of the end of the log, committed by a majority.
//!
//! They go through the client for following, whose short time-outs let them find a new primary
//! within two seconds.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use es_core::{Position, ReadError};
use mongodb::bson::{RawDocumentBuf, rawdoc};

use super::sources::TailSource;
use crate::command;
use crate::database::Database;
use crate::extent::Extent;
use crate::reader::patience::patiently;

/// How many documents are fetched at once for those who wait.
const AT_ONCE: i32 = 2_000;
/// Readers fetch for themselves what was not fetched for them.
const FETCH_PATIENCE: Duration = Duration::from_secs(2);

/// The collection of events, as the hub reads it.
#[derive(Debug)]
pub(super) struct MajorityTail {
    database: Database,
}

impl MajorityTail {
    pub(super) fn new(database: Database) -> Self {
        Self { database }
    }

    async fn find(
        &self,
        command: RawDocumentBuf,
        patience: Duration,
    ) -> Result<Vec<Bytes>, ReadError> {
        let attempt = |_| {
            let (database, command) = (self.database.clone(), command.clone());
            async move {
                let concern = database.read_concern();
                command::find_attached(database.tail_handle(), concern, command).await
            }
        };
        patiently(patience, attempt).await
    }
}

#[async_trait]
impl TailSource for MajorityTail {
    async fn read_head(&self, patience: Duration) -> Result<Position, ReadError> {
        let last = rawdoc! {
            "find": self.database.events(),
            "sort": { "_id": -1 },
            "limit": 1,
            "projection": { "_id": 1, "n": 1, "at": 1 },
        };
        let found = self.find(last, patience).await?;
        let Some(last) = found.first() else {
            return Ok(Position::START);
        };
        let extent = Extent::of_bytes(last).map_err(|error| ReadError::Corrupt {
            position: Position::MAX,
            source: error.into(),
        })?;
        Ok(extent.last())
    }

    async fn read_after(&self, position: Position) -> Result<Vec<Bytes>, ReadError> {
        let after = rawdoc! {
            "find": self.database.events(),
            "filter": { "_id": { "$gt": position.get().cast_signed() } },
            "sort": { "_id": 1 },
            "limit": AT_ONCE,
            "batchSize": AT_ONCE,
        };
        self.find(after, FETCH_PATIENCE).await
    }
}
