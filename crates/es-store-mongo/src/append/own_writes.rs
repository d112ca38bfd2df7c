//! Which streams this process wrote of late.

use std::collections::{HashMap, VecDeque};

use es_core::{Position, StreamId, StreamVersion};

/// The streams that were written after some position, and their versions.
///
/// What was read about a stream is true up to the position at which it was read. Together with
/// this it is true up to the head, as long as nobody else wrote meanwhile. The cache of heads
/// cannot serve for that: it forgets streams when it likes.
#[derive(Debug)]
pub(super) struct OwnWrites {
    versions: HashMap<StreamId, (StreamVersion, Position)>,
    order: VecDeque<(Position, StreamId)>,
    /// All that was written after this position is here.
    complete_since: Position,
}

/// About 2 MiB.
const CAPACITY: usize = 16_384;

impl OwnWrites {
    pub(super) fn new() -> Self {
        Self {
            versions: HashMap::new(),
            order: VecDeque::new(),
            complete_since: Position::START,
        }
    }

    /// An append that ends at `position` left the stream at this version.
    pub(super) fn note(&mut self, stream: &StreamId, version: StreamVersion, position: Position) {
        self.versions.insert(stream.clone(), (version, position));
        self.order.push_back((position, stream.clone()));
        while self.order.len() > CAPACITY {
            self.forget_oldest();
        }
    }

    /// The version that this process left the stream at, if it wrote it of late.
    pub(super) fn version(&self, stream: &StreamId) -> Option<StreamVersion> {
        self.versions.get(stream).map(|(version, _)| *version)
    }

    /// Whether everything that was written after this position is here.
    pub(super) fn reach_back_to(&self, position: Position) -> bool {
        position >= self.complete_since
    }

    fn forget_oldest(&mut self) {
        let Some((position, stream)) = self.order.pop_front() else {
            return;
        };
        self.complete_since = self.complete_since.max(position);
        // It may have been written again since.
        if self
            .versions
            .get(&stream)
            .is_some_and(|(_, at)| *at == position)
        {
            self.versions.remove(&stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_is_known_to_be_forgotten() {
        let stream = |n: u64| StreamId::new("Claim", n).unwrap();
        let version = StreamVersion::new;
        let mut writes = OwnWrites::new();
        for n in 1..=CAPACITY as u64 {
            writes.note(&stream(n), version(1), Position::new(n));
        }
        writes.note(&stream(1), version(2), Position::new(CAPACITY as u64 + 1));
        assert_eq!(writes.version(&stream(1)), Some(version(2)));
        assert!(writes.reach_back_to(Position::new(1)));
        assert!(!writes.reach_back_to(Position::START));
        writes.note(&stream(0), version(1), Position::new(CAPACITY as u64 + 2));
        assert_eq!(writes.version(&stream(2)), None);
        assert!(!writes.reach_back_to(Position::new(1)));
        assert_eq!(writes.order.len(), CAPACITY);
    }
}
