//! Loads: how fast aggregates are rebuilt from streams of several lengths.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use es_core::repository::SnapshotPolicy;
use es_core::{
    EventStore, EventStoreExt, Repository, SnapshotStore, StreamId, StreamRange, StreamVersion,
};
use es_serde::Json;

use super::Setting;
use crate::Failure;
use crate::claims::Claim;
use crate::closed_loop::{self, Step, Tally, Task, Until};
use crate::measure::{Measurement, interleaved, side};
use crate::report::{Further, Report, rounded};
use crate::subject::Subject;
use crate::target::{Ceiling, Stored, Target};
use crate::traffic::{Shape, Writer, new_stream};

/// How many events come after the snapshot.
const AFTER_SNAPSHOT: usize = 10;
/// The fewest and the most streams of each length.
const STREAMS: std::ops::RangeInclusive<usize> = 8..=2_000;

/// A task that appends to one stream until it is long enough.
struct Lengthening<T> {
    target: T,
    writer: Writer,
    shape: Shape,
    turn: u64,
    length: usize,
}

impl<T: Target> Lengthening<T> {
    /// Appends until the stream has so many events.
    async fn up_to(&mut self, length: usize) -> Result<(), Failure> {
        while let missing @ 1.. = length.saturating_sub(self.writer.version().get() as usize) {
            let events = self.shape.size.at(self.turn).min(missing);
            self.turn += 1;
            self.target.append(self.writer.work(events)).await?;
        }
        Ok(())
    }
}

impl<T: Target> Task for Lengthening<T> {
    async fn step(&mut self) -> Result<Step, Failure> {
        let called = Instant::now();
        self.up_to(self.length).await?;
        Ok(Step {
            events: self.length as u64,
            latency: called.elapsed(),
        })
    }
}

/// Writes streams of this length, side by side, and returns them.
///
/// # Errors
/// If a task failed.
pub async fn fill<T: Target>(
    target: &T,
    shape: &Shape,
    length: usize,
    streams: usize,
) -> Result<Vec<StreamId>, Failure> {
    let ids: Vec<_> = (0..streams)
        .map(|_| new_stream())
        .collect::<Result<_, _>>()?;
    extend(target, shape, &ids, StreamVersion::EMPTY, length).await?;
    Ok(ids)
}

async fn extend<T: Target>(
    target: &T,
    shape: &Shape,
    streams: &[StreamId],
    from: StreamVersion,
    length: usize,
) -> Result<(), Failure> {
    let mut tasks = Vec::with_capacity(streams.len());
    for (task, stream) in streams.iter().enumerate() {
        let writer = Writer::on(shape, task, stream.clone()).at_version(from);
        let (target, shape) = (target.clone(), shape.clone());
        let turn = task as u64;
        tasks.push(Lengthening {
            target,
            writer,
            shape,
            turn,
            length,
        });
    }
    let tally = closed_loop::run(tasks, Until::Steps(1)).await;
    if tally.errors > 0 {
        return Err(Failure::broken("fill the store")("a task failed"));
    }
    Ok(())
}

/// Writes streams of this length, with a snapshot ten events before the end of each.
///
/// # Errors
/// If a task failed.
pub async fn fill_with_snapshots<S>(
    store: &S,
    shape: &Shape,
    length: usize,
    streams: usize,
) -> Result<Vec<StreamId>, Failure>
where
    S: EventStore + SnapshotStore + Clone + 'static,
{
    let target = Stored(store.clone());
    let before = length.saturating_sub(AFTER_SNAPSHOT + 1).max(1);
    let streams = fill(&target, shape, before, streams).await?;
    let claims = with_snapshots(store, SnapshotPolicy::every_events(1));
    for stream in &streams {
        let line = &shape.line;
        claims
            .execute(stream.id(), |claim| {
                Ok::<_, std::convert::Infallible>(claim.add_lines(line, 1))
            })
            .await
            .map_err(Failure::broken("take a snapshot"))?;
        claims.snapshots_settled().await;
    }
    let version = StreamVersion::new(before as u64 + 1);
    extend(&target, shape, &streams, version, length).await?;
    Ok(streams)
}

/// A repository that starts loading at snapshots.
#[must_use]
pub fn with_snapshots<S>(store: &S, policy: SnapshotPolicy) -> Repository<Claim>
where
    S: EventStore + SnapshotStore + Clone + 'static,
{
    Repository::new(store.clone(), Json).with_snapshots(store.clone(), policy)
}

/// What a task does with one stream after the other.
#[derive(Clone)]
enum Reading<S: Subject> {
    Raw(S::Ceiling),
    Bytes(S::Store),
    Aggregate(Box<Repository<Claim>>),
}

