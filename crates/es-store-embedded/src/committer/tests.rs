//! The writer over an engine that fails as a test tells it to.

mod engine;
mod faults;
mod grouping;

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Waker};

use es_core::testing::sample_event;
use es_core::{Append, ExpectedVersion};

use self::engine::{Disk, TestEngine};
use crate::options::EmbeddedOptions;
use crate::store::{EmbeddedStore, Opened};
use crate::totals::Totals;

/// A store over a disk of the test's.
fn store(disk: &Arc<Disk>, options: EmbeddedOptions) -> EmbeddedStore {
    let for_reopening = Arc::clone(disk);
    let engine = TestEngine::open(disk).unwrap();
    let opened = Opened {
        path: std::env::temp_dir(),
        totals: Totals::load(&*engine, false).unwrap(),
        engine,
        open_engine: Box::new(move || TestEngine::open(&for_reopening)),
        mark: None,
        directory: None,
    };
    EmbeddedStore::start(opened, &options.reserve_bytes(0)).unwrap()
}

fn fresh() -> (Arc<Disk>, EmbeddedStore) {
    let disk = Arc::new(Disk::default());
    let store = store(&disk, EmbeddedOptions::default());
    (disk, store)
}

/// An append of `count` events, from the `n`th sample event on.
fn append(stream: &str, expected: ExpectedVersion, n: u64, count: u64) -> Append {
    Append::new(
        stream.parse().unwrap(),
        expected,
        (n..n + count).map(sample_event),
    )
    .unwrap()
}

/// Polls a future once.
fn is_pending(future: std::pin::Pin<&mut impl Future>) -> bool {
    future
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_pending()
}

/// Waits until a condition holds, which it must do soon.
async fn eventually(mut holds: impl FnMut() -> bool) {
    use es_core::{Clock, SystemClock};
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        SystemClock
            .sleep(std::time::Duration::from_millis(10))
            .await;
    }
    panic!("it did not come to pass within ten seconds");
}
