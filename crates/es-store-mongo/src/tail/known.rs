//! How far the log reaches at least.

use es_core::{Position, ReadError};
use tokio::sync::watch;

/// The newest head that this process has evidence of, for all who wait for a newer one.
#[derive(Debug)]
pub(super) struct Known {
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    head: Position,
    open: bool,
}

impl Known {
    pub(super) fn new() -> Self {
        let state = State {
            head: Position::START,
            open: true,
        };
        Self {
            state: watch::Sender::new(state),
        }
    }

    pub(super) fn head(&self) -> Position {
        self.state.borrow().head
    }

    pub(super) fn is_open(&self) -> bool {
        self.state.borrow().open
    }

    /// The head, unless the store was closed.
    pub(super) fn check(&self) -> Result<Position, ReadError> {
        let state = *self.state.borrow();
        state.open.then_some(state.head).ok_or(ReadError::Closed)
    }

    /// Events up to `head` are committed; whether that is news.
    pub(super) fn saw(&self, head: Position) -> bool {
        self.state.send_if_modified(|state| {
            let news = head > state.head;
            state.head = head.max(state.head);
            news
        })
    }

    pub(super) fn close(&self) {
        self.state.send_modify(|state| state.open = false);
    }

    /// Returns once an event after `position` is known.
    pub(super) async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        let mut changes = self.state.subscribe();
        let state = changes
            .wait_for(|state| !state.open || state.head > position)
            .await;
        match state {
            Ok(state) if state.open => Ok(()),
            _ => Err(ReadError::Closed),
        }
    }
}
