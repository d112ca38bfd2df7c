//! Repeating a read while the replica set elects a new primary.

use std::future::Future;
use std::time::{Duration, Instant};

use es_core::{Clock, ReadError, SystemClock};
use mongodb::error::{Error, ErrorKind};

use crate::connect::cause;
use crate::shared::detached;

/// How long an answer is waited for before another connection is tried.
const NO_ANSWER: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// Answers of a server that is going away, coming up, or not (or no longer) the primary, and of a
/// read that was ended because of that or took too long.
const PASSING: [i32; 19] = [
    6, 7, 43, 50, 89, 91, 134, 175, 189, 237, 246, 262, 9001, 10107, 11600, 11601, 11602, 13435,
    13436,
];

/// Runs a read until it succeeds, fails for good, or the time is up. Each try gets the time that
/// is left, and runs to its end even if the caller goes away.
pub(crate) async fn patiently<T, F>(
    patience: Duration,
    mut attempt: impl FnMut(Duration) -> F,
) -> Result<T, ReadError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let deadline = Instant::now() + patience;
    let mut pause = SHORTEST_PAUSE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let one = left.min(NO_ANSWER);
        let error = match tokio::time::timeout(one, detached(attempt(one))).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(_) if one < left => std::io::Error::from(std::io::ErrorKind::TimedOut).into(),
            Err(_) => return Err(unavailable("no answer in time".into())),
        };
        if !may_pass(&error) || Instant::now() + pause >= deadline {
            return Err(unavailable(cause::said(&error)));
        }
        tracing::debug!(error = %error.kind, "a read is repeated");
        SystemClock.sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn may_pass(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::Io(_)
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::ServerSelection { .. } => true,
        ErrorKind::Command(command) => PASSING.contains(&command.code),
        _ => false,
    }
}

fn unavailable(source: es_core::BoxError) -> ReadError {
    ReadError::Unavailable { source }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn broken_pipe() -> Error {
        std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()
    }

    #[tokio::test]
    async fn a_lost_connection_is_not_the_end_of_a_read() {
        let tries = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&tries);
        let read = patiently(Duration::from_secs(5), move |_| {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                if number < 2 {
                    Err(broken_pipe())
                } else {
                    Ok(number)
                }
            }
        });
        assert_eq!(read.await.unwrap(), 2);
        assert_eq!(tries.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_read_ends_when_its_time_is_up() {
        let patience = Duration::from_millis(100);
        let read = patiently(patience, |_| async { Err::<(), _>(broken_pipe()) });
        assert!(matches!(read.await, Err(ReadError::Unavailable { .. })));
        let read = patiently(patience, |_| std::future::pending::<Result<(), Error>>());
        assert!(matches!(read.await, Err(ReadError::Unavailable { .. })));
    }

    #[tokio::test]
    async fn what_will_not_pass_is_not_repeated() {
        let tries = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&tries);
        let read = patiently(Duration::from_secs(5), move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Err::<(), _>(Error::custom("no")) }
        });
        assert!(matches!(read.await, Err(ReadError::Unavailable { .. })));
        assert_eq!(tries.load(Ordering::Relaxed), 1);
    }
}
