//! `kill -9` of a process that appends, again and again, on one directory (I1 to I5).
//!
//! The writer is this test itself, started a second time. Each append is a function of who makes
//! it and its number, so the parent knows what must be there, and can repeat what was in flight.

#![allow(
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

mod material;

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use es_core::{
    AllRange, Append, AppendId, EventStore, EventStoreExt, ExpectedVersion, Position,
    RecordedEvent, StreamId, StreamRange, StreamVersion,
};
use es_store_embedded::{EmbeddedOptions, EmbeddedStore};
use material::{Choices, event, slow_tier};

const TEST: &str = "nothing_acknowledged_is_lost_by_kill_nine";
const DIRECTORY: &str = "ES_TEST_CRASH_DIRECTORY";
const LIFE: &str = "ES_TEST_CRASH_LIFE";
const TASKS: u64 = 12;
const SHARED_STREAMS: u64 = 3;

/// Which append: in which life of the writer, by which task, its how-manieth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Which {
    life: u64,
    task: u64,
    number: u64,
}

impl Which {
    fn event_id(self, index: u64) -> u128 {
        let Self { life, task, number } = self;
        u128::from(life + 1) << 96
            | u128::from(task) << 80
            | u128::from(number) << 16
            | u128::from(index)
    }

    fn of_event(id: u128) -> (Self, u64) {
        let part = |shift: u32, bits: u32| (id >> shift) as u64 & ((1 << bits) - 1);
        let which = Self {
            life: part(96, 32) - 1,
            task: part(80, 16),
            number: part(16, 64 - 16),
        };
        (
            Self {
                number: which.number & 0xFFFF_FFFF,
                ..which
            },
            part(0, 16),
        )
    }

    /// How many events go to the task's own stream.
    fn own_events(self) -> u64 {
        1 + (self.number * 7 + self.task) % 6
    }

    fn own_stream(self) -> StreamId {
        StreamId::new("Own", format!("{}-{}", self.life, self.task)).expect("valid")
    }

    /// The append: to the task's own stream at its exact version, and every third time also to
    /// a shared stream at any version; every fifth has an id of its own.
    fn append(self) -> Append {
        let before: u64 = (0..self.number)
            .map(|n| Self { number: n, ..self }.own_events())
            .sum();
        let expected = ExpectedVersion::Exact(StreamVersion::new(before));
        let make = |index| event(self.event_id(index), (self.event_id(index) % 250) as usize);
        let own = self.own_events();
        let mut append =
            Append::new(self.own_stream(), expected, (0..own).map(make)).expect("valid");
        if self.number.is_multiple_of(3) {
            let shared = StreamId::new("Shared", self.number % SHARED_STREAMS).expect("valid");
            let events = (own..own + 2).map(make);
            append = append
                .and(shared, ExpectedVersion::Any, events)
                .expect("valid");
        }
        if self.number.is_multiple_of(5) {
            append = append.with_id(AppendId::derived(uuid::Uuid::nil(), format!("{self:?}")));
        }
        append
    }
}

fn options() -> EmbeddedOptions {
    // Small tables, so that the engine is busy writing them out when it is killed.
    EmbeddedOptions::default().table_bytes(48 * 1024)
}

/// The process that is killed: appends without end, and says what was acknowledged.
async fn write_until_killed(directory: &Path, life: u64) {
    let store = EmbeddedStore::open_with(directory, options())
        .await
        .expect("opens");
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0.. {
                    let appended = store
                        .append(Which { life, task, number }.append())
                        .await
                        .expect("appended");
                    let first = appended.first_position;
                    let line = format!("\nACK {task} {number} {first}\n");
                    // Not by println!, which the test harness may keep back.
                    std::io::stdout()
                        .lock()
                        .write_all(line.as_bytes())
                        .expect("written");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("runs until it is killed");
    }
}