impl<S: Subject> Reading<S> {
    /// Reads a stream; returns how many events it has.
    async fn read(&self, stream: &StreamId) -> Result<u64, Failure> {
        match self {
            Self::Raw(ceiling) => ceiling.read_stream(stream).await,
            Self::Bytes(store) => {
                let events = store.read_stream_to_end(stream, StreamRange::all()).await;
                let events = events.map_err(Failure::broken("read a stream"))?;
                Ok(black_box(events).len() as u64)
            }
            Self::Aggregate(claims) => {
                let claim = claims.load(stream.id()).await;
                let claim = claim.map_err(Failure::broken("load an aggregate"))?;
                Ok(black_box(claim).version().get())
            }
        }
    }
}

struct Loading<S: Subject> {
    reading: Reading<S>,
    streams: Arc<[StreamId]>,
    next: usize,
}

impl<S: Subject> Task for Loading<S> {
    async fn step(&mut self) -> Result<Step, Failure> {
        let stream = &self.streams[self.next % self.streams.len()];
        self.next += 1;
        let called = Instant::now();
        let events = self.reading.read(stream).await?;
        Ok(Step {
            events,
            latency: called.elapsed(),
        })
    }
}

/// Measures loads, for each length without and with snapshots.
///
/// # Errors
/// See [`Failure`].
pub async fn measure<S: Subject>(
    subject: &S,
    setting: &Setting<'_>,
    mut print: impl FnMut(Report),
) -> Result<(), Failure> {
    let place = subject.place(setting.scratch).await?;
    let store = subject.open(&place).await?;
    let ceiling = subject.open_ceiling(&place).await?;
    for length in &setting.options.stream_events {
        let figures = measure_length::<S>(setting, &store, &ceiling, *length).await?;
        for report in figures.reports::<S>(setting, *length) {
            print(report);
        }
    }
    subject.close_ceiling(ceiling);
    subject.close(store).await?;
    subject.remove(place).await
}

struct Figures {
    raw: Measurement,
    bytes: Measurement,
    aggregate: Measurement,
    from_snapshot: Measurement,
}

async fn measure_length<S: Subject>(
    setting: &Setting<'_>,
    store: &S::Store,
    ceiling: &S::Ceiling,
    length: usize,
) -> Result<Figures, Failure> {
    let options = setting.options;
    let shape = options.shape()?;
    let count = (options.events / length).clamp(*STREAMS.start(), *STREAMS.end());
    eprintln!("es-bench: writing {count} streams of {length} events");
    let ours: Arc<[_]> = fill_with_snapshots(store, &shape, length, count)
        .await?
        .into();
    let raws: Arc<[_]> = if S::SHARED {
        Arc::clone(&ours)
    } else {
        fill(ceiling, &shape, length, count).await?.into()
    };
    let side = |name, reading: Reading<S>, streams: &Arc<[StreamId]>| {
        let streams = Arc::clone(streams);
        side(name, move || {
            repeat(setting, reading.clone(), Arc::clone(&streams))
        })
    };
    let plain = Repository::new(store.clone(), Json);
    let snapshots = with_snapshots(store, SnapshotPolicy::never());
    let sides = [
        side(S::CEILING, Reading::Raw(ceiling.clone()), &raws),
        side("bytes", Reading::Bytes(store.clone()), &ours),
        side("aggregates", Reading::Aggregate(Box::new(plain)), &ours),
        side(
            "from snapshots",
            Reading::Aggregate(Box::new(snapshots)),
            &ours,
        ),
    ];
    let [raw, bytes, aggregate, from_snapshot] =
        interleaved(options.runs, setting.stop, sides).await?;
    Ok(Figures {
        raw,
        bytes,
        aggregate,
        from_snapshot,
    })
}

async fn repeat<S: Subject>(
    setting: &Setting<'_>,
    reading: Reading<S>,
    streams: Arc<[StreamId]>,
) -> Result<Tally, Failure> {
    let tasks = (0..setting.options.concurrency).map(|task| Loading {
        reading: reading.clone(),
        streams: Arc::clone(&streams),
        // So that the tasks do not walk in step.
        next: task * 7,
    });
    let until = Until::Elapsed(setting.options.duration(), setting.stop.clone());
    Ok(closed_loop::run(tasks, until).await)
}

impl Figures {
    fn reports<S: Subject>(&self, setting: &Setting<'_>, length: usize) -> [Report; 2] {
        let report = |ours, further| {
            Report::of_throughput(setting.options, S::CEILING, ours, &self.raw).with(Further {
                stream_events: Some(length),
                ..further
            })
        };
        let read_ratio = self.bytes.over(&self.raw, |run| run.events_per_s);
        let without = Further {
            snapshot: Some(false),
            read_events_per_s: Some(rounded(self.bytes.events_per_s, 1)),
            read_ratio: Some(rounded(read_ratio, 3)),
            read_p50_ms: Some(rounded(self.bytes.p50_ms, 5)),
            read_p50_ratio: Some(rounded(self.bytes.over(&self.raw, |run| run.p50_ms), 3)),
            ..Further::default()
        };
        let with = Further {
            snapshot: Some(true),
            ..Further::default()
        };
        [
            report(&self.aggregate, without),
            report(&self.from_snapshot, with),
        ]
    }
}
