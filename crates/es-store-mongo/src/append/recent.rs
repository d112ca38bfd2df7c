//! The appends of late, so that a repeat to the same process is recognised without an index.

use std::collections::{HashMap, VecDeque};

use es_core::{AppendId, Position};

/// Append ids and first positions of the newest appends of this process.
#[derive(Debug)]
pub(super) struct Recent {
    positions: HashMap<AppendId, Position>,
    order: VecDeque<AppendId>,
}

/// About 1 MiB.
const CAPACITY: usize = 16_384;

impl Recent {
    pub(super) fn new() -> Self {
        Self {
            positions: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    pub(super) fn get(&self, id: AppendId) -> Option<Position> {
        self.positions.get(&id).copied()
    }

    pub(super) fn remember(&mut self, id: AppendId, first: Position) {
        if self.positions.insert(id, first).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > CAPACITY {
            if let Some(oldest) = self.order.pop_front() {
                self.positions.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_keeps_the_newest() {
        let id = |n: usize| AppendId::new(uuid::Uuid::from_u128(n as u128));
        let mut recent = Recent::new();
        for n in 0..=CAPACITY {
            recent.remember(id(n), Position::new(n as u64 + 1));
        }
        assert_eq!(recent.get(id(0)), None);
        assert_eq!(recent.get(id(1)), Some(Position::new(2)));
        assert_eq!(recent.order.len(), CAPACITY);
    }
}
