//! Subscriptions on the store: catching up, going live, losing nothing (I3, I6).

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use tokio::time::timeout;

use super::super::concurrency::{assert_waits, together};
use super::super::material::{position, seed};
use super::super::observe::history;
use super::super::subject::Subject;
use crate::{EventFilter, EventStore, Position, RecordedEvent, Subscription};

const WRITERS: u64 = 4;
const ROUNDS: u64 = 20;
const BATCH: u64 = 3;
const ALL: usize = (WRITERS * ROUNDS * BATCH) as usize;

pub(crate) async fn catch_up_and_then_go_live(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=10).await;
    let mut events = subscribe(&store, Position::START);
    assert_eq!(
        positions(&take(&mut events, 10).await),
        (1..=10).collect::<Vec<_>>()
    );
    assert_eq!(events.position(), position(10));
    for number in 11..=15 {
        let (next, _) = join(events.next(), seed(&*store, "Claim/2", number..=number)).await;
        assert_eq!(next.expect("the next event").position, position(number));
    }
    assert!(events.is_live());
}

pub(crate) async fn wait_for_the_first_event_ever(subject: Subject) {
    let store = subject.events();
    let mut events = subscribe(&store, Position::START);
    let mut waiting = pin!(take(&mut events, 2));
    assert_waits(&mut waiting).await;
    seed(&*store, "Claim/1", 1..=2).await;
    assert_eq!(positions(&waiting.await), [1, 2]);
}

pub(crate) async fn lose_nothing_while_writers_write_at_full_speed(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/9", 100_000..=100_009).await;
    let mut events = subscribe(&store, Position::START).read_ahead(7);
    let consumer = take(&mut events, ALL + 10);
    let (_, seen) = join(write(&store), consumer).await;
    assert!(
        seen == history(&*store).await,
        "what was delivered is not what is stored"
    );
}

pub(crate) async fn start_in_the_middle(subject: Subject) {
    let store = subject.events();
    for start in [1, 11, 21] {
        seed(&*store, "Claim/1", start..=start + 4).await;
    }
    let all = history(&*store).await;
    for after in [1, 4, 5, 7, 14] {
        let mut events = subscribe(&store, position(after));
        assert_eq!(events.position(), position(after));
        let rest = &all[after as usize..];
        assert_eq!(take(&mut events, rest.len()).await, rest, "after {after}");
    }
}

pub(crate) async fn start_after_the_head(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=2).await;
    let mut events = subscribe(&store, position(5));
    let mut waiting = pin!(take(&mut events, 2));
    for number in 3..=7 {
        assert_waits(&mut waiting).await;
        seed(&*store, "Claim/1", number..=number).await;
    }
    assert_eq!(positions(&waiting.await), [6, 7]);
}

pub(crate) async fn deliver_what_the_filter_takes(subject: Subject) {
    let store = subject.events();
    let filter = EventFilter::all().category("W1").category("W3");
    let mut events = Subscription::new(store.clone(), Position::START, filter.clone());
    let (_, seen) = join(write(&store), take(&mut events, ALL / 2)).await;
    let history = history(&*store).await;
    assert!(
        seen.iter()
            .eq(history.iter().filter(|event| filter.matches(event)))
    );
}

pub(crate) async fn keep_their_place_over_events_that_do_not_match(subject: Subject) {
    let store = subject.events();
    seed(&*store, "Claim/1", 1..=1).await;
    seed(&*store, "Policy/1", 2..=9).await;
    let filter = EventFilter::all().category("Claim");
    let mut events = Subscription::new(store.clone(), Position::START, filter);
    let first = events.next().await.expect("the first event");
    assert_eq!(first.position, position(1));
    assert_eq!(
        events.position(),
        position(9),
        "the place does not move over other events"
    );
    let (next, _) = join(events.next(), async {
        seed(&*store, "Policy/1", 10..=12).await;
        seed(&*store, "Claim/1", 13..=13).await;
    })
    .await;
    assert_eq!(next.expect("the next event").position, position(13));
}

