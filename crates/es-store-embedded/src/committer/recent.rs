//! The ids of the latest appends, so that the writer need not look up each new one.
//!
//! Looking an id up is a good part of what an append costs. The caller does it in its own task,
//! and says how many appends it has seen; the writer then only has to know those since.

use std::collections::{HashSet, VecDeque};

use es_core::AppendId;

/// How many ids are kept, about 60 bytes each.
const KEPT: usize = 32_768;

pub(super) struct Recent {
    ids: HashSet<AppendId>,
    order: VecDeque<AppendId>,
    /// How many appends there were before the oldest that is kept.
    before: u64,
}

impl Recent {
    /// None yet, in a store of so many appends.
    pub(super) fn after(appends: u64) -> Self {
        Self {
            ids: HashSet::new(),
            order: VecDeque::new(),
            before: appends,
        }
    }

    /// Whether an id that is not among the first so many appends is not among the others either.
    pub(super) fn proves_absent(&self, id: AppendId, absent_among: Option<u64>) -> bool {
        absent_among.is_some_and(|appends| appends >= self.before) && !self.ids.contains(&id)
    }

    /// Adds the ids of the appends that were just made durable.
    pub(super) fn add(&mut self, ids: impl Iterator<Item = AppendId>) {
        for id in ids {
            self.ids.insert(id);
            self.order.push_back(id);
        }
        while self.order.len() > KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.ids.remove(&oldest);
                self.before += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u64) -> AppendId {
        AppendId::new(uuid::Uuid::from_u128(n.into()))
    }

    #[test]
    fn it_proves_nothing_about_appends_that_nobody_looked_at() {
        let mut recent = Recent::after(10);
        recent.add([id(11), id(12)].into_iter());
        assert!(recent.proves_absent(id(99), Some(10)));
        assert!(recent.proves_absent(id(99), Some(12)));
        assert!(!recent.proves_absent(id(99), Some(9)));
        assert!(!recent.proves_absent(id(99), None));
        assert!(!recent.proves_absent(id(12), Some(12)));
    }

    #[test]
    fn it_is_bounded_and_knows_what_it_forgot() {
        let mut recent = Recent::after(0);
        recent.add((1..=KEPT as u64 + 5).map(id));
        assert_eq!(recent.ids.len(), KEPT);
        assert!(
            !recent.proves_absent(id(1), Some(4)),
            "it forgot the first five"
        );
        assert!(
            recent.proves_absent(id(1), Some(5)),
            "the caller looked at them"
        );
        assert!(!recent.proves_absent(id(6), Some(5)));
    }
}
