//! Fairness between processes that write to one log: they take turns.
//!
//! Each batch carries a mark: who wrote it, and whether the writer had to wait. A change stream of
//! the marks (the bell) tells every process who won last and where the log ends. Before it sends,
//! a writer lets another busy one go first whose last win is longer ago, for a slot of a few round
//! trips at the most; who misses its slot is left out until it is seen again. Who is not seen
//! winning [reserves](reservation) the next place. All this is advice: the insert alone decides. A
//! writer that is alone never opens the bell.

mod reservation;

use std::collections::HashMap;
use std::time::Duration;

use es_core::Position;
use tokio::time::{Instant, sleep_until, timeout_at};

use self::reservation::Reservation;
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
/// An append that was held up for so long, or for so many round trips, has its writer reserve the
/// next place.
const HELD_UP: Duration = Duration::from_millis(100);
const HELD_UP_ROUND_TRIPS: u32 = 16;
/// How often a writer looks whether another one has reserved the next place: among others, alone,
/// and while one has.
const LOOK_CONTENDED: Duration = Duration::from_millis(20);
const LOOK_ALONE: Duration = Duration::from_millis(250);
const LOOK_WAITING: Duration = Duration::from_millis(5);
/// For how long a batch waits for a reservation, and for others, at the most: several who reserve
/// one after the other, or die one after the other, do not stop the rest.
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// What this writer knows of the others.
pub(super) struct Turns {
    writer: i64,
    enabled: bool,
    bell: Option<BellListener>,
    /// Who let a slot pass, and the win after which that was.
    missed: HashMap<i64, Position>,
    /// The newest win of others that was heard of.
    heard_to: Position,
    last_win: Position,
    /// How long a batch takes, smoothed.
    round_trip: Duration,
    losses: u32,
    losses_since: Option<Instant>,
    last_heard: Option<Instant>,
    waited: bool,
    reservation: Reservation,
}

impl Turns {
    pub(super) fn new(writer: i64, enabled: bool) -> Self {
        Self {
            writer,
            enabled,
            bell: None,
            missed: HashMap::new(),
            heard_to: Position::START,
            last_win: Position::START,
            round_trip: Duration::from_millis(1),
            losses: 0,
            losses_since: None,
            last_heard: None,
            waited: false,
            reservation: Reservation::new(writer),
        }
    }

    pub(super) fn writer(&self) -> i64 {
        self.writer
    }

    /// Whether the batch now being made had to wait for others.
    pub(super) fn waited(&self) -> bool {
        self.waited
    }

    /// All of a batch is stored.
    pub(super) fn won(&mut self, shared: &Shared, head: Position, took: Duration) {
        self.last_win = head;
        self.waited = false;
        self.round_trip = (self.round_trip * 7 + took.min(LONGEST_SLOT)) / 8;
        if self.reservation.is_own() {
            self.reservation.give_back(&shared.database);
        }
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

    /// Whether others are to go first, and so there is something to wait for.
    pub(super) fn must_wait(&mut self, shared: &Shared) -> bool {
        if !self.enabled {
            return false;
        }
        let contended = self.is_contended(shared);
        let every = if contended {
            LOOK_CONTENDED
        } else {
            LOOK_ALONE
        };
        self.reservation.look_beside(&shared.database, every);
        self.reservation.is_anothers() || (contended && self.rival().is_some())
    }

    /// Waits for this writer's turn, and returns what was heard last.
    pub(super) async fn wait(&mut self, shared: &Shared) -> Option<Ring> {
        let before = self.heard_to;
        self.waited = true;
        self.wait_for_reservation(shared).await;
        let last = Instant::now() + LONGEST_WAIT;
        let mut slots = Slots::default();
        while let Some(rival) = self.rival()
            && Instant::now() < last
        {
            let deadline = slots.deadline(rival, self.slot()).min(last);
            if self.hear(deadline).await.is_none() {
                Counters::add(&shared.counters.turns_missed, 1);
                self.missed.insert(rival.0, rival.1);
            }
        }
        Counters::add(&shared.counters.turns_waited, slots.given);
        self.newest().filter(|ring| ring.head > before)
    }

    /// Has this writer go first, since one of its appends was held up since then. Whether others
    /// hold back from now on: what they did before is to be found out.
    pub(super) async fn reserve(&mut self, shared: &Shared, held_up_since: Instant) -> bool {
        let longest = HELD_UP.max(self.round_trip * HELD_UP_ROUND_TRIPS);
        if !self.enabled || held_up_since.elapsed() < longest || self.reservation.is_own() {
            return false;
        }
        let granted = self.reservation.ask(&shared.database).await;
        if granted {
            Counters::add(&shared.counters.turns_reserved, 1);
        }
        granted
    }

    /// The place after which to go on when a race was lost, if the bell tells it in time.
    pub(super) async fn head_after_loss(&mut self, beyond: Position) -> Option<Ring> {
        let deadline = Instant::now() + self.slot();
        loop {
            if let Some(ring) = self.newest().filter(|ring| ring.head > beyond) {
                return Some(ring);
            }
            self.hear(deadline).await?;
        }
    }

    async fn wait_for_reservation(&self, shared: &Shared) {
        let deadline = Instant::now() + LONGEST_WAIT;
        while self.reservation.is_anothers() && Instant::now() < deadline {
            Counters::add(&shared.counters.turns_waited, 1);
            sleep_until(deadline.min(Instant::now() + LOOK_WAITING)).await;
            self.reservation.look(&shared.database).await;
        }
    }

    fn is_contended(&mut self, shared: &Shared) -> bool {
        let now = Instant::now();
        if self.bell.is_none() && self.losses >= LOSSES {
            self.bell = Some(shared.hub.bell().listen());
            self.last_heard = Some(now);
        }
        self.hear_what_was_said();
        let quiet = self
            .last_heard
            .is_none_or(|heard| now.duration_since(heard) > QUIET);
        if quiet && self.bell.take().is_some() {
            self.missed.clear();
            self.losses = 0;
        }
        self.bell.is_some()
    }

    /// The busy writer that has waited longest, and its last win, if it has waited longer than
    /// this one.
    fn rival(&self) -> Option<(i64, Position)> {
        let roster = self.bell.as_ref()?.roster();
        self.rival_among(roster.iter())
    }

    fn rival_among<'r>(&self, roster: impl Iterator<Item = &'r Ring>) -> Option<(i64, Position)> {
        let longest = roster
            .filter(|ring| ring.writer != self.writer && ring.waited)
            .filter(|ring| self.missed.get(&ring.writer) != Some(&ring.head))
            .min_by_key(|ring| ring.head)?;
        (longest.head < self.last_win).then_some((longest.writer, longest.head))
    }