pub(crate) async fn wait_for_a_slow_consumer(subject: Subject) {
    let store = subject.events();
    let mut events = subscribe(&store, Position::START).read_ahead(2);
    write(&store).await;
    let mut seen = Vec::new();
    for number in 0..ALL {
        seen.push(events.next().await.expect("the next event"));
        if number % 40 == 0 {
            let number = 200_000 + number as u64;
            seed(&*store, "Late/1", number..=number).await;
        }
    }
    assert!(history(&*store).await.starts_with(&seen));
}

pub(crate) async fn of_several_consumers_deliver_the_same(subject: Subject) {
    let store = subject.events();
    let consumers = [1, 3, 10, 1_000].map(|ahead| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut events = subscribe(&store, Position::START).read_ahead(ahead);
            take(&mut events, ALL).await
        })
    });
    write(&store).await;
    let history = history(&*store).await;
    for consumer in consumers {
        assert!(
            consumer.await.expect("a consumer") == history,
            "a consumer saw something else"
        );
    }
}

pub(crate) async fn lose_nothing_when_next_is_dropped(subject: Subject) {
    let store = subject.events();
    let mut events = subscribe(&store, Position::START).read_ahead(5);
    let consumer = async {
        let mut seen = Vec::new();
        let mut patience = 0;
        while seen.len() < ALL {
            // Nothing at first, then a little more with each turn.
            let wait = Duration::from_micros(patience % 20 * 100);
            patience += 1;
            if let Ok(next) = timeout(wait, events.next()).await {
                seen.push(next.expect("the next event"));
            }
        }
        seen
    };
    let (_, seen) = join(write(&store), consumer).await;
    assert!(
        seen == history(&*store).await,
        "a dropped call of next lost or doubled an event"
    );
}

pub(crate) async fn deliver_in_batches(subject: Subject) {
    let store = subject.events();
    let mut events = subscribe(&store, Position::START).read_ahead(10);
    let consumer = async {
        let mut seen = Vec::new();
        while seen.len() < ALL {
            let batch = events.next_batch().await.expect("the next batch");
            assert!(
                (1..=10).contains(&batch.len()),
                "a batch of {}",
                batch.len()
            );
            seen.extend(batch);
            let last: Option<&RecordedEvent> = seen.last();
            assert_eq!(last.map(|event| event.position), Some(events.position()));
        }
        seen
    };
    let (_, seen) = join(write(&store), consumer).await;
    assert!(
        seen == history(&*store).await,
        "batches lost or doubled an event"
    );
}

/// A consumer that stops and starts again, as a process does.
pub(crate) async fn go_on_from_a_checkpoint(subject: Subject) {
    let store = subject.events();
    let consumer = async {
        let (mut seen, mut checkpoint) = (Vec::new(), Position::START);
        while seen.len() < ALL {
            let mut events = subscribe(&store, checkpoint).read_ahead(4);
            let some = take(&mut events, 9.min(ALL - seen.len())).await;
            seen.extend(some);
            checkpoint = events.position();
        }
        seen
    };
    let (_, seen) = join(write(&store), consumer).await;
    assert!(
        seen == history(&*store).await,
        "starting again lost or doubled an event"
    );
}

fn subscribe(store: &Arc<dyn EventStore>, after: Position) -> Subscription {
    Subscription::new(store.clone(), after, EventFilter::all())
}

async fn take(events: &mut Subscription, count: usize) -> Vec<RecordedEvent> {
    let mut taken = Vec::new();
    for _ in 0..count {
        taken.push(events.next().await.expect("the next event"));
    }
    taken
}

fn positions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position.get()).collect()
}

/// Four writers, each to a category of its own, as fast as the store answers.
async fn write(store: &Arc<dyn EventStore>) {
    together(WRITERS, |writer| {
        let store = store.clone();
        async move {
            for round in 0..ROUNDS {
                let start = (writer * ROUNDS + round) * BATCH;
                seed(&*store, &format!("W{writer}/1"), start..=start + BATCH - 1).await;
            }
        }
    })
    .await;
}
