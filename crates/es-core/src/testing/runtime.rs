//! A runtime for tests, so that those who use the kit need none of their own.

use std::future::Future;

/// Runs a future to its end on a small multi-threaded tokio runtime with timers.
///
/// Time is not paused: what must not depend on it takes a [`ManualClock`](super::ManualClock).
///
/// ```
/// use es_core::{EventStore, Position, memory::MemoryStore, testing};
/// let head = testing::run(async { MemoryStore::new().head().await })?;
/// assert_eq!(head, Position::START);
/// # Ok::<(), es_core::ReadError>(())
/// ```
///
/// # Panics
/// If the operating system gives no threads, if the future panics, or inside another runtime.
pub fn run<F: Future>(future: F) -> F::Output {
    let runtime = build();
    let output = runtime.block_on(future);
    // A store that left a stuck background task behind must not hang the test that found it.
    runtime.shutdown_background();
    output
}

/// Four threads, so that races happen also where one thread is stuck.
pub(super) fn build() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    match builder.worker_threads(4).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime for the test: {error}"),
    }
}
