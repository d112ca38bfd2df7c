//! The writer thread: takes what waits, writes it at once, syncs once, answers.

mod answers;
mod checkpoints;
mod documents;
mod heads;
mod health;
mod place;
mod recent;
mod repeat;
mod snapshots;
mod staged;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use es_core::Clock;
use tokio::sync::oneshot;

use self::heads::Heads;
use self::health::Health;
use self::recent::Recent;
use self::staged::Staged;
use crate::directory::Directory;
use crate::engine::OpenEngine;
use crate::error::CloseError;
use crate::mark::Mark;
use crate::options::EmbeddedOptions;
use crate::queue::{Job, Jobs};
use crate::shared::Shared;
use crate::totals::Totals;

/// The one place where anything is written.
///
/// The fields are dropped in this order: the engine is closed before the directory is unlocked.
pub(crate) struct Committer {
    jobs: Jobs,
    state: State,
    closed: Option<oneshot::Sender<Result<(), CloseError>>>,
    _ending: Ending,
    directory: Option<Directory>,
}

/// What the writer knows and works with.
struct State {
    shared: Arc<Shared>,
    open_engine: OpenEngine,
    mark: Option<Mark>,
    clock: Arc<dyn Clock>,
    limits: Limits,
    heads: Heads,
    recent: Recent,
    staged: Staged,
    /// What is durable.
    totals: Totals,
    health: Health,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    commit_events: usize,
    commit_bytes: usize,
    reserve_bytes: u64,
    event_ids: bool,
}

/// Turns readers away when the thread ends, however it ends.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Committer {
    pub(crate) fn new(
        jobs: Jobs,
        shared: Arc<Shared>,
        open_engine: OpenEngine,
        mark: Option<Mark>,
        directory: Option<Directory>,
        options: &EmbeddedOptions,
    ) -> Self {
        let limits = Limits {
            commit_events: options.commit_events.max(1),
            commit_bytes: options.commit_bytes.max(1),
            reserve_bytes: options.reserve_bytes,
            event_ids: options.event_ids,
        };
        let totals = shared.durable().totals;
        let state = State {
            shared: Arc::clone(&shared),
            open_engine,
            mark,
            clock: Arc::clone(&options.clock),
            limits,
            heads: Heads::new(options.cache_streams),
            recent: Recent::after(totals.appends),
            staged: Staged::after(totals),
            totals,
            health: Health::Up,
        };
        Self {
            jobs,
            state,
            closed: None,
            _ending: Ending(shared),
            directory,
        }
    }

    /// Runs until the store is closed or the last handle is dropped.
    pub(crate) fn run(mut self) {
        while let Some(job) = self.jobs.blocking_recv() {
            self.state.begin();
            self.stage(job);
            while self.state.has_room() {
                let Ok(job) = self.jobs.try_recv() else { break };
                self.stage(job);
            }
            self.state.commit();
        }
        self.finish();
    }

    fn stage(&mut self, job: Job) {
        match job {
            Job::Append(job) => self.state.append(*job),
            Job::Checkpoint(job) => self.state.checkpoint(job),
            Job::Document(job) => self.state.document(job),
            Job::Snapshot(job) => self.state.snapshot(job),
            Job::Close(reply) => {
                // What waits is still written; nothing more is taken.
                self.jobs.close();
                self.closed = Some(reply);
            }
        }
    }

    /// Everything acknowledged is durable already: what is left is to say so, and to let go.
    fn finish(mut self) {
        self.state.shared.close();
        let noted = self.state.note_closed().map_err(|source| {
            let path = self.state.shared.path.clone();
            CloseError {
                path,
                source: source.into(),
            }
        });
        self.state.mark = None;
        self.directory = None;
        if let Some(reply) = self.closed.take() {
            let _ = reply.send(noted);
        }
    }
}

impl State {
    /// Whether another job fits into this commit.
    fn has_room(&self) -> bool {
        self.staged.events < self.limits.commit_events
            && self.staged.bytes < self.limits.commit_bytes
    }

    fn path(&self) -> &Path {
        &self.shared.path
    }

    fn note_closed(&mut self) -> std::io::Result<()> {
        // A store that failed may hold more than is known: the next open finds out.
        match &mut self.mark {
            Some(mark) if self.health.is_up() => mark.note_closed(&self.totals),
            _ => Ok(()),
        }
    }
}
