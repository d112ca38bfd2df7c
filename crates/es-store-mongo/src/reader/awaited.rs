//! Who waits for new events is served first, and told the end of the log later.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use es_core::Position;

/// How many positions are remembered, of as many subscribers.
const REMEMBERED: usize = 256;

/// The positions behind which somebody waited for events.
///
/// A page for them comes from memory, and leaves open whether the log ends behind it: finding that
/// out takes a round trip, which the events need not wait for. All others are told in one go.
#[derive(Debug, Default)]
pub(crate) struct Awaited(Mutex<VecDeque<Position>>);

impl Awaited {
    /// Somebody waited for events after this position.
    pub(crate) fn note(&self, after: Position) {
        let mut positions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if positions.len() == REMEMBERED {
            positions.pop_front();
        }
        positions.push_back(after);
    }

    /// Whether somebody waited there and has not read since.
    pub(super) fn take(&self, after: Position) -> bool {
        let mut positions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = positions.iter().position(|position| *position == after);
        at.and_then(|at| positions.remove(at)).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_serves_one_read() {
        let awaited = Awaited::default();
        awaited.note(Position::new(7));
        awaited.note(Position::new(7));
        let served = [7, 8, 7, 7].map(|position| awaited.take(Position::new(position)));
        assert_eq!(served, [true, false, true, false]);
    }

    #[test]
    fn the_newest_positions_are_remembered() {
        let awaited = Awaited::default();
        for position in 1..=1_000 {
            awaited.note(Position::new(position));
        }
        assert!(awaited.take(Position::new(1_000)));
        assert!(!awaited.take(Position::new(1)));
    }
}
