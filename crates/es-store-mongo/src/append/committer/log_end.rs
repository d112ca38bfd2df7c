//! Where the log ends, as far as is proven.

use std::sync::Arc;

use es_core::chain::ChainHash;
use es_core::{Position, Timestamp};
use tokio::time::timeout;

use super::super::attempt::NO_ANSWER;
use super::super::backoff::Backoff;
use super::Committer;
use crate::tail::Ring;

/// The last position of the log, committed by a majority: a batch may go right after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct LogEnd {
    pub(super) head: Position,
    /// Recorded times never go back behind this one.
    pub(super) recorded_at: Timestamp,
    /// All positions after this one were written by this process.
    pub(super) alone_since: Position,
    /// The hash there. Nothing if the log is not chained, or the hash is not known.
    pub(super) chain: Option<ChainHash>,
}

impl LogEnd {
    /// Somebody else wrote up to here.
    pub(super) fn found(&mut self, ring: &Ring) {
        if ring.head > self.head {
            self.head = ring.head;
            self.alone_since = ring.head;
            self.chain = ring.chain;
        }
        self.recorded_at = self.recorded_at.max(ring.at);
    }

    /// This process wrote up to here.
    pub(super) fn wrote(
        &mut self,
        head: Position,
        recorded_at: Timestamp,
        chain: Option<ChainHash>,
    ) {
        self.head = head;
        self.recorded_at = recorded_at;
        self.chain = chain;
    }
}

impl Committer {
    /// Makes sure that the end of the log is known; returns false if it cannot be read just now.
    pub(super) async fn find_log_end(&mut self) -> bool {
        if self.log_end.is_some() {
            return true;
        }
        let mut backoff = Backoff::new();
        loop {
            let shared = Arc::clone(&self.shared);
            let read = async move { shared.database.last_document().await };
            let read = self.meanwhile(timeout(NO_ANSWER, read));
            match read.await {
                Ok(Ok(Ok(last))) => {
                    self.log_end = Some(LogEnd {
                        head: last.head,
                        recorded_at: last.recorded_at,
                        alone_since: last.head,
                        chain: last.chain,
                    });
                    self.shared.hub.saw_head(last.head);
                    return true;
                }
                Ok(Ok(Err(error))) => tracing::warn!(%error, "the end of the log cannot be read"),
                Ok(Err(late)) => tracing::warn!(error = %late, "the end of the log cannot be read"),
                Err(error) => tracing::error!(%error, "reading the end of the log broke off"),
            }
            self.drop_given_up();
            if self.out_of_time() || (self.ready.is_empty() && self.away == 0) {
                return false;
            }
            let _ = self.meanwhile(backoff.pause()).await;
        }
    }

    /// Lets go of appends whose callers went away before anything was sent.
    fn drop_given_up(&mut self) {
        self.ready.retain(|job| !job.is_abandoned());
    }
}
