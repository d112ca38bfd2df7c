//! Subscribers: they follow the log, and now and then start again from an earlier place.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use es_core::{CheckpointName, CheckpointStore, Position};
use es_testkit::history::{RecordingStore, Subscriber};

use crate::{chance::Chance, opened::Opened, progress::Progress};

const CHECKPOINT: CheckpointName = CheckpointName::from_static("follower");
/// How long a subscriber may take to the end after everything is mended.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(30);

/// A subscriber at work.
#[derive(Debug)]
pub(crate) struct Following {
    name: String,
    at: Arc<AtomicU64>,
    task: tokio::task::JoinHandle<()>,
}

impl Following {
    /// Starts one at the beginning of the log, or where its checkpoint stands.
    pub(crate) fn start(
        opened: &Opened,
        name: &str,
        chance: Chance,
        keep: bool,
        progress: Progress,
    ) -> Self {
        let at = Arc::new(AtomicU64::new(0));
        let follower = Follower {
            store: opened.events.client(name),
            checkpoints: keep.then(|| opened.checkpoints.clone()),
            at: at.clone(),
            chance,
            progress,
            name: name.to_owned(),
        };
        Self {
            name: name.to_owned(),
            at,
            task: tokio::spawn(follower.run()),
        }
    }

    /// Waits until it was given everything up to here, and ends it.
    pub(crate) async fn finish(self, head: Position) -> Result<(), String> {
        let begin = Instant::now();
        let mut late = false;
        while self.at.load(Ordering::Relaxed) < head.get() && !late {
            late = begin.elapsed() > CATCH_UP_LIMIT;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.task.abort();
        if late {
            let (name, at) = (self.name, self.at.load(Ordering::Relaxed));
            return Err(format!("{name} is at {at}, and {head} is the end"));
        }
        Ok(())
    }
}

struct Follower {
    store: RecordingStore,
    checkpoints: Option<Arc<dyn CheckpointStore>>,
    at: Arc<AtomicU64>,
    chance: Chance,
    progress: Progress,
    name: String,
}

impl Follower {
    async fn run(mut self) {
        let mut saved = self.load().await;
        let mut subscriber = Subscriber::new(&self.store, saved);
        loop {
            match subscriber.next_batch().await {
                Ok(_) => {
                    let at = subscriber.position();
                    self.at.store(at.get(), Ordering::Relaxed);
                    saved = self.save(saved, at).await;
                    if self.chance.percent(1) && !self.progress.is_stopped() {
                        subscriber = self.again(at);
                    }
                }
                Err(error) if error.is_retryable() => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(error) => {
                    let name = &self.name;
                    return self.progress.problem(format!("{name}: {error}"));
                }
            }
        }
    }

    /// A new subscription that begins earlier.
    fn again(&mut self, at: Position) -> Subscriber {
        let back = self.chance.below(300);
        let after = Position::new(at.get().saturating_sub(back));
        Subscriber::new(&self.store, after)
    }

    async fn load(&self) -> Position {
        let Some(checkpoints) = &self.checkpoints else {
            return Position::START;
        };
        loop {
            if let Ok(position) = checkpoints.load_checkpoint(&CHECKPOINT).await {
                return position;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Moves the checkpoint forward, and returns where it stands.
    async fn save(&self, from: Position, to: Position) -> Position {
        match &self.checkpoints {
            Some(checkpoints) if to > from => {
                match checkpoints.save_checkpoint(&CHECKPOINT, from, to).await {
                    Ok(()) => to,
                    // It may have moved all the same.
                    Err(_) => self.load().await,
                }
            }
            _ => from,
        }
    }
}