/// Runs the writer for a while, kills it, and returns what it acknowledged.
fn run_and_kill(directory: &Path, life: u64, choices: &mut Choices) -> HashMap<Which, Position> {
    let mut child = Command::new(std::env::current_exe().expect("known"))
        .args(["--exact", TEST, "--nocapture"])
        .env(DIRECTORY, directory)
        .env(LIFE, life.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("starts");
    let stdout = child.stdout.take().expect("piped");
    let reader = std::thread::spawn(move || {
        let lines = BufReader::new(stdout).lines().map_while(Result::ok);
        lines
            .filter_map(|line| acknowledgement(life, &line))
            .collect::<HashMap<_, _>>()
    });
    // Also while it opens the store.
    std::thread::park_timeout(Duration::from_millis(choices.below(400)));
    child.kill().expect("killed");
    child.wait().expect("gone");
    reader.join().expect("reads")
}

/// A line that was cut off by the kill is none.
fn acknowledgement(life: u64, line: &str) -> Option<(Which, Position)> {
    let mut words = line.strip_prefix("ACK ")?.split(' ').map(str::parse::<u64>);
    let mut word = || words.next()?.ok();
    let (task, number, first) = (word()?, word()?, word()?);
    Some((Which { life, task, number }, Position::new(first)))
}

/// What the parent knows, over all lives.
#[derive(Debug, Default)]
struct Known {
    /// Where each append is, for sure.
    appends: BTreeMap<Which, Position>,
    acknowledged: usize,
    in_flight: usize,
    in_flight_and_there: usize,
}

impl Known {
    async fn check(&mut self, store: &EmbeddedStore, life: u64, acked: HashMap<Which, Position>) {
        let events = read_all(store).await;
        let found = check_order(&events);
        self.acknowledged += acked.len();
        for (which, position) in acked {
            assert_eq!(
                found.get(&which),
                Some(&position),
                "{which:?} was acknowledged"
            );
            self.appends.insert(which, position);
        }
        for (which, position) in &self.appends {
            assert_eq!(
                found.get(which),
                Some(position),
                "{which:?} was there before"
            );
        }
        self.resolve_in_flight(store, life, &found).await;
        for which in found.keys() {
            assert!(self.appends.contains_key(which), "{which:?} was never sent");
        }
        check_streams(store, &read_all(store).await).await;
        self.check_repeats(store).await;
    }

    /// Each task had at most one append in flight: repeating it tells what became of it.
    async fn resolve_in_flight(
        &mut self,
        store: &EmbeddedStore,
        life: u64,
        found: &HashMap<Which, Position>,
    ) {
        for task in 0..TASKS {
            let of_task = self
                .appends
                .keys()
                .filter(|which| which.life == life && which.task == task);
            let number = of_task.map(|which| which.number + 1).max().unwrap_or(0);
            let which = Which { life, task, number };
            let resolved = store.append(which.append()).await.expect("resolved");
            assert_eq!(resolved.repeated, found.contains_key(&which), "{which:?}");
            if let Some(position) = found.get(&which) {
                assert_eq!(*position, resolved.first_position);
                self.in_flight_and_there += 1;
            }
            self.in_flight += 1;
            self.appends.insert(which, resolved.first_position);
        }
    }

    async fn check_repeats(&self, store: &EmbeddedStore) {
        let head = store.head().await.expect("read");
        let every = self.appends.len() / 20 + 1;
        for (which, position) in self.appends.iter().step_by(every) {
            let repeat = store.append(which.append()).await.expect("known");
            assert!(
                repeat.repeated && repeat.first_position == *position,
                "{which:?}"
            );
            let id = which.append().events().next().expect("has events").id;
            let read = store
                .read_event(id)
                .await
                .expect("read")
                .expect("found by id");
            assert_eq!(read.position, *position);
        }
        assert_eq!(store.head().await.expect("read"), head);
    }
}

async fn read_all(store: &EmbeddedStore) -> Vec<RecordedEvent> {
    let (mut events, mut after) = (Vec::new(), Position::START);
    loop {
        let page = store.read_all(&AllRange::after(after)).await.expect("read");
        events.extend(page.events);
        after = page.scanned_to;
        if page.at_end {
            return events;
        }
    }
}

/// Positions and versions without a hole, appends whole and in one piece; where each begins.
fn check_order(events: &[RecordedEvent]) -> HashMap<Which, Position> {
    let mut versions: HashMap<&StreamId, u64> = HashMap::new();
    let mut found = HashMap::new();
    let mut rest = events;
    let mut position = 0;
    let mut time = events.first().map(|event| event.recorded_at);
    while let Some(first) = rest.first() {
        let (which, index) = Which::of_event(first.id.uuid().as_u128());
        assert_eq!(
            index, 0,
            "an append begins in the middle at {}",
            first.position
        );
        assert!(
            found.insert(which, first.position).is_none(),
            "{which:?} is there twice"
        );
        let append = which.append();
        for write in append.writes() {
            for expected in &write.events {
                let (event, later) = rest.split_first().expect("the whole append is there");
                position += 1;
                let version = versions.entry(&event.stream).or_default();
                *version += 1;
                assert_eq!(event.position.get(), position);
                assert_eq!(event.version.get(), *version);
                assert_eq!(event.stream, write.stream);
                assert!(event.is(expected), "{which:?} was stored differently");
                assert!(time <= Some(event.recorded_at));
                time = Some(event.recorded_at);
                rest = later;
            }
        }
    }
    found
}

async fn check_streams(store: &EmbeddedStore, events: &[RecordedEvent]) {
    let mut streams: HashMap<StreamId, Vec<RecordedEvent>> = HashMap::new();
    for event in events {
        streams
            .entry(event.stream.clone())
            .or_default()
            .push(event.clone());
    }
    for (stream, expected) in streams {
        let read = store
            .read_stream_to_end(&stream, StreamRange::all())
            .await
            .expect("read");
        assert!(read == expected, "stream {stream} is read differently");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_kill_nine() {
    if let Ok(directory) = std::env::var(DIRECTORY) {
        let life = std::env::var(LIFE).expect("set").parse().expect("a number");
        return write_until_killed(Path::new(&directory), life).await;
    }
    let mut choices = Choices::seeded();
    let directory = tempfile::tempdir().expect("made");
    let mut known = Known::default();
    let kills = if slow_tier() { 200 } else { 20 };
    for life in 0..kills {
        let acked = run_and_kill(directory.path(), life, &mut choices);
        let store = EmbeddedStore::open_with(directory.path(), options())
            .await
            .expect("opens");
        known.check(&store, life, acked).await;
        store.close().await.expect("closes");
    }
    let store = EmbeddedStore::open_with(directory.path(), options())
        .await
        .expect("opens");
    println!(
        "{kills} kills: {} appends acknowledged, {} in flight of which {} were there, {} events, 0 lost",
        known.acknowledged,
        known.in_flight,
        known.in_flight_and_there,
        store.stats().events,
    );
    assert!(known.acknowledged > 0, "it never came to append anything");
}
