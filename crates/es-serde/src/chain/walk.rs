//! The hashes computed anew, append by append.

use es_core::chain::ChainLink;
use es_core::{MAX_APPEND_EVENTS, Position, RecordedEvent};

use super::ChainError;

/// How far the history was read and compared.
pub(super) struct Walk {
    /// The last link up to which it holds.
    reached: ChainLink,
    /// The events after it, up to the next link.
    append: Vec<RecordedEvent>,
}

impl Walk {
    pub(super) fn after(link: ChainLink) -> Self {
        Self {
            reached: link,
            append: Vec::new(),
        }
    }

    pub(super) fn reached(&self) -> ChainLink {
        self.reached
    }

    /// The last event that was taken.
    pub(super) fn position(&self) -> Position {
        self.reached.position.plus(self.append.len() as u64)
    }

    pub(super) fn take(&mut self, event: RecordedEvent) -> Result<(), ChainError> {
        let position = self.position().next();
        if event.position != position {
            return Err(ChainError::Missing { position });
        }
        // No append is longer, so there must have been a link.
        if self.append.len() == MAX_APPEND_EVENTS {
            return Err(ChainError::NoHash {
                after: self.reached.position,
            });
        }
        self.append.push(event);
        Ok(())
    }

    /// The events that were taken end an append, and this is its link.
    pub(super) fn compare(&mut self, link: ChainLink) -> Result<(), ChainError> {
        let hash = self.reached.hash.then_append(&self.append);
        if hash != link.hash {
            return Err(ChainError::Broken {
                after: self.reached.position,
                up_to: link.position,
            });
        }
        self.append.clear();
        self.reached = link;
        Ok(())
    }
}
