//! Over random histories: what is honest passes, what is not is found.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

use crate::case::Case;
use crate::lies::LIES;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn honest_histories_pass(seed in any::<u64>()) {
        let report = Case::random(seed).check();
        prop_assert!(report.is_clean(), "{:#?}", report.findings);
        prop_assert!(report.acknowledged > 0 && report.reads > 0 && report.delivered > 0);
    }

    #[test]
    fn every_lie_is_found(seed in any::<u64>(), place in any::<usize>()) {
        let honest = Case::random(seed);
        for (name, lie) in LIES {
            let mut doctored = honest.clone();
            if lie(&mut doctored, place) {
                prop_assert!(!doctored.check().is_clean(), "not found: {name}");
            }
        }
    }
}

#[test]
fn every_lie_can_be_told_in_most_histories() {
    let told: Vec<_> = LIES.iter().map(|_| AtomicU64::new(0)).collect();
    for seed in 0..20 {
        let honest = Case::random(seed);
        for ((_, lie), told) in LIES.iter().zip(&told) {
            let lied = lie(&mut honest.clone(), 3);
            told.fetch_add(u64::from(lied), Ordering::Relaxed);
        }
    }
    for ((name, _), told) in LIES.iter().zip(told) {
        let told = told.into_inner();
        assert!(told >= 5, "{name}: {told} of 20 histories");
    }
}

#[test]
fn random_histories_have_all_sorts_of_answers() {
    let (mut conflicts, mut unknown, mut resolved, mut unavailable) = (0, 0, 0, 0);
    for seed in 0..10 {
        let report = Case::random(seed).check();
        conflicts += report.conflicts;
        unknown += report.unknown;
        resolved += report.unknown_resolved;
        unavailable += report.unavailable;
    }
    assert!(conflicts > 10 && unknown > 10 && resolved > 5 && unavailable > 0);
    assert!(unknown > resolved);
}
