//! Documents of several streams, or together with documents of the user's: one transaction.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, Result, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::options::{Acknowledgment, ReadConcern, WriteConcern};
use tokio::time::timeout;

use super::attempt::{NO_ANSWER, Request, unanswered};
use super::insert::insert_command;
use super::job::Extra;
use super::reply::Outcome;
use crate::database::Database;
use crate::shared::detached;

/// How often a commit is asked for before the whole batch is sent again.
const COMMITS: usize = 3;

/// Inserts all or nothing at the same positions as without a transaction.
pub(super) async fn attempt(database: Database, request: Request) -> Outcome {
    let beginning = database.clone();
    let begun = timeout(NO_ANSWER, detached(async move { begin(&beginning).await })).await;
    let session = match begun {
        Ok(Ok(session)) => session,
        Ok(Err(error)) => return Outcome::before_commit(error),
        Err(_) => return unanswered(),
    };
    let id = session.id().clone();
    let patience = match request.extra {
        Some(_) => NO_ANSWER + request.patience,
        None => NO_ANSWER,
    };
    let writing = database.clone();
    let work = detached(async move { write(&writing, &request, session).await });
    match timeout(patience, work).await {
        Ok(outcome) => outcome,
        Err(_) => {
            tokio::spawn(end(database, id));
            unanswered()
        }
    }
}

/// Has the server end a transaction whose connection leads nowhere, and which would hold its
/// positions against everybody for as long as the server lets transactions live.
async fn end(database: Database, session: Document) {
    let command = doc! { "killSessions": [session] };
    if let Err(error) = database.handle().run_command(command).await {
        tracing::debug!(%error, "a transaction was not ended");
    }
}

async fn write(database: &Database, request: &Request, mut session: ClientSession) -> Outcome {
    let reply = insert(database, request, &mut session).await;
    let inserted = match reply {
        Err(error) => Outcome::before_commit(error),
        Ok(reply) => Outcome::of_reply(&reply),
    };
    if !matches!(inserted, Outcome::Done) {
        // The server has ended the transaction itself: nothing needs to wait for it to hear so.
        tokio::spawn(abort(session));
        return inserted;
    }
    if let Some(extra) = &request.extra
        && let Err(error) = run(extra, &mut session, request.patience).await
    {
        // The positions are held until this is done.
        abort(session).await;
        return extra_failed(error);
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

/// Runs what the user gave, for so long; a panic of it is a failure like any other.
async fn run(extra: &Extra, session: &mut ClientSession, patience: Duration) -> Result<()> {
    let running = AssertUnwindSafe(async { extra(session).await }).catch_unwind();
    match timeout(patience, running).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(Error::custom(
            "what was to be written with the append panicked",
        )),
        Err(_) => Err(Error::custom(
            "what was to be written with the append took longer than an append may",
        )),
    }
}

/// The server ends what cannot be aborted; the positions are free again after that.
async fn abort(mut session: ClientSession) {
    if let Err(error) = session.abort_transaction().await {
        tracing::debug!(%error, "a transaction was not aborted");
    }
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
