//! A transaction that stands open until a test says how it ends.

use std::sync::Arc;

use es_store_mongo::mongodb::ClientSession;
use es_store_mongo::mongodb::error::{Error, Result};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::log::AT_MOST;

/// What is written with the append is nothing; it waits, with the append's documents inserted and
/// not committed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Gate(Arc<watch::Sender<State>>);

#[derive(Debug, Clone, Copy, Default)]
struct State {
    entered: bool,
    verdict: Option<Verdict>,
}

#[derive(Debug, Clone, Copy)]
enum Verdict {
    Commit,
    Abort,
}

impl Gate {
    /// For `append_with`.
    pub(crate) fn closure(
        &self,
    ) -> impl for<'s> Fn(&'s mut ClientSession) -> BoxFuture<'s, Result<()>> + Send + Sync + 'static
    {
        let gate = self.clone();
        move |_| {
            let gate = gate.clone();
            async move { gate.pass().await }.boxed()
        }
    }

    /// Waits until the transaction is open, and its documents are inserted.
    pub(crate) async fn entered(&self) {
        let mut state = self.0.subscribe();
        let entered = state.wait_for(|state| state.entered);
        timeout(AT_MOST, entered).await.unwrap().unwrap();
    }

    pub(crate) fn commit(&self) {
        self.decide(Verdict::Commit);
    }

    pub(crate) fn abort(&self) {
        self.decide(Verdict::Abort);
    }

    fn decide(&self, verdict: Verdict) {
        self.0.send_modify(|state| state.verdict = Some(verdict));
    }

    async fn pass(&self) -> Result<()> {
        self.0.send_modify(|state| state.entered = true);
        let mut state = self.0.subscribe();
        let decided = state.wait_for(|state| state.verdict.is_some()).await;
        match decided.unwrap().verdict {
            Some(Verdict::Commit) => Ok(()),
            _ => Err(Error::custom("the test says no")),
        }
    }
}
