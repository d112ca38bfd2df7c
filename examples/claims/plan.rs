//! What happens to each made-up claim: the same seed and number always give the same fate.

use std::time::Duration;

use event_sourcing::Timestamp;

/// When the first claim was created: 2026-01-05 08:00 UTC.
const OPENING: Timestamp = Timestamp::from_micros(1_767_600_000_000_000);
const BETWEEN_CLAIMS: Duration = Duration::from_secs(7 * 60);
const CATEGORIES: [(&str, u64, u64); 5] = [
    ("dental", 4_000, 180_000),
    ("glasses", 9_000, 60_000),
    ("hospital", 80_000, 2_500_000),
    ("medicine", 500, 40_000),
    ("therapy", 6_000, 90_000),
];
const REASONS: [&str; 3] = ["invoice missing", "not covered", "unreadable receipt"];

/// A claim to be made, and the commands that it gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What it is for.
    pub category: &'static str,
    /// How much is claimed, in cents.
    pub amount: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// What comes after that.
    pub steps: Vec<Step>,
}

/// A command, when it is given, and by whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: &'static str,
    /// What.
    pub command: Command,
}

/// What can be asked of a claim.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Hand it in, also once more after a rejection.
    Submit,
    /// Accept it, over this many cents.
    Assess(u64),
    /// Refuse it, for this reason.
    Reject(&'static str),
    /// Transfer the money.
    Pay,
    /// Write something down.
    Note(&'static str),
}

impl Plan {
    /// The fate of claim `number`.
    #[must_use]
    pub fn of(seed: u64, number: u64) -> Self {
        let mut dice = Dice::new(seed, number);
        let (category, least, most) = CATEGORIES[dice.below(CATEGORIES.len() as u64) as usize];
        let amount = least + dice.below(most - least);
        let created_at = OPENING.plus(BETWEEN_CLAIMS * u32::try_from(number).unwrap_or(u32::MAX));
        let mut plan = Self {
            category,
            amount,
            created_at,
            steps: Vec::new(),
        };
        plan.decide(&mut dice);
        plan
    }

    /// Most claims are paid. Some stay drafts, wait, or are rejected, and clerks make mistakes.
    fn decide(&mut self, dice: &mut Dice) {
        if dice.chance(4) {
            return; // never handed in
        }
        self.add(dice, 24, "member", Command::Submit);
        if dice.chance(6) {
            return; // nobody has looked at it yet
        }
        if dice.chance(15) {
            let reason = REASONS[dice.below(REASONS.len() as u64) as usize];
            self.add(dice, 96, "assessor", Command::Reject(reason));
            if dice.chance(55) {
                return; // the member leaves it at that
            }
            self.add(dice, 72, "member", Command::Note("new documents added"));
            self.add(dice, 4, "member", Command::Submit);
        }
        if dice.chance(2) {
            self.add(dice, 12, "cashier", Command::Pay); // too early: refused
        }
        let payable = self.amount * (60 + dice.below(41)) / 100;
        self.add(dice, 96, "assessor", Command::Assess(payable));
        if dice.chance(8) {
            return; // the money is not sent yet
        }
        self.add(dice, 48, "cashier", Command::Pay);
        if dice.chance(2) {
            self.add(dice, 24, "cashier", Command::Pay); // twice: nothing to do
        }
    }

    fn add(&mut self, dice: &mut Dice, within_hours: u64, by: &'static str, command: Command) {
        let last = self.steps.last().map_or(self.created_at, |step| step.at);
        let at = last.plus(Duration::from_secs(60 + dice.below(within_hours * 3_600)));
        self.steps.push(Step { at, by, command });
    }
}

/// SplitMix64: small, and the same everywhere. For fates, not for secrets.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn new(seed: u64, number: u64) -> Self {
        let mut dice = Self(seed);
        dice.0 = dice.next() ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_number_give_the_same_plan() {
        assert_eq!(Plan::of(1, 42), Plan::of(1, 42));
        assert_ne!(Plan::of(1, 42), Plan::of(2, 42));
        assert_ne!(Plan::of(1, 42), Plan::of(1, 43));
    }

    #[test]
    fn every_fate_occurs_and_times_go_forward() {
        let plans: Vec<_> = (1..=1_000).map(|number| Plan::of(1, number)).collect();
        for steps in [0, 1, 2, 3, 5] {
            assert!(
                plans.iter().any(|plan| plan.steps.len() == steps),
                "{steps} steps"
            );
        }
        assert!(
            plans
                .iter()
                .all(|plan| plan.steps.is_sorted_by_key(|step| step.at))
        );
    }
}
