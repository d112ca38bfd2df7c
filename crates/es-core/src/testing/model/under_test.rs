//! A store that takes the calls of the model, and must answer as it does.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::call::{AppendAnswer, Call, Stored};
use crate::testing::conformance::StoreFixture;
use crate::testing::conformance::observe::{history, read_all_of, read_stream_of};
use crate::testing::conformance::subject::Subject;
use crate::testing::runtime;
use crate::{AppendError, EventStore, Position, RecordedEvent};

/// How long one call may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct UnderTest {
    subject: Subject,
    runtime: Runtime,
}

impl UnderTest {
    pub(super) fn fresh<F: StoreFixture>() -> Self {
        let runtime = runtime::build();
        let subject = runtime.block_on(Subject::fresh::<F>());
        Self { subject, runtime }
    }

    pub(super) fn call(&mut self, call: &Call) {
        if let Call::Restart = call {
            self.runtime.block_on(self.subject.reopen());
        } else {
            let store = self.subject.events();
            self.wait_for(answer(&*store, call));
        }
    }

    pub(super) fn assert_head(&self, due: Position) {
        let store = self.subject.events();
        let head = self.wait_for(store.head()).expect("the head");
        assert_eq!(head, due, "the head is wrong");
        if due > Position::START {
            let waited = self.wait_for(store.wait_past(due.previous()));
            waited.expect("there is an event after that");
        }
    }

    pub(super) fn assert_holds(&self, due: &[Stored]) {
        let store = self.subject.events();
        assert_same(&self.wait_for(history(&*store)), due);
    }

    fn wait_for<T>(&self, future: impl Future<Output = T>) -> T {
        let within = async { tokio::time::timeout(PATIENCE, future).await };
        self.runtime.block_on(within).expect("the store hangs")
    }
}

async fn answer(store: &dyn EventStore, call: &Call) {
    match call {
        Call::Append { append, due } => {
            let answer = match store.append(append.clone()).await {
                Ok(appended) => AppendAnswer::Appended(appended),
                Err(AppendError::Conflict(conflict)) => AppendAnswer::Conflict(conflict),
                Err(AppendError::IdReused { append_id }) => AppendAnswer::IdReused(append_id),
                Err(error) => panic!("neither done nor refused: {error:?}"),
            };
            assert_eq!(answer, *due, "the answer to an append is wrong");
        }
        Call::ReadStream { stream, range, due } => {
            assert_same(&read_stream_of(store, stream, *range).await, due);
        }
        Call::ReadAll { range, due } => {
            assert_same(&read_all_of(store, range.clone()).await, due);
        }
        Call::ReadEvent { id, due } => {
            let found = store.read_event(*id).await.expect("a look-up by id");
            assert_same(found.as_slice(), due.as_slice());
        }
        Call::Restart | Call::Nothing => {}
    }
}

fn assert_same(read: &[RecordedEvent], due: &[Stored]) {
    let same = read.len() == due.len() && read.iter().zip(due).all(|(read, due)| due.is(read));
    assert!(same, "read {read:#?}\nwhere this was due: {due:#?}");
}
