//! The bell: rings when some process, this one included, has committed a batch.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::attendance::Attendance;
use super::sources::{NoRings, Ring, RingSource};

/// How long the change stream stays open after the last listener left.
const LINGER: Duration = Duration::from_secs(10);
/// For how long a ring says that its writer is at work.
const OF_LATE: Duration = Duration::from_secs(2);
/// Of so many writers the last ring is remembered.
const MOST_WRITERS: usize = 256;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A server that refuses is asked again, since rights may be given later.
const PAUSE_WHEN_REFUSED: Duration = Duration::from_secs(60);

/// One change stream, opened with the first listener and shared by all.
///
/// It starts at the present and is never resumed from the past: it only says that there is
/// something to read. While it is down, listeners have to look for themselves.
#[derive(Debug)]
pub(crate) struct Bell {
    source: Box<dyn RingSource>,
    state: watch::Sender<State>,
    roster: Mutex<HashMap<i64, (Ring, Instant)>>,
    listeners: Attendance,
    closed: AtomicBool,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    line: Line,
    /// How often it went up or down.
    changes: u64,
    rings: u64,
    /// Signs of life, rings included.
    beats: u64,
    newest: Option<Ring>,
}

/// Whether the bell can be heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Line {
    Up,
    /// It is being opened.
    #[default]
    Down,
    /// The server refuses; see [`NoRings::Refused`].
    Refused,
}

/// What a listener hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Ring(Ring),
    /// Nothing happened, and the bell would have told.
    Beat,
    /// It went up or down: between the two, rings may have been missed.
    Changed,
}

impl Bell {
    pub(super) fn new(source: impl RingSource + 'static) -> Self {
        Self {
            source: Box::new(source),
            state: watch::Sender::default(),
            roster: Mutex::default(),
            listeners: Attendance::default(),
            closed: AtomicBool::new(false),
        }
    }

    /// Listens from now on; opens the change stream if it is not open.
    ///
    /// Must be called within a runtime.
    pub(crate) fn listen(self: &Arc<Self>) -> BellListener {
        let seen = self.state.subscribe();
        if self.listeners.enter() {
            tokio::spawn(Arc::clone(self).run());
        }
        let last = *seen.borrow();
        BellListener {
            bell: Arc::clone(self),
            seen,
            last,
        }
    }

    /// Lets the change stream end, within about a second.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    async fn run(self: Arc<Self>) {
        let mut aborted = Aborted(Some(&self));
        let mut pause = FIRST_PAUSE;
        loop {
            let (error, rang) = self.ring_until_it_fails().await;
            let Some(error) = error else { break };
            pause = match error {
                NoRings::Refused(_) => PAUSE_WHEN_REFUSED,
                NoRings::Failed(_) if rang => FIRST_PAUSE,
                NoRings::Failed(_) => pause.min(LONGEST_PAUSE),
            };
            self.went_down(&error);
            if self.is_done_within(pause).await {
                break;
            }
            pause *= 2;
        }
        aborted.0 = None;
        self.mark(Line::Down);
    }

    /// Opens it and rings; returns what ended that, nothing if nobody listens any more, and
    /// whether it had worked before.
    async fn ring_until_it_fails(&self) -> (Option<NoRings>, bool) {
        let mut rings = match self.source.open().await {
            Ok(rings) => rings,
            Err(error) => return (Some(error), false),
        };
        let mut worked = false;
        loop {
            match rings.next().await {
                Ok(rings) => self.heard(&rings),
                Err(error) => return (Some(error), worked),
            }
            worked = true;
            if self.is_done() {
                return (None, worked);
            }
        }
    }

    fn heard(&self, rings: &[Ring]) {
        self.mark(Line::Up);
        self.note(rings);
        self.state.send_modify(|state| {
            state.beats += 1;
            if let Some(newest) = rings.last() {
                state.rings += 1;
                state.newest = Some(*newest);
            }
        });
    }

    /// Remembers who rang last for what, so that who lags misses no writer.
    fn note(&self, rings: &[Ring]) {
        let now = Instant::now();
        let mut roster = self.roster();
        roster.retain(|_, (_, at)| now.duration_since(*at) < OF_LATE);
        for ring in rings {
            if roster.len() < MOST_WRITERS || roster.contains_key(&ring.writer) {
                roster.insert(ring.writer, (*ring, now));
            }
        }
    }

    /// Each change leaves it whole, so a lock of a thread that panicked can be taken over.
    fn roster(&self) -> MutexGuard<'_, HashMap<i64, (Ring, Instant)>> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn went_down(&self, error: &NoRings) {
        let line = match error {
            NoRings::Refused(_) => Line::Refused,
            NoRings::Failed(_) => Line::Down,
        };
        let cause = std::error::Error::source(error).map(ToString::to_string);
        if self.mark(line) {
            tracing::warn!(%error, cause, "the bell is down; the head is read by a timer");
        } else {
            tracing::debug!(%error, cause, "the bell stays down");
        }
    }

    /// Whether that is news.
    fn mark(&self, line: Line) -> bool {
        self.state.send_if_modified(|state| {
            let news = state.line != line;
            state.line = line;
            state.changes += u64::from(news);
            news
        })
    }

    /// Whether the task ends. It has to, once this said so.
    fn is_done(&self) -> bool {
        self.listeners.ends(LINGER) || self.closed.load(Ordering::Acquire)
    }

    /// Waits, unless the task ends before that.
    async fn is_done_within(&self, duration: Duration) -> bool {
        const STEP: Duration = Duration::from_secs(1);
        let mut left = duration;
        while !left.is_zero() {
            let step = left.min(STEP);
            let _ = timeout(step, std::future::pending::<()>()).await;
            left -= step;
            if self.is_done() {
                return true;
            }
        }
        false
    }
}

