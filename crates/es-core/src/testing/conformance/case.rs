//! One case of a suite, and how it is run.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::list::CASES;
use super::refusal::assert_refused;
use super::subject::Subject;
use super::{Ability, StoreFixture};
use crate::testing::runtime;

/// How long a case may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// A line of the list: a case before it has a store to look at.
pub(super) struct Definition {
    pub(super) suite: &'static str,
    pub(super) name: &'static str,
    pub(super) needs: &'static [Ability],
    pub(super) body: fn(Subject) -> BoxFuture<'static, ()>,
}

/// One case on one kind of store.
#[derive(Clone, Copy)]
pub struct Case {
    definition: &'static Definition,
    fresh: fn() -> BoxFuture<'static, Subject>,
    chained: fn() -> BoxFuture<'static, Option<Subject>>,
}

/// All cases, on the stores that `F` makes: the same ones as
/// [`conformance!`](crate::conformance) turns into tests.
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
/// let cases = es_core::testing::conformance::cases::<MemoryFixture>();
/// assert!(cases.len() > 100);
/// ```
#[must_use]
pub fn cases<F: StoreFixture>() -> Vec<Case> {
    let on_f = |definition| Case {
        definition,
        fresh: || Box::pin(Subject::fresh::<F>()),
        chained: || Box::pin(Subject::chained::<F>()),
    };
    CASES.iter().map(on_f).collect()
}

/// Runs one case of the list, for the macro.
#[doc(hidden)]
pub fn check<F: StoreFixture>(suite: &str, name: &str) {
    let cases = cases::<F>();
    let case = cases
        .iter()
        .find(|case| case.suite() == suite && case.name() == name);
    case.expect("the macro and the table are made of one list")
        .run();
}

impl Case {
    /// The suite that it belongs to.
    #[must_use]
    pub fn suite(&self) -> &'static str {
        self.definition.suite
    }

    /// What it requires, as a name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.definition.name
    }

    /// What a store must support for it; others must refuse that.
    #[must_use]
    pub fn needs(&self) -> &'static [Ability] {
        self.definition.needs
    }

    /// Runs it on a fresh store.
    ///
    /// # Panics
    /// If the store fails it, or hangs for two minutes.
    pub fn run(&self) {
        match self.attempt(PATIENCE) {
            Attempt::Passed => {}
            Attempt::Panicked(payload) => resume_unwind(payload),
            Attempt::Hung => panic!("{self:?} hung for {PATIENCE:?}"),
        }
    }

    /// Runs it on a fresh store, for at most `patience`.
    ///
    /// # Errors
    /// What the store did wrong, if it failed or hung.
    pub fn outcome(&self, patience: Duration) -> Result<(), String> {
        match self.attempt(patience) {
            Attempt::Passed => Ok(()),
            Attempt::Panicked(payload) => Err(message(&*payload)),
            Attempt::Hung => Err(format!("{self:?} hung for {patience:?}")),
        }
    }

    /// On a thread of its own: a store may hang in a way that blocks threads, too.
    fn attempt(&self, patience: Duration) -> Attempt {
        let case = *self;
        let (done, outcome) = mpsc::channel();
        let run = move || {
            // The receiver is gone once patience ran out.
            let _ = done.send(catch_unwind(AssertUnwindSafe(|| case.run_here())));
        };
        thread::Builder::new()
            .name(format!("{self:?}"))
            .spawn(run)
            .expect("a thread");
        match outcome.recv_timeout(patience) {
            Ok(Ok(())) => Attempt::Passed,
            Ok(Err(payload)) => Attempt::Panicked(payload),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Attempt::Hung,
        }
    }

    /// A case about the chain gets a store that has one, if the fixture can make it.
    async fn subject(&self) -> Subject {
        if self.needs().contains(&Ability::HashChain)
            && let Some(chained) = (self.chained)().await
        {
            return chained;
        }
        (self.fresh)().await
    }

    fn run_here(&self) {
        let runtime = runtime::build();
        runtime.block_on(async {
            let subject = self.subject().await;
            let mut missing = self
                .needs()
                .iter()
                .filter(|ability| !subject.supports(**ability));
            match missing.next() {
                Some(ability) => assert_refused(*ability, subject).await,
                None => (self.definition.body)(subject).await,
            }
        });
        runtime.shutdown_background();
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.suite(), self.name())
    }
}

enum Attempt {
    Passed,
    Panicked(Box<dyn Any + Send>),
    Hung,
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("a panic")
        .to_owned()
}
