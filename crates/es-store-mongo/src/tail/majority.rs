//! Reads of the end of the log, committed by a majority.
//!
//! They go through the client for following, whose short time-outs let them find a new primary
//! within two seconds.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use es_core::{Position, ReadError};
use mongodb::bson::{RawDocumentBuf, cstr, doc, rawdoc};
use tokio::time::timeout;

use super::sources::TailSource;
use crate::command;
use crate::connect::server::has_one_member;
use crate::database::Database;
use crate::extent::Extent;
use crate::reader::patience::patiently;
use crate::shared::detached;

/// How many documents are fetched at once for those who wait.
const AT_ONCE: i32 = 2_000;
/// How long a majority may take to confirm a read before another primary is looked for.
const CONFIRM_PATIENCE: Duration = Duration::from_secs(1);
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
                command::find_attached(&database, database.tail_handle(), concern, command).await
            }
        };
        patiently(patience, attempt).await
    }

    /// Nobody else can be the primary of a set of one member. Its confirmation would wait for the
    /// next flush of its journal, a tenth of a second.
    async fn is_alone(&self, patience: Duration) -> bool {
        if !self.database.facts().has_one_member {
            return false;
        }
        let database = self.database.clone();
        let hello = detached(async move {
            let hello = doc! { "hello": 1 };
            database.tail_handle().run_command(hello).await
        });
        // A dead connection never answers: then the read itself finds another.
        let hello = timeout(patience.min(CONFIRM_PATIENCE), hello).await;
        hello.is_ok_and(|hello| hello.is_ok_and(|hello| has_one_member(&hello)))
    }

    /// The server writes nothing into the log for this: it has a majority confirm an entry of its
    /// oplog that does nothing, which only the primary of now can.
    async fn find_confirmed(
        &self,
        command: RawDocumentBuf,
        patience: Duration,
    ) -> Result<Vec<Bytes>, ReadError> {
        let attempt = |left: Duration| {
            let (database, mut command) = (self.database.clone(), command.clone());
            let concern = match database.is_replica_set() {
                true => rawdoc! { "level": "linearizable" },
                false => rawdoc! { "level": "local" },
            };
            let left = left
                .clamp(Duration::from_millis(1), CONFIRM_PATIENCE)
                .as_millis();
            command.append(cstr!("maxTimeMS"), i64::try_from(left).unwrap_or(i64::MAX));
            async move {
                command::find_attached(&database, database.tail_handle(), concern, command).await
            }
        };
        patiently(patience, attempt).await
    }

    fn last(&self) -> RawDocumentBuf {
        rawdoc! {
            "find": self.database.events(),
            "sort": { "_id": -1 },
            "limit": 1,
            "projection": { "_id": 1, "n": 1, "at": 1 },
        }
    }
}

/// Where the log ends, of what was found by [`MajorityTail::last`].
fn end_of(found: &[Bytes]) -> Result<Position, ReadError> {
    let Some(last) = found.first() else {
        return Ok(Position::START);
    };
    Ok(Extent::stored(last)?.last())
}

#[async_trait]
impl TailSource for MajorityTail {
    async fn read_head(&self, patience: Duration) -> Result<Position, ReadError> {
        end_of(&self.find(self.last(), patience).await?)
    }

    async fn confirmed_head(&self, patience: Duration) -> Result<Position, ReadError> {
        if self.is_alone(patience).await {
            return self.read_head(patience).await;
        }
        end_of(&self.find_confirmed(self.last(), patience).await?)
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
