//! Running cases on one store, and looking at which of them fail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use es_core::testing::conformance::{Case, StoreFixture, cases};

use crate::mutation::{BrokenFixture, Mutation};

/// Cases that wait for a broken store spend their time waiting, so there may be many.
const THREADS: usize = 6;
const PATIENCE: Duration = Duration::from_secs(4);

pub(crate) fn assert_passes<F: StoreFixture>() {
    let failures = failures(&cases::<F>(), Duration::from_secs(120));
    assert!(failures.is_empty(), "a healthy store failed {failures:#?}");
}

/// Each of the named cases fails on the store; the others may fail or not.
pub(crate) fn assert_caught<M: Mutation>(by: &[&str]) {
    let mut cases = cases::<BrokenFixture<M>>();
    cases.retain(|case| by.contains(&&*format!("{case:?}")));
    assert_eq!(cases.len(), by.len(), "there is no such case among {by:?}");
    let failures = failures(&cases, PATIENCE);
    for case in by {
        assert!(
            failures.contains_key(*case),
            "{case} passes a store that is broken"
        );
    }
}

/// All cases that fail on the store.
pub(crate) fn caught_by<M: Mutation>() -> BTreeSet<String> {
    failures(&cases::<BrokenFixture<M>>(), PATIENCE)
        .into_keys()
        .collect()
}

/// The cases that fail, and what each says.
fn failures(cases: &[Case], patience: Duration) -> BTreeMap<String, String> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(problem) = case.outcome(patience) {
                failures
                    .lock()
                    .unwrap()
                    .insert(format!("{case:?}"), problem);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS.min(cases.len()) {
            scope.spawn(work);
        }
    });
    failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}