/// Lets the next listener start the task again if this one was torn down with its runtime.
struct Aborted<'a>(Option<&'a Bell>);

impl Drop for Aborted<'_> {
    fn drop(&mut self) {
        if let Some(bell) = self.0 {
            bell.mark(Line::Down);
            bell.listeners.ended();
        }
    }
}

/// Hears the bell from the moment on when it was made.
#[derive(Debug)]
pub(crate) struct BellListener {
    bell: Arc<Bell>,
    seen: watch::Receiver<State>,
    last: State,
}

impl BellListener {
    /// Whether rings can be heard now. If not, look for yourself.
    #[cfg(test)]
    pub(super) fn is_up(&self) -> bool {
        self.line() == Line::Up
    }

    /// The last ring of each writer that rang of late.
    pub(crate) fn roster(&self) -> Vec<Ring> {
        let roster = self.bell.roster();
        let of_late = roster.values().filter(|(_, at)| at.elapsed() < OF_LATE);
        of_late.map(|(ring, _)| *ring).collect()
    }

    pub(super) fn line(&self) -> Line {
        self.seen.borrow().line
    }

    /// The newest ring since the last call, as soon as there is one; nothing each time the bell
    /// went down or came up, since rings may have been missed.
    ///
    /// # Cancel safety
    /// Dropping the future loses no ring.
    pub(crate) async fn next(&mut self) -> Option<Ring> {
        loop {
            match self.heard().await {
                Heard::Ring(ring) => return Some(ring),
                Heard::Changed => return None,
                Heard::Beat => {}
            }
        }
    }

    /// The next thing that happens; of several the most important.
    pub(super) async fn heard(&mut self) -> Heard {
        let last = self.last;
        let state = self
            .seen
            .wait_for(|now| now.changes != last.changes || now.beats != last.beats)
            .await
            .map(|state| *state);
        let Ok(state) = state else {
            // Cannot be: this listener holds the bell.
            return std::future::pending().await;
        };
        if state.changes != last.changes {
            self.last.changes = state.changes;
            return Heard::Changed;
        }
        self.last = state;
        match state.newest {
            Some(ring) if state.rings != last.rings => Heard::Ring(ring),
            _ => Heard::Beat,
        }
    }
}

impl Drop for BellListener {
    fn drop(&mut self) {
        self.bell.listeners.leave();
    }
}

#[cfg(test)]
mod tests;
