//! All that goes on in one process: writers, readers and subscribers on some stores.

use es_core::Position;
use tokio::task::JoinSet;

use crate::{
    chance::Chance, opened::Opened, progress::Progress, readers, subscribers::Following, writers,
};

/// How many writers each store has.
const WRITERS: u64 = 4;

/// Tasks at work on one store.
#[derive(Debug)]
pub(crate) struct Work {
    opened: Opened,
    progress: Progress,
    writers: JoinSet<()>,
    readers: JoinSet<()>,
    following: Vec<Following>,
}

impl Work {
    /// Puts writers, a reader and a subscriber to work; the subscriber keeps a checkpoint if told.
    pub(crate) fn start(opened: Opened, seed: u64, keep_checkpoint: bool) -> Self {
        let progress = Progress::default();
        let name = opened.name.clone();
        let mut writers = JoinSet::new();
        for n in 0..WRITERS {
            let writer = format!("{name}-writer-{n}");
            let chance = Chance::new(seed, n);
            writers.spawn(writers::write(
                opened.clone(),
                writer,
                chance,
                progress.clone(),
            ));
        }
        let mut readers = JoinSet::new();
        let reader = format!("{name}-reader");
        let chance = Chance::new(seed, WRITERS);
        readers.spawn(readers::read(
            opened.clone(),
            reader,
            chance,
            progress.clone(),
        ));
        let subscriber = format!("{name}-subscriber");
        let chance = Chance::new(seed, WRITERS + 1);
        let following = Following::start(
            &opened,
            &subscriber,
            chance,
            keep_checkpoint,
            progress.clone(),
        );
        Self {
            opened,
            progress,
            writers,
            readers,
            following: vec![following],
        }
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Lets writers and readers come to their end: unknown appends are resolved after this.
    pub(crate) async fn finish_writing(&mut self) {
        self.progress.stop();
        while let Some(ended) = self.writers.join_next().await {
            self.note(ended);
        }
        while let Some(ended) = self.readers.join_next().await {
            self.note(ended);
        }
    }

    /// Lets the subscribers come to the end of the log, closes the store, and returns what went
    /// wrong.
    pub(crate) async fn finish(mut self, head: Position) -> Vec<String> {
        for following in self.following.drain(..) {
            if let Err(text) = following.finish(head).await {
                self.progress.problem(text);
            }
        }
        if let Err(text) = self.opened.close().await {
            self.progress.problem(text);
        }
        self.progress.problems()
    }

    fn note(&self, ended: Result<(), tokio::task::JoinError>) {
        if let Err(error) = ended {
            self.progress.problem(format!("a task ended: {error}"));
        }
    }
}
