//! The bounded way to the committer.

use std::sync::Arc;
use std::time::Duration;

use es_core::{Append, AppendError, AppendId, Appended, BoxError, ExpectedVersion, NewEvent};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::job::{Extra, Job};
use crate::error::CloseError;
use crate::layout::encode::EncodedAppend;

/// The committer's end.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) appends: mpsc::Receiver<Box<Job>>,
    /// Not behind the appends: it must be heard however many of those wait.
    pub(crate) closings: mpsc::Receiver<CloseReply>,
}

/// Is told when the store is closed.
pub(crate) type CloseReply = oneshot::Sender<Result<(), CloseError>>;

/// The callers' end.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    appends: mpsc::Sender<Box<Job>>,
    closings: mpsc::Sender<CloseReply>,
    room: Arc<Semaphore>,
    most_bytes: u32,
    patience: Duration,
    abilities: Abilities,
}

/// What this namespace can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Abilities {
    /// The server has transactions.
    pub(crate) transactions: bool,
    /// There is a unique index on append ids.
    pub(crate) append_ids: bool,
    /// Each append carries a hash.
    pub(crate) chained: bool,
}

/// Why an append did not get an answer.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("the store is closed")]
    Closed,
    #[error("no answer from the server within {0:?}")]
    Patience(Duration),
    #[error("the writer of this store stopped")]
    Stopped,
}

impl Queue {
    pub(crate) fn new(
        appends: usize,
        bytes: usize,
        patience: Duration,
        abilities: Abilities,
    ) -> (Self, Queued) {
        let (sender, appends) = mpsc::channel(appends.max(1));
        let (closer, closings) = mpsc::channel(1);
        let most_bytes = u32::try_from(bytes.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let queue = Self {
            appends: sender,
            closings: closer,
            room: Arc::new(Semaphore::new(most_bytes as usize)),
            most_bytes,
            patience,
            abilities,
        };
        (queue, Queued { appends, closings })
    }

    /// Hands an append to the committer and waits for the answer.
    pub(crate) async fn append(
        &self,
        append: Append,
        extra: Option<Extra>,
    ) -> Result<Appended, AppendError> {
        append.refuse_personal()?;
        self.supports(&append, extra.is_some())?;
        let append_id = append.id();
        let deadline = Instant::now() + self.patience;
        let room = timeout_at(deadline, self.room(&append)).await;
        let room = room.map_err(|_| unavailable(Unanswered::Patience(self.patience)))??;
        let Abilities {
            append_ids,
            chained,
            ..
        } = self.abilities;
        let encoded = EncodedAppend::new(&append, append_ids, chained);
        if !encoded.fits() {
            return Err(AppendError::Unsupported {
                what: "take an append of over 16 MiB as BSON; split it",
            });
        }
        let (reply, mut answer) = oneshot::channel();
        let job = Job::new(append, encoded, extra, reply, room);
        let ticket = job.ticket.clone();
        let sent = timeout_at(deadline, self.appends.send(Box::new(job))).await;
        sent.map_err(|_| unavailable(Unanswered::Patience(self.patience)))?
            .map_err(|_| unavailable(Unanswered::Closed))?;
        match timeout_at(deadline, &mut answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(unanswered(append_id, ticket.give_up(), Unanswered::Stopped)),
            Err(_) => {
                let never_sent = ticket.give_up();
                // The answer may have come in this very moment.
                match answer.try_recv() {
                    Ok(answer) => answer,
                    Err(_) => {
                        let reason = Unanswered::Patience(self.patience);
                        Err(unanswered(append_id, never_sent, reason))
                    }
                }
            }
        }
    }

    pub(crate) async fn close(&self) -> Result<(), CloseError> {
        let (reply, closed) = oneshot::channel();
        if self.closings.send(reply).await.is_err() {
            return Ok(()); // closed before
        }
        closed.await.unwrap_or(Ok(()))
    }

    fn supports(&self, append: &Append, extra: bool) -> Result<(), AppendError> {
        let what = if !self.abilities.transactions && (append.writes().len() > 1 || extra) {
            "append to several streams at once, or together with other documents, on a standalone \
             server; make it a replica set (of one member, if need be)"
        } else if !self.abilities.append_ids && has_own_id(append) && !finds_itself(append) {
            "recognise an append id of the caller's on an append that expects no exact version; \
             open it with the index AppendIds, or expect an exact version"
        } else {
            return Ok(());
        };
        Err(AppendError::Unsupported { what })
    }

    /// Waits, in turn, for room; what is larger than the whole queue takes all of it.
    async fn room(&self, append: &Append) -> Result<OwnedSemaphorePermit, AppendError> {
        let bytes: usize = append.events().map(NewEvent::approximate_bytes).sum();
        let bytes = u32::try_from(bytes)
            .unwrap_or(u32::MAX)
            .min(self.most_bytes);
        Arc::clone(&self.room)
            .acquire_many_owned(bytes)
            .await
            .map_err(|_| unavailable(Unanswered::Closed))
    }
}

fn has_own_id(append: &Append) -> bool {
    append.events().next().map(|event| AppendId::from(event.id)) != Some(append.id())
}

/// Whether a repeat is found at the versions that the append expects, without an index.
fn finds_itself(append: &Append) -> bool {
    append.writes().iter().any(|write| {
        matches!(
            write.expected,
            ExpectedVersion::NoStream | ExpectedVersion::Exact(_)
        )
    })
}

fn unavailable(source: impl Into<BoxError>) -> AppendError {
    AppendError::Unavailable {
        source: source.into(),
    }
}

fn unanswered(append_id: AppendId, never_sent: bool, reason: Unanswered) -> AppendError {
    if never_sent {
        return unavailable(reason);
    }
    AppendError::Unknown {
        append_id,
        source: reason.into(),
    }
}
