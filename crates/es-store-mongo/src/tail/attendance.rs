//! Who needs a background task: it starts with the first, and ends some time after the last.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Counts those who need a task, and decides together with the task when it ends, so that
/// nobody comes in between and finds none.
#[derive(Debug, Default)]
pub(super) struct Attendance {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    present: usize,
    running: bool,
    left_at: Option<Instant>,
}

impl Attendance {
    /// Someone comes; whether the task has to be started.
    #[must_use]
    pub(super) fn enter(&self) -> bool {
        let mut state = self.state();
        state.present += 1;
        !std::mem::replace(&mut state.running, true)
    }

    pub(super) fn leave(&self) {
        let mut state = self.state();
        state.present = state.present.saturating_sub(1);
        state.left_at = Some(Instant::now());
    }

    pub(super) fn anybody(&self) -> bool {
        self.state().present > 0
    }

    /// Whether the task is to end since nobody was there for `linger`. If so it counts as ended.
    pub(super) fn ends(&self, linger: Duration) -> bool {
        let mut state = self.state();
        let long_gone = state.left_at.is_none_or(|left| left.elapsed() >= linger);
        if state.present == 0 && long_gone {
            state.running = false;
        }
        !state.running
    }

    /// The task has ended, however that came about.
    pub(super) fn ended(&self) {
        self.state().running = false;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINGER: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn the_task_is_started_once_and_outlives_the_last_for_a_while() {
        let attendance = Attendance::default();
        assert!(attendance.enter() && !attendance.enter());
        attendance.leave();
        tokio::time::advance(LINGER).await;
        assert!(attendance.anybody() && !attendance.ends(LINGER));
        attendance.leave();
        assert!(!attendance.anybody() && !attendance.ends(LINGER));
        tokio::time::advance(LINGER).await;
        assert!(attendance.ends(LINGER));
        assert!(attendance.enter(), "the next one starts it again");
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_while_it_lingers_keeps_it() {
        let attendance = Attendance::default();
        assert!(attendance.enter());
        attendance.leave();
        tokio::time::advance(LINGER / 2).await;
        assert!(!attendance.enter());
        tokio::time::advance(LINGER).await;
        assert!(!attendance.ends(LINGER));
    }
}
