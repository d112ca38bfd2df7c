//! Doing things at the same time, and one while another waits.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Starts `count` tasks, lets them go at one moment, and returns what they return, in order.
///
/// A task that panics makes the case fail with its message.
pub(super) async fn together<T, F>(count: u64, task: impl Fn(u64) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(count as usize));
    let mut tasks = JoinSet::new();
    for index in 0..count {
        let barrier = barrier.clone();
        let task = task(index);
        tasks.spawn(async move {
            barrier.wait().await;
            (index, task.await)
        });
    }
    let mut outputs = Vec::new();
    while let Some(joined) = tasks.join_next().await {
        match joined {
            Ok(output) => outputs.push(output),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    outputs.sort_unstable_by_key(|(index, _)| *index);
    outputs.into_iter().map(|(_, output)| output).collect()
}

/// Lets a future begin to wait, so that what comes next comes while it does.
pub(super) async fn assert_waits(waiter: &mut (impl Future + Unpin)) {
    let over = timeout(Duration::from_millis(10), waiter).await.is_ok();
    assert!(!over, "waiting was over before there was anything");
}
