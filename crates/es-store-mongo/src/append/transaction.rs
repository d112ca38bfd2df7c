//! Documents of several streams, or together with documents of the user's: one transaction.

use mongodb::ClientSession;
use mongodb::bson::Document;
use mongodb::error::{Error, Result, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};

use super::attempt::Request;
use super::insert::insert_command;
use super::reply::Outcome;
use crate::database::Database;

/// How often a commit is asked for before the whole batch is sent again.
const COMMITS: usize = 3;

/// Inserts all or nothing at the same positions as without a transaction.
pub(super) async fn attempt(database: &Database, request: &Request) -> Outcome {
    let mut session = match begin(database).await {
        Ok(session) => session,
        Err(error) => return Outcome::before_commit(error),
    };
    let reply = insert(database, request, &mut session).await;
    let stopped = match reply {
        Err(error) => Some(Outcome::before_commit(error)),
        Ok(reply) => match Outcome::of_reply(&reply) {
            Outcome::Done => None,
            other => Some(other),
        },
    };
    let stopped = match (stopped, &request.extra) {
        (None, Some(extra)) => extra(&mut session).await.err().map(extra_failed),
        (stopped, _) => stopped,
    };
    if let Some(outcome) = stopped {
        // The server ends what cannot be aborted; the positions are free again after that.
        if let Err(error) = session.abort_transaction().await {
            tracing::debug!(%error, "a transaction was not aborted");
        }
        return outcome;
    }
    let outcome = commit(&mut session).await;
    if let Some(time) = session.operation_time() {
        database.saw(time);
    }
    outcome
}

async fn begin(database: &Database) -> Result<ClientSession> {
    let mut session = database.client().start_session().await?;
    let durable = WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .build();
    session
        .start_transaction()
        .read_concern(ReadConcern::snapshot())
        .write_concern(durable)
        .await?;
    Ok(session)
}

async fn insert(
    database: &Database,
    request: &Request,
    session: &mut ClientSession,
) -> Result<Document> {
    let command = insert_command(database.events(), &request.documents, true)?;
    database
        .handle()
        .run_raw_command(command)
        .session(session)
        .await
}

/// Repeating a commit is harmless: the server knows the transaction by its number.
async fn commit(session: &mut ClientSession) -> Outcome {
    let mut left = COMMITS;
    loop {
        left -= 1;
        match session.commit_transaction().await {
            Ok(()) => return Outcome::Done,
            Err(error) if left > 0 && error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {}
            Err(error) => return Outcome::Unknown(error),
        }
    }
}

/// A transient failure is the server's, and the whole is tried again; any other is the user's.
fn extra_failed(error: Error) -> Outcome {
    match Outcome::before_commit(error) {
        Outcome::Unknown(error) | Outcome::RefusedAll(error)
            if !error.contains_label(mongodb::error::TRANSIENT_TRANSACTION_ERROR) =>
        {
            Outcome::ExtraFailed(error)
        }
        other => other,
    }
}
