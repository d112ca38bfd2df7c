//! One try to store the documents of a batch.

use std::sync::Arc;

use bytes::Bytes;

use super::batch::Batch;
use super::insert::insert_command;
use super::job::Extra;
use super::reply::{Outcome, operation_time};
use super::transaction;
use crate::database::Database;
use crate::shared::Shared;

/// The documents of a batch that are not known to be stored yet.
pub(super) struct Request {
    pub(super) documents: Vec<Bytes>,
    pub(super) extra: Option<Extra>,
    transactional: bool,
}

impl Request {
    /// The documents of a batch, without the first so many.
    pub(super) fn of(batch: &Batch, without: usize) -> Self {
        Self {
            documents: batch.documents[without..].to_vec(),
            extra: batch
                .entries
                .iter()
                .find_map(|entry| entry.job.extra.clone()),
            transactional: batch.transactional,
        }
    }
}

/// Sends the documents once.
pub(super) async fn attempt(shared: Arc<Shared>, request: Request) -> Outcome {
    if request.transactional {
        transaction::attempt(&shared.database, &request).await
    } else {
        insert(&shared.database, &request).await
    }
}

async fn insert(database: &Database, request: &Request) -> Outcome {
    let command = match insert_command(database.events(), &request.documents, false) {
        Ok(command) => command,
        Err(error) => return Outcome::RefusedAll(error),
    };
    match database.handle().run_raw_command(command).await {
        Ok(reply) => {
            if let Some(time) = operation_time(&reply) {
                database.saw(time);
            }
            Outcome::of_reply(&reply)
        }
        Err(error) => Outcome::of_error(error),
    }
}
