//! Random histories on a store, against a model of what it must answer.
//!
//! A history is a sequence of appends of every kind, repeats, reused ids, reads and restarts. The
//! model is a list of events; after each step the store must have answered as the list would. A
//! history that fails is made smaller until nothing can be left out, and then shown.
//!
//! What a fixture does not declare does not come up in its histories: that it is refused the
//! [conformance suites](super::conformance) check.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a step says what the store did wrong"
)]

mod call;
mod expectation;
mod machine;
mod reference;
mod selection;
mod step;
mod under_test;

use proptest::test_runner::{Config, TestError, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use self::machine::Machine;
use super::conformance::StoreFixture;

/// The most steps of one history.
const STEPS: usize = 40;

/// Runs random histories on stores that `F` makes; [`model_test!`](crate::model_test) makes a test
/// of it.
///
/// There are `cases` histories, or as many as the environment variable `PROPTEST_CASES` says if
/// that is more, and ten times as many where `ES_TEST_TIER` is `slow`.
///
/// ```
/// # use std::sync::Arc;
/// # use es_core::{EventStore, memory::MemoryStore};
/// # use es_core::testing::conformance::{Ability, StoreFixture};
/// # struct MemoryFixture(MemoryStore);
/// # #[async_trait::async_trait]
/// # impl StoreFixture for MemoryFixture {
/// #     const SUPPORTS: &'static [Ability] = &[Ability::AppendIdsForAny];
/// #     async fn fresh() -> Self { Self(MemoryStore::new()) }
/// #     fn events(&self) -> Arc<dyn EventStore> { Arc::new(self.0.clone()) }
/// # }
/// es_core::testing::model::run::<MemoryFixture>(4);
/// ```
///
/// # Panics
/// If the store answers otherwise than the model in any of them; the message shows the smallest
/// history that was found.
pub fn run<F: StoreFixture>(cases: u32) {
    if let Err(report) = find_failure::<F>(cases) {
        panic!("{report}");
    }
}

/// Looks for a history on which the store fails, as [`run`] does, and describes it; for tests that
/// a broken store is found.
///
/// ```
/// # use std::sync::Arc;
/// # use es_core::{EventStore, memory::MemoryStore};
/// # use es_core::testing::conformance::{Ability, StoreFixture};
/// # struct MemoryFixture(MemoryStore);
/// # #[async_trait::async_trait]
/// # impl StoreFixture for MemoryFixture {
/// #     const SUPPORTS: &'static [Ability] = &[];
/// #     async fn fresh() -> Self { Self(MemoryStore::new()) }
/// #     fn events(&self) -> Arc<dyn EventStore> { Arc::new(self.0.clone()) }
/// # }
/// assert_eq!(es_core::testing::model::find_failure::<MemoryFixture>(4), Ok(()));
/// ```
///
/// # Errors
/// The smallest history that was found, and what went wrong with it.
pub fn find_failure<F: StoreFixture>(cases: u32) -> Result<(), String> {
    let config = Config {
        cases: number_of_cases(cases),
        failure_persistence: None,
        ..Config::default()
    };
    let histories = Machine::<F>::sequential_strategy(1..=STEPS);
    let mut runner = TestRunner::new(config.clone());
    let outcome = runner.run(&histories, |(start, steps, seen)| {
        Machine::<F>::test_sequential(config.clone(), start, steps, seen);
        Ok(())
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Fail(reason, (_, steps, _))) => Err(format!(
            "the store and the model differ: {reason}\nafter {steps:#?}"
        )),
        Err(TestError::Abort(reason)) => Err(format!("no histories could be made: {reason}")),
    }
}

fn number_of_cases(cases: u32) -> u32 {
    let variable = |name| std::env::var(name).ok();
    let asked = variable("PROPTEST_CASES")
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(0);
    let slow = variable("ES_TEST_TIER").is_some_and(|tier| tier == "slow");
    cases.max(asked).saturating_mul(if slow { 10 } else { 1 })
}

/// Makes a test of random histories on a store; see [`testing::model`](crate::testing::model).
///
/// ```
/// # use std::sync::Arc;
/// # use es_core::{EventStore, memory::MemoryStore};
/// # use es_core::testing::conformance::{Ability, StoreFixture};
/// # struct MemoryFixture(MemoryStore);
/// # #[async_trait::async_trait]
/// # impl StoreFixture for MemoryFixture {
/// #     const SUPPORTS: &'static [Ability] = &[];
/// #     async fn fresh() -> Self { Self(MemoryStore::new()) }
/// #     fn events(&self) -> Arc<dyn EventStore> { Arc::new(self.0.clone()) }
/// # }
/// es_core::model_test! { name: any_history_reads_as_the_model_does, fixture: MemoryFixture, cases: 64 }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! model_test {
    (name: $name:ident, fixture: $fixture:ty, cases: $cases:expr $(,)?) => {
        #[test]
        fn $name() {
            $crate::testing::model::run::<$fixture>($cases);
        }
    };
}