    /// The newest win of another writer that the bell told of.
    fn newest(&self) -> Option<Ring> {
        let roster = self.bell.as_ref()?.roster();
        let others = roster.into_iter().filter(|ring| ring.writer != self.writer);
        others.max_by_key(|ring| ring.head)
    }

    fn slot(&self) -> Duration {
        (self.round_trip * SLOT_ROUND_TRIPS).clamp(SHORTEST_SLOT, LONGEST_SLOT)
    }

    /// Returns when another writer has won, unless that is after the deadline.
    async fn hear(&mut self, deadline: Instant) -> Option<()> {
        while !self.hear_what_was_said() {
            let bell = self.bell.as_mut()?;
            timeout_at(deadline, bell.next()).await.ok()?;
        }
        Some(())
    }

    /// Whether there is a win of others that was not heard of before.
    fn hear_what_was_said(&mut self) -> bool {
        let newest = self.newest().map_or(Position::START, |ring| ring.head);
        let news = newest > self.heard_to;
        if news {
            self.heard_to = newest;
            self.last_heard = Some(Instant::now());
        }
        news
    }
}

/// The slots that are given to others, one after the other.
#[derive(Default)]
struct Slots {
    current: Option<((i64, Position), Instant)>,
    given: u64,
}

impl Slots {
    /// When the slot of a rival ends, which has won there last. Others that win meanwhile do not
    /// make it longer.
    fn deadline(&mut self, rival: (i64, Position), slot: Duration) -> Instant {
        match self.current {
            Some((current, deadline)) if current == rival => deadline,
            _ => {
                let deadline = Instant::now() + slot;
                self.current = Some((rival, deadline));
                self.given += 1;
                deadline
            }
        }
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
            chain: None,
        }
    }

    /// A writer that won last at 30.
    fn turns() -> Turns {
        let mut turns = Turns::new(1, true);
        turns.last_win = Position::new(30);
        turns
    }

    fn first(turns: &Turns, roster: &[Ring]) -> Option<i64> {
        turns.rival_among(roster.iter()).map(|(writer, _)| writer)
    }

    #[test]
    fn the_busy_writer_that_waited_longest_goes_first() {
        let turns = turns();
        assert_eq!(first(&turns, &[]), None);
        let before = [ring(2, 20, true), ring(3, 10, true)];
        assert_eq!(first(&turns, &before), Some(3));
        let then = [ring(2, 20, true), ring(3, 40, true)];
        assert_eq!(first(&turns, &then), Some(2));
        let now = [ring(2, 50, true), ring(3, 40, true)];
        assert_eq!(first(&turns, &now), None, "now it is this writer's turn");
    }

    #[test]
    fn a_writer_that_need_not_wait_is_not_waited_for() {
        assert_eq!(first(&turns(), &[ring(2, 20, false)]), None);
    }

    #[test]
    fn its_own_marks_are_no_news() {
        assert_eq!(first(&turns(), &[ring(1, 20, true)]), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_slot_of_one_ends_however_often_others_win_meanwhile() {
        let slot = Duration::from_millis(10);
        let (dead, live) = ((2, Position::new(20)), (3, Position::new(25)));
        let mut slots = Slots::default();
        let ends = slots.deadline(dead, slot);
        tokio::time::advance(slot / 2).await;
        assert_eq!(slots.deadline(dead, slot), ends);
        assert!(slots.deadline(live, slot) > ends);
        assert_eq!(slots.given, 2);
    }

    #[test]
    fn who_misses_a_slot_is_left_out_until_it_wins_again() {
        let mut turns = turns();
        turns.missed.insert(2, Position::new(20));
        assert_eq!(first(&turns, &[ring(2, 20, true)]), None);
        assert_eq!(first(&turns, &[ring(2, 25, true)]), Some(2));
    }
}
