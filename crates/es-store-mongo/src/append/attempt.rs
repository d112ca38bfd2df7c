//! One try to store the documents of a batch.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mongodb::error::Error;
use tokio::time::timeout;

use super::batch::Batch;
use super::insert::insert_command;
use super::job::Extra;
use super::reply::{Outcome, operation_time};
use super::transaction;
use crate::database::Database;
use crate::shared::{Shared, detached};

/// How long an answer is waited for. A server that does not answer, or a connection that leads
/// nowhere, shows sooner by sending the same again.
pub(super) const NO_ANSWER: Duration = Duration::from_secs(5);

/// The documents of a batch that are not known to be stored yet.
pub(super) struct Request {
    pub(super) documents: Vec<Bytes>,
    pub(super) extra: Option<Extra>,
    /// How long that may take.
    pub(super) patience: Duration,
    transactional: bool,
}

impl Request {
    /// The documents of a batch, without the first so many.
    pub(super) fn of(batch: &Batch, without: usize, patience: Duration) -> Self {
        Self {
            documents: batch.documents[without..].to_vec(),
            extra: batch
                .entries
                .iter()
                .find_map(|entry| entry.job.extra.clone()),
            patience,
            transactional: batch.transactional,
        }
    }
}

/// Sends the documents once.
pub(super) async fn attempt(shared: Arc<Shared>, request: Request) -> Outcome {
    let database = shared.database.clone();
    if request.transactional {
        return transaction::attempt(database, request).await;
    }
    let work = detached(async move { insert(&database, &request).await });
    timeout(NO_ANSWER, work)
        .await
        .unwrap_or_else(|_| unanswered())
}

/// What is known when nothing was answered.
pub(super) fn unanswered() -> Outcome {
    Outcome::Unknown(Error::custom("no answer from the server"))
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
