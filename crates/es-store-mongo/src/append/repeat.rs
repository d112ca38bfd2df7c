//! Appends that cannot be placed as they are: looked up, recognised as repeats, or refused.

use std::future::Future;
use std::sync::Arc;

use es_core::{
    AppendError, AppendId, Appended, ExpectedVersion, Position, ReadError, RecordedEvent,
    StreamAppended, StreamId, StreamVersion, VersionConflict,
};
use mongodb::error::Result;
use tokio::time::timeout;

use super::attempt::NO_ANSWER;
use super::backoff::Backoff;
use super::heads::Head;
use super::job::Job;
use super::lookup::{self, Owner};
use crate::reader;
use crate::shared::Shared;

/// Reads the versions of streams for a job, which then goes back to the committer.
pub(super) async fn look_up(
    shared: Arc<Shared>,
    mut job: Box<Job>,
    streams: Vec<StreamId>,
    known_at: Position,
) -> Option<Box<Job>> {
    let heads = patiently(&job, || lookup::heads(&shared, &streams, known_at)).await?;
    // What was read of its other streams before is kept: the cache may have forgotten it.
    job.looked_up
        .retain(|(stream, _)| !streams.contains(stream));
    job.looked_up.extend(heads);
    Some(job)
}

/// Answers an append that cannot happen: it happened before, or it is in conflict. Gives the job
/// back if it can happen after all.
pub(super) async fn settle(
    shared: Arc<Shared>,
    mut job: Box<Job>,
    hint: Option<Position>,
    known_at: Position,
) -> Option<Box<Job>> {
    // The heads before the owner: another copy of this append may be on its way, and what it leaves
    // behind is no conflict.
    let streams = streams(&job);
    let mut heads = patiently(&job, || lookup::heads(&shared, &streams, known_at)).await?;
    if conflict(&job, &heads).is_some_and(|conflict| may_pass(&conflict)) {
        // A primary of old may not know of what was expected. What is read after this is true now.
        patiently(&job, || shared.hub.fresh_head()).await?;
        heads = patiently(&job, || lookup::heads(&shared, &streams, known_at)).await?;
    }
    let owner = patiently(&job, || stored_owner(&shared, &job, hint)).await?;
    if let Some((_, first)) = owner {
        let stored = reader::append_at(&shared, first, job.append.writes().len()).await;
        let answer = match stored {
            Ok(stored) => repeated(&job, first, &stored),
            Err(error) => Err(not_compared(error)),
        };
        job.answer(answer);
        return None;
    }
    if let Some(conflict) = conflict(&job, &heads) {
        job.answer(Err(conflict.into()));
        return None;
    }
    job.looked_up = heads;
    Some(job)
}

fn conflict(job: &Job, heads: &[(StreamId, Head)]) -> Option<VersionConflict> {
    job.append.first_conflict(|stream| {
        let head = heads.iter().find(|(of, _)| of == stream);
        head.map_or(StreamVersion::EMPTY, |(_, head)| head.version)
    })
}

/// Whether the stream may come to what is expected. Versions only grow: what is passed stays passed.
fn may_pass(conflict: &VersionConflict) -> bool {
    match conflict.expected {
        ExpectedVersion::Exact(version) => conflict.actual < version,
        ExpectedVersion::Exists | ExpectedVersion::Any => true,
        ExpectedVersion::NoStream => false,
    }
}

/// Where this very append is stored, if it is: as far as that can be found out.
async fn stored_owner(shared: &Shared, job: &Job, hint: Option<Position>) -> Result<Option<Owner>> {
    let id = job.append.id();
    let is_it = |owner: &Owner| owner.0 == id;
    if let Some(hint) = hint {
        let owner = lookup::owner_of_position(shared, hint).await?;
        if let Some(owner) = owner.filter(is_it) {
            return Ok(Some(owner));
        }
    }
    if shared.database.has_append_ids() {
        return lookup::owner_of_id(shared, id).await;
    }
    for write in job.append.writes() {
        let before = match write.expected {
            ExpectedVersion::NoStream => StreamVersion::EMPTY,
            ExpectedVersion::Exact(version) => version,
            ExpectedVersion::Any | ExpectedVersion::Exists => continue,
        };
        let owner = lookup::owner_of_version(shared, &write.stream, before.next()).await?;
        // Had the append happened, it would be there: one such look is enough.
        return Ok(owner.filter(is_it));
    }
    Ok(None)
}

/// The answer of the first time, if it was the same append.
fn repeated(job: &Job, first: Position, stored: &[RecordedEvent]) -> Result2<Appended> {
    let again = job
        .append
        .writes()
        .iter()
        .flat_map(|write| write.events.iter().map(move |event| (&write.stream, event)));
    let same = stored.len() == job.append.event_count()
        && stored
            .iter()
            .zip(again)
            .all(|(old, (stream, new))| old.stream == *stream && old.is(new));
    if !same {
        let append_id: AppendId = job.append.id();
        return Err(AppendError::IdReused { append_id });
    }
    let mut streams: Vec<StreamAppended> = Vec::new();
    for event in stored {
        match streams.last_mut() {
            Some(last) if last.stream == event.stream => last.last_version = event.version,
            _ => streams.push(StreamAppended {
                stream: event.stream.clone(),
                first_version: event.version,
                last_version: event.version,
            }),
        }
    }
    Ok(Appended {
        first_position: first,
        last_position: stored.last().map_or(first, |event| event.position),
        streams,
        repeated: true,
    })
}

/// Why a stored append cannot be held against the one that was asked for.
fn not_compared(error: ReadError) -> AppendError {
    match error {
        ReadError::Archived { .. } => AppendError::Unsupported {
            what: "compare a repeat with events that were archived; open it with \
                   `read_archive(true)` and `archive_file` for each file of the archive",
        },
        ReadError::Corrupt { .. } | ReadError::Hole { .. } => AppendError::Corrupt {
            source: error.into(),
        },
        _ => AppendError::Unavailable {
            source: error.into(),
        },
    }
}

type Result2<T> = std::result::Result<T, AppendError>;

fn streams(job: &Job) -> Vec<StreamId> {
    let written = job.append.writes().iter().map(|write| &write.stream);
    let checked = job.append.checks().iter().map(|check| &check.stream);
    written.chain(checked).cloned().collect()
}

/// Reads until it works or the caller has gone.
async fn patiently<T, E, F>(job: &Job, read: impl Fn() -> F) -> Option<T>
where
    E: std::fmt::Display,
    F: Future<Output = std::result::Result<T, E>>,
{
    let mut backoff = Backoff::new();
    loop {
        let late = |_| Err("no answer from the server".to_owned());
        let answer = timeout(NO_ANSWER, read()).await;
        match answer.map_or_else(late, |answer| answer.map_err(|error| error.to_string())) {
            Ok(found) => return Some(found),
            Err(error) if job.is_abandoned() => {
                tracing::debug!(%error, "an append was given up");
                return None;
            }
            Err(error) => tracing::warn!(%error, "looking up an append failed; trying again"),
        }
        backoff.pause().await;
    }
}
