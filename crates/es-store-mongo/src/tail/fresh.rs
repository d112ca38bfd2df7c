//! A head that is true now, read once for all who ask at the same time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use es_core::{Position, ReadError};
use tokio::sync::oneshot;

use super::sources::TailSource;

/// Shares confirmed reads of the head: each answer comes from one that began after it was asked
/// for.
#[derive(Debug)]
pub(super) struct Fresh {
    source: Arc<dyn TailSource>,
    patience: Duration,
    asked: Arc<Mutex<Asked>>,
}

#[derive(Debug, Default)]
struct Asked {
    reading: bool,
    waiting: Vec<oneshot::Sender<Position>>,
}

impl Fresh {
    pub(super) fn new(source: Arc<dyn TailSource>, patience: Duration) -> Self {
        Self {
            source,
            patience,
            asked: Arc::default(),
        }
    }

    /// The head, as it is at some moment between call and return.
    pub(super) async fn head(&self) -> Result<Position, ReadError> {
        let (answer, waiting) = oneshot::channel();
        let first = {
            let mut asked = lock(&self.asked);
            asked.waiting.push(answer);
            !std::mem::replace(&mut asked.reading, true)
        };
        if first {
            let source = Arc::clone(&self.source);
            tokio::spawn(read(source, self.patience, Arc::clone(&self.asked)));
        }
        match waiting.await {
            Ok(head) => Ok(head),
            // The shared read failed. Errors cannot be shared: find out for oneself.
            Err(_) => self.source.confirmed_head(Duration::ZERO).await,
        }
    }
}

/// Reads as long as somebody waits for it.
async fn read(source: Arc<dyn TailSource>, patience: Duration, asked: Arc<Mutex<Asked>>) {
    let mut done = Done(Some(&asked));
    loop {
        let waiting = {
            let mut asked = lock(&asked);
            if asked.waiting.is_empty() {
                asked.reading = false;
                done.0 = None;
                return;
            }
            std::mem::take(&mut asked.waiting)
        };
        if let Ok(head) = source.confirmed_head(patience).await {
            for answer in waiting {
                let _ = answer.send(head);
            }
        }
    }
}

/// Turns away who waits if the task is torn down with its runtime.
struct Done<'a>(Option<&'a Mutex<Asked>>);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        if let Some(asked) = self.0 {
            *lock(asked) = Asked::default();
        }
    }
}

fn lock(asked: &Mutex<Asked>) -> MutexGuard<'_, Asked> {
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}
