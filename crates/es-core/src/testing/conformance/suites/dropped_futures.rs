//! Futures that are dropped before they are done (I1, cancel safety).

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use super::super::material::{acknowledged, and, append, seed, stream};
use super::super::observe::{history, settled, version, whole_stream};
use super::super::subject::Subject;
use crate::ExpectedVersion::NoStream;
use crate::{AllRange, Append, Position, StreamRange};

const APPENDS: u64 = 60;

pub(crate) async fn leave_an_append_done_or_not_done(subject: Subject) {
    let store = subject.events();
    for number in 0..APPENDS {
        drop_after(number % 6, store.append(batch(number))).await;
    }
    settled(&*store).await;
    history(&*store).await;
    for number in 0..APPENDS {
        let version = version(&*store, &stream(&format!("Claim/{number}")))
            .await
            .get();
        assert!(
            version == 0 || version == 4,
            "{version} of 4 events were appended"
        );
    }
}

pub(crate) async fn leave_an_append_over_several_streams_done_or_not_done(subject: Subject) {
    let store = subject.events();
    for number in 0..APPENDS {
        let start = 20_000 + number;
        let both = and(
            batch(number),
            &format!("Policy/{number}"),
            NoStream,
            start..=start,
        );
        drop_after(number % 6, store.append(both)).await;
    }
    settled(&*store).await;
    history(&*store).await;
    for number in 0..APPENDS {
        let claim = version(&*store, &stream(&format!("Claim/{number}")))
            .await
            .get();
        let policy = version(&*store, &stream(&format!("Policy/{number}")))
            .await
            .get();
        let whole = [(0, 0), (4, 1)].contains(&(claim, policy));
        assert!(whole, "{claim} of 4 and {policy} of 1 events were appended");
    }
}

pub(crate) async fn are_resolved_by_a_repeat(subject: Subject) {
    let store = subject.events();
    for number in 0..APPENDS {
        drop_after(number % 6, store.append(batch(number))).await;
        let appended = acknowledged(&*store, batch(number)).await;
        assert_eq!(appended.version().get(), 4);
    }
    settled(&*store).await;
    assert_eq!(
        history(&*store).await.len() as u64,
        4 * APPENDS,
        "an append is stored twice"
    );
}

pub(crate) async fn of_reads_leave_the_store_as_it_was(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=1_000).await;
    let claim = stream("Claim/1");
    let all = AllRange::after(Position::START);
    for polls in 0..4 {
        drop_after(polls, store.read_stream(&claim, StreamRange::all())).await;
        drop_after(polls, store.read_all(&all)).await;
        drop_after(polls, store.read_event(crate::testing::sample_event(5).id)).await;
        drop_after(polls, store.head()).await;
        drop_after(polls, store.wait_past(Position::MAX)).await;
    }
    assert_eq!(whole_stream(&*store, &claim).await.len(), 1_000);
    history(&*store).await;
}

/// Four events for a stream of their own.
fn batch(number: u64) -> Append {
    append(
        &format!("Claim/{number}"),
        NoStream,
        number * 10..=number * 10 + 3,
    )
}

/// Polls a future so many times, if it lasts that long, and drops it.
async fn drop_after(polls: u64, future: impl Future) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let done =
            std::future::poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await;
        if done {
            return;
        }
        tokio::task::yield_now().await;
    }
}
