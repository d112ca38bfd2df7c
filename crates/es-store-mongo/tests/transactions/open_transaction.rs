//! A transaction of another process that stands open at the next position (I3): nobody gets past
//! it, and everybody gets on once it has ended, however it ends.

use std::time::{Duration, Instant};

use es_core::{
    AppendError, Appended, EventFilter, EventStore, EventStoreExt, Position, RecordedEvent,
};
use es_store_mongo::{MongoOptions, MongoStore};
use es_testkit::mongo::Server;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::gate::Gate;
use crate::log::{AT_MOST, NEW, numbers, one_event, open, over_two, stored, until_answered};
use crate::servers::{patient, quick};

/// How long the others are watched while they must not get on.
const WHILE: Duration = Duration::from_millis(700);

type Waiting = JoinHandle<Result<Appended, AppendError>>;

/// A process that comes second: a store, and a subscriber of it.
struct Second {
    uri: String,
    store: MongoStore,
    delivered: mpsc::UnboundedReceiver<RecordedEvent>,
}

impl Second {
    /// Event 1 is stored and delivered.
    async fn open(server: &Server, name: &str) -> Self {
        let uri = server.uri_for(name);
        let store = open(&uri, name, MongoOptions::default()).await;
        store.append(one_event(9, NEW, 1)).await.unwrap();
        let delivered = follow(&store);
        let mut second = Self {
            uri,
            store,
            delivered,
        };
        assert_eq!(second.next(1).await, [1]);
        second
    }

    /// Appends event 4.
    fn append(&self) -> Waiting {
        let store = self.store.clone();
        tokio::spawn(async move { store.append(one_event(3, NEW, 4)).await })
    }

    /// Nothing is acknowledged or delivered, and the head stays where it was. Who does not wait,
    /// as the append of event 5 here, is told that nothing is certain; it repeats that later.
    async fn is_held_up(&mut self, waiting: &Waiting) -> JoinHandle<Appended> {
        let impatient = MongoOptions::default().append_timeout(WHILE);
        let impatient = open(&self.uri, "impatient", impatient).await;
        let five = one_event(4, NEW, 5);
        match impatient.append(five.clone()).await {
            Err(AppendError::Unknown { .. } | AppendError::Unavailable { .. }) => {}
            other => panic!("beside an open transaction: {other:?}"),
        }
        assert!(!waiting.is_finished(), "it got past an open transaction");
        let early = self.delivered.try_recv();
        assert!(early.is_err(), "delivered too early: {early:?}");
        assert_eq!(self.store.head().await.unwrap(), Position::new(1));
        tokio::spawn(async move { until_answered(&impatient, &five).await })
    }

    /// The events that are delivered next, in the order of their positions.
    async fn next(&mut self, count: usize) -> Vec<u64> {
        let mut events = Vec::new();
        while events.len() < count {
            let event = timeout(AT_MOST, self.delivered.recv()).await.unwrap();
            events.extend(event);
        }
        assert!(events.is_sorted_by_key(|event| event.position));
        numbers(&events)
    }

    /// The log holds `first`, after these `later` in any order, and nothing else; and that is what
    /// the subscriber gets.
    async fn ends_with(mut self, first: &[u64], later: &[u64]) {
        let log = numbers(&stored(&self.uri).await);
        let (begin, rest) = log.split_at(first.len());
        assert_eq!(begin, first);
        let mut rest = rest.to_vec();
        rest.sort_unstable();
        assert_eq!(rest, later);
        assert_eq!(self.next(log.len() - 1).await, log[1..]);
    }
}

fn follow(store: &MongoStore) -> mpsc::UnboundedReceiver<RecordedEvent> {
    let (events, delivered) = mpsc::unbounded_channel();
    let mut subscription = store.subscribe(Position::START, EventFilter::all());
    tokio::spawn(async move {
        loop {
            let event = subscription.next().await.unwrap();
            if events.send(event).is_err() {
                return;
            }
        }
    });
    delivered
}

/// Appends events 2 and 3, to two streams, in a transaction that stands open when this returns.
async fn first_process(server: &Server, name: &str, gate: &Gate) -> Waiting {
    let store = open(&server.uri_for(name), "first", MongoOptions::default()).await;
    let closure = gate.closure();
    let held = async move { store.append_with(over_two([1, 2], NEW, 2), closure).await };
    let held = tokio::spawn(held);
    gate.entered().await;
    held
}

#[tokio::test(flavor = "multi_thread")]
async fn others_go_on_behind_a_transaction_that_is_committed() {
    let (server, name) = (patient().await, "held-commit");
    let mut second = Second::open(server, name).await;
    let gate = Gate::default();
    let held = first_process(server, name, &gate).await;
    let waiting = second.append();
    let repeating = second.is_held_up(&waiting).await;
    gate.commit();
    let first = held.await.unwrap().unwrap();
    assert_eq!(first.first_position, Position::new(2));
    let position = waiting.await.unwrap().unwrap().first_position;
    assert!(position > first.last_position, "{position}");
    repeating.await.unwrap();
    second.ends_with(&[1, 2, 3], &[4, 5]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_take_the_position_of_a_transaction_that_is_aborted() {
    let (server, name) = (patient().await, "held-abort");
    let mut second = Second::open(server, name).await;
    let gate = Gate::default();
    let held = first_process(server, name, &gate).await;
    let waiting = second.append();
    let repeating = second.is_held_up(&waiting).await;
    gate.abort();
    let refused = held.await.unwrap().unwrap_err();
    assert!(
        matches!(refused, AppendError::Unavailable { .. }),
        "{refused:?}"
    );
    waiting.await.unwrap().unwrap();
    repeating.await.unwrap();
    second.ends_with(&[1], &[4, 5]).await;
}

/// A runtime that is torn down as a process is: nobody ends what it had begun.
struct Process(Option<Runtime>);

impl Process {
    fn start() -> Self {
        Self(Some(Runtime::new().unwrap()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_go_on_once_the_server_ends_the_transaction_of_a_process_that_died() {
    let (server, name) = (quick().await, "held-dead");
    let second = Second::open(server, name).await;
    let gate = Gate::default();
    let process = Process::start();
    let runtime = process.0.as_ref().unwrap();
    let opened = runtime.spawn({
        let gate = gate.clone();
        async move { drop(first_process(server, name, &gate).await) }
    });
    opened.await.unwrap();
    let waiting = second.append();
    drop(process);
    let died = Instant::now();
    let waiting = timeout(AT_MOST, waiting).await.unwrap();
    assert_eq!(waiting.unwrap().unwrap().first_position, Position::new(2));
    println!("went on {:?} after the death", died.elapsed());
    second.ends_with(&[1], &[4]).await;
}
