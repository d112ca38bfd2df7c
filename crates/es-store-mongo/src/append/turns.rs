//! Fairness between processes that write to one log: they take turns.
//!
//! Each batch carries a mark: who wrote it, and whether the writer had to wait. A change stream of
//! the marks (the bell) tells every process who won last and where the log ends. Before it sends,
//! a writer lets another busy one go first whose last win is longer ago, for a slot of a few round
//! trips at the most; who misses its slot is left out until it is seen again. All this is advice:
//! the insert alone decides. A writer that is alone never opens the bell.

use std::collections::HashMap;
use std::time::Duration;

use es_core::Position;
use tokio::time::{Instant, timeout_at};

use crate::shared::{Counters, Shared};
use crate::tail::{BellListener, Ring};

/// So many lost races within [`WINDOW`] open the bell.
const LOSSES: u32 = 2;
const WINDOW: Duration = Duration::from_secs(1);
/// The bell is closed when nobody else was heard for so long.
const QUIET: Duration = Duration::from_secs(5);
/// How many round trips a slot lasts.
const SLOT_ROUND_TRIPS: u32 = 4;
const SHORTEST_SLOT: Duration = Duration::from_millis(4);
const LONGEST_SLOT: Duration = Duration::from_millis(250);

/// What this writer knows of the others.
pub(super) struct Turns {
    writer: i64,
    enabled: bool,
    bell: Option<BellListener>,
    others: HashMap<i64, Other>,
    last_win: Position,
    /// How long a batch takes, smoothed.
    round_trip: Duration,
    losses: u32,
    losses_since: Option<Instant>,
    last_heard: Option<Instant>,
    waited: bool,
}

#[derive(Debug, Clone, Copy)]
struct Other {
    last_win: Position,
    /// It had to wait, so it will come again.
    busy: bool,
}

impl Turns {
    pub(super) fn new(writer: i64, enabled: bool) -> Self {
        Self {
            writer,
            enabled,
            bell: None,
            others: HashMap::new(),
            last_win: Position::START,
            round_trip: Duration::from_millis(1),
            losses: 0,
            losses_since: None,
            last_heard: None,
            waited: false,
        }
    }

    pub(super) fn writer(&self) -> i64 {
        self.writer
    }

    /// Whether the batch now being made had to wait for others.
    pub(super) fn waited(&self) -> bool {
        self.waited
    }

    pub(super) fn won(&mut self, head: Position, took: Duration) {
        self.last_win = head;
        self.waited = false;
        self.round_trip = (self.round_trip * 7 + took.min(LONGEST_SLOT)) / 8;
    }

    /// Someone else had the position that this writer wanted.
    pub(super) fn lost(&mut self) {
        self.waited = true;
        let now = Instant::now();
        if self
            .losses_since
            .is_none_or(|since| now.duration_since(since) > WINDOW)
        {
            self.losses_since = Some(now);
            self.losses = 0;
        }
        self.losses += 1;
    }

    /// Opens or closes the bell, waits for this writer's turn, and returns what was heard last.
    pub(super) async fn wait(&mut self, shared: &Shared) -> Option<Ring> {
        if !self.enabled || !self.is_contended(shared) {
            return None;
        }
        let deadline = Instant::now() + self.slot();
        let mut newest = None;
        while let Some(rival) = self.rival() {
            self.waited = true;
            Counters::add(&shared.counters.turns_waited, 1);
            match self.hear(deadline).await {
                Some(ring) => newest = Some(ring),
                None => {
                    Counters::add(&shared.counters.turns_missed, 1);
                    self.others.remove(&rival);
                    break;
                }
            }
        }
        newest
    }

    /// The place after which to go on when a race was lost, if the bell tells it in time.
    pub(super) async fn head_after_loss(&mut self, beyond: Position) -> Option<Ring> {
        self.bell.as_ref()?;
        let deadline = Instant::now() + self.slot();
        loop {
            let ring = self.hear(deadline).await?;
            if ring.head > beyond {
                return Some(ring);
            }
        }
    }

    fn is_contended(&mut self, shared: &Shared) -> bool {
        let now = Instant::now();
        if self.bell.is_none() && self.losses >= LOSSES {
            self.bell = Some(shared.hub.bell().listen());
            self.last_heard = Some(now);
        }
        let quiet = self
            .last_heard
            .is_none_or(|heard| now.duration_since(heard) > QUIET);
        if quiet && self.bell.take().is_some() {
            self.others.clear();
            self.losses = 0;
        }
        self.bell.is_some()
    }

    /// The busy writer that has waited longest, if it has waited longer than this one.
    fn rival(&self) -> Option<i64> {
        let busy = self.others.iter().filter(|(_, other)| other.busy);
        let longest = busy.min_by_key(|(_, other)| other.last_win)?;
        (longest.1.last_win < self.last_win).then_some(*longest.0)
    }

    fn slot(&self) -> Duration {
        (self.round_trip * SLOT_ROUND_TRIPS).clamp(SHORTEST_SLOT, LONGEST_SLOT)
    }

    /// The next mark of another writer, up to the deadline.
    async fn hear(&mut self, deadline: Instant) -> Option<Ring> {
        loop {
            let bell = self.bell.as_mut()?;
            let ring = timeout_at(deadline, bell.next()).await.ok()??;
            if self.note(ring) {
                return Some(ring);
            }
        }
    }

    /// Remembers a mark; whether it is another writer's.
    fn note(&mut self, ring: Ring) -> bool {
        if ring.writer == self.writer {
            return false;
        }
        self.last_heard = Some(Instant::now());
        let other = Other {
            last_win: ring.head,
            busy: ring.waited,
        };
        self.others.insert(ring.writer, other);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use es_core::Timestamp;

    fn ring(writer: i64, head: u64, waited: bool) -> Ring {
        Ring {
            head: Position::new(head),
            at: Timestamp::UNIX_EPOCH,
            writer,
            waited,
        }
    }

    #[test]
    fn the_busy_writer_that_waited_longest_goes_first() {
        let mut turns = Turns::new(1, true);
        turns.won(Position::new(30), Duration::from_millis(1));
        assert_eq!(turns.rival(), None);
        turns.note(ring(2, 20, true));
        turns.note(ring(3, 10, true));
        assert_eq!(turns.rival(), Some(3));
        turns.note(ring(3, 40, true));
        assert_eq!(turns.rival(), Some(2));
        turns.note(ring(2, 50, true));
        assert_eq!(turns.rival(), None, "now it is this writer's turn");
    }

    #[test]
    fn a_writer_that_need_not_wait_is_not_waited_for() {
        let mut turns = Turns::new(1, true);
        turns.won(Position::new(30), Duration::from_millis(1));
        turns.note(ring(2, 20, false));
        assert_eq!(turns.rival(), None);
    }

    #[test]
    fn its_own_marks_are_no_news() {
        let mut turns = Turns::new(1, true);
        assert!(!turns.note(ring(1, 20, true)));
        assert!(turns.others.is_empty());
    }
}
