//! Honest histories, with what the store holds in the end.

use std::sync::Arc;

use es_core::memory::MemoryStore;
use es_core::testing::sample_event;
use es_core::{
    AllRange, Append, AppendError, CheckpointName, CheckpointStore, EventStore, ExpectedVersion,
    NewEvent, Position, RecordedEvent, StreamId, StreamRange, StreamVersion,
};
use es_testkit::history::{
    Answer, Entry, History, Kind, Line, Operation, Recorder, RecordingCheckpoints, RecordingStore,
    Report, Subscriber, check, read_everything,
};

use crate::{chance::Chance, flaky::Flaky};

/// A history and a store, to be doctored.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) history: History,
    pub(crate) stored: Vec<RecordedEvent>,
}

impl Case {
    /// Some writers, readers and a subscriber at work, as chance has it.
    pub(crate) fn random(seed: u64) -> Self {
        run(async move {
            let chance = Chance::new(seed);
            let memory = MemoryStore::new();
            let flaky = Flaky {
                memory: memory.clone(),
                chance: chance.clone(),
            };
            let recorder = Recorder::in_memory();
            let store = RecordingStore::new(Arc::new(flaky), recorder.clone(), "all");
            let mut tasks = tokio::task::JoinSet::new();
            for n in 0..4 {
                tasks.spawn(write(
                    store.client(&format!("writer {n}")),
                    chance.clone(),
                    n,
                ));
            }
            tasks.spawn(read(store.client("reader"), chance.clone()));
            let subscriber = tokio::spawn(follow(store.client("subscriber")));
            tasks.spawn(keep_checkpoint(memory.clone(), recorder.clone()));
            tasks.join_all().await;
            // What is there is delivered before the subscriber is ended.
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            subscriber.abort();
            let history = History {
                processes: vec![recorder.process("one")],
            };
            let stored = read_everything(&memory).await.unwrap();
            Self { history, stored }
        })
    }

    pub(crate) fn check(&self) -> Report {
        check(&self.history, &self.stored)
    }

    pub(crate) fn finds(&self, kind: Kind) -> bool {
        self.check().count(kind) > 0
    }

    pub(crate) fn lines(&mut self) -> &mut Vec<Line> {
        &mut self.history.processes[0].lines
    }

    /// The answers in which `wanted` sees something to change, each with what it gave.
    pub(crate) fn answers<T>(
        &mut self,
        wanted: impl Fn(&Operation, &Answer) -> Option<T>,
    ) -> Vec<(usize, T)> {
        let lines = self.lines();
        let mut asked = std::collections::HashMap::new();
        let mut found = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            match &line.entry {
                Entry::Called {
                    call, operation, ..
                } => {
                    asked.insert(*call, operation.clone());
                }
                Entry::Answered { call, answer } => {
                    let wanted = asked
                        .get(call)
                        .and_then(|operation| wanted(operation, answer));
                    found.extend(wanted.map(|wanted| (at, wanted)));
                }
                _ => {}
            }
        }
        found
    }

    pub(crate) fn answer(&mut self, line: usize) -> &mut Answer {
        match &mut self.lines()[line].entry {
            Entry::Answered { answer, .. } => answer,
            other => panic!("no answer: {other:?}"),
        }
    }
}

pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap().block_on(future)
}

pub(crate) fn stream(n: u64) -> StreamId {
    StreamId::new("Claim", n).unwrap()
}

pub(crate) fn events(first: u64, count: u64) -> Vec<NewEvent> {
    (first..first + count).map(sample_event).collect()
}

async fn write(store: RecordingStore, chance: Chance, writer: u64) {
    for n in 0..12 {
        let append = append(&store, &chance, writer * 10_000 + n * 100 + 1).await;
        // Repeated until the outcome is known, or given up.
        while let Err(AppendError::Unknown { .. } | AppendError::Unavailable { .. }) =
            store.append(append.clone()).await
        {
            if chance.one_in(4) {
                break;
            }
        }
    }
}

async fn append(store: &RecordingStore, chance: &Chance, id: u64) -> Append {
    let to = stream(chance.below(4));
    let expected = match chance.below(4) {
        0 => ExpectedVersion::Any,
        1 => ExpectedVersion::NoStream,
        2 => ExpectedVersion::Exists,
        _ => ExpectedVersion::Exact(version(store, &to).await),
    };
    let append = Append::new(to, expected, events(id, 1 + chance.below(4))).unwrap();
    match chance.below(4) {
        0 => {
            let more = events(id + 50, 1 + chance.below(3));
            append
                .and(stream(4 + chance.below(2)), ExpectedVersion::Any, more)
                .unwrap()
        }
        1 => {
            let looked_at = stream(4 + chance.below(2));
            let expected = ExpectedVersion::Exact(version(store, &looked_at).await);
            append.check(looked_at, expected).unwrap()
        }
        _ => append,
    }
}

async fn version(store: &RecordingStore, stream: &StreamId) -> StreamVersion {
    let newest = StreamRange::all().backward().limit(1);
    let page = store.read_stream(stream, newest).await.unwrap();
    page.events
        .first()
        .map_or(StreamVersion::EMPTY, |e| e.version)
}

async fn read(store: RecordingStore, chance: Chance) {
    let mut seen = Vec::new();
    for _ in 0..30 {
        match chance.below(4) {
            0 => drop(store.head().await.unwrap()),
            1 => drop(
                store
                    .read_stream(&stream(chance.below(6)), StreamRange::all())
                    .await
                    .unwrap(),
            ),
            2 if !seen.is_empty() => {
                let id = seen[usize::try_from(chance.next()).unwrap() % seen.len()];
                assert!(store.read_event(id).await.unwrap().is_some());
            }
            _ => {
                let range = AllRange::after(Position::new(chance.below(20)));
                let page = store.read_all(&range).await.unwrap();
                seen.extend(page.events.iter().map(|event| event.id));
            }
        }
    }
}

async fn follow(store: RecordingStore) {
    let mut subscriber = Subscriber::new(&store, Position::START);
    while subscriber.next_batch().await.is_ok() {}
}

async fn keep_checkpoint(memory: MemoryStore, recorder: Recorder) {
    let checkpoints = RecordingCheckpoints::new(Arc::new(memory), recorder, "consumer");
    let name = CheckpointName::from_static("totals");
    for _ in 0..5 {
        let at = checkpoints.load_checkpoint(&name).await.unwrap();
        checkpoints
            .save_checkpoint(&name, at, at.plus(3))
            .await
            .unwrap();
        tokio::task::yield_now().await;
    }
}
