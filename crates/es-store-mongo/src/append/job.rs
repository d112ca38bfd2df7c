//! One append on its way.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use es_core::{Append, AppendError, Appended, StreamId};
use futures_util::future::BoxFuture;
use mongodb::ClientSession;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::Instant;

use super::heads::Head;
use crate::layout::encode::EncodedAppend;

/// What else is written in the transaction of an append.
pub(crate) type Extra = Arc<
    dyn for<'s> Fn(&'s mut ClientSession) -> BoxFuture<'s, mongodb::error::Result<()>>
        + Send
        + Sync,
>;

/// An append that waits for its place in the log.
pub(crate) struct Job {
    pub(crate) append: Append,
    pub(crate) encoded: EncodedAppend,
    pub(crate) extra: Option<Extra>,
    /// Heads that were read for this append after it had been called.
    pub(crate) looked_up: Vec<(StreamId, Head)>,
    /// When it first lost its place to another writer.
    pub(crate) held_up_since: Option<Instant>,
    pub(crate) ticket: Ticket,
    reply: oneshot::Sender<Result<Appended, AppendError>>,
    /// Given back when the append is done.
    _room: OwnedSemaphorePermit,
}

impl Job {
    pub(crate) fn new(
        append: Append,
        encoded: EncodedAppend,
        extra: Option<Extra>,
        reply: oneshot::Sender<Result<Appended, AppendError>>,
        room: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            append,
            encoded,
            extra,
            looked_up: Vec::new(),
            held_up_since: None,
            ticket: Ticket::default(),
            reply,
            _room: room,
        }
    }

    /// That nobody waits any more is no error.
    pub(crate) fn answer(self, result: Result<Appended, AppendError>) {
        let _ = self.reply.send(result);
    }

    /// Whether nobody waits for the answer any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    pub(crate) fn events(&self) -> usize {
        self.encoded
            .documents
            .iter()
            .map(|blank| blank.events as usize)
            .sum()
    }

    pub(crate) fn needs_transaction(&self) -> bool {
        self.encoded.documents.len() > 1 || self.extra.is_some()
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("append", &self.append.id())
            .finish_non_exhaustive()
    }
}

/// Decides between the caller, whose patience ends, and the committer, which is about to send:
/// an append that was given up before it was sent is certain not to have been written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ticket(Arc<AtomicU8>);

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Ticket {
    /// The committer is about to send it, unless the caller gave up.
    pub(crate) fn take(&self) -> bool {
        self.leave(TAKEN) != GIVEN_UP
    }

    /// The caller waits no longer; whether the append was certainly never sent.
    pub(crate) fn give_up(&self) -> bool {
        self.leave(GIVEN_UP) != TAKEN
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.0.load(Ordering::Acquire) == GIVEN_UP
    }

    /// Leaves the waiting state for another one; returns the state before.
    fn leave(&self, to: u8) -> u8 {
        self.0
            .compare_exchange(WAITING, to, Ordering::AcqRel, Ordering::Acquire)
            .unwrap_or_else(|state| state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_append_is_either_sent_or_given_up() {
        let sent = Ticket::default();
        assert!(sent.take() && !sent.give_up() && sent.take());
        let given_up = Ticket::default();
        assert!(given_up.give_up() && !given_up.take());
    }
}
