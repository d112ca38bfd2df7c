//! Scans: how fast everything is read in the order of positions.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use es_core::{AllRange, CodecSet, EventCoding, EventStore, Position, RecordedEvent};
use es_serde::Json;

use super::Setting;
use super::append::Appending;
use crate::Failure;
use crate::claims::ClaimEvent;
use crate::closed_loop::{self, Step, Tally, Task, Until};
use crate::measure::{interleaved, side};
use crate::report::{Further, Report, rounded};
use crate::subject::Subject;
use crate::target::{Ceiling, RawScan, Stored, Target};
use crate::traffic::Shape;

/// How many tasks fill a store.
const FILLERS: usize = 256;

/// A task that reads everything, page by page, again and again.
#[derive(Debug, Clone)]
pub struct Scanning<S> {
    store: S,
    range: AllRange,
    /// Decodes the payloads too.
    codecs: Option<Arc<CodecSet>>,
}

impl<S: EventStore + Clone> Scanning<S> {
    /// Reads the events of a store, and decodes them if wanted.
    #[must_use]
    pub fn new(store: &S, decoded: bool) -> Self {
        Self {
            store: store.clone(),
            range: AllRange::after(Position::START),
            codecs: decoded.then(|| Arc::new(CodecSet::new(Json))),
        }
    }

    /// Starts again after this position.
    #[must_use]
    pub fn until(mut self, last: Position) -> Self {
        self.range.until = last;
        self
    }

    /// Reads one page, and starts again after the last one. Returns how many events it had.
    ///
    /// # Errors
    /// If the store does not answer, or an event cannot be decoded.
    pub async fn page(&mut self) -> Result<u64, Failure> {
        let page = self
            .store
            .read_all(&self.range)
            .await
            .map_err(Failure::broken("scan"))?;
        self.decode(&page.events)?;
        self.range.after = if page.at_end {
            Position::START
        } else {
            page.scanned_to
        };
        Ok(black_box(page.events).len() as u64)
    }

    fn decode(&self, events: &[RecordedEvent]) -> Result<(), Failure> {
        let Some(codecs) = &self.codecs else {
            return Ok(());
        };
        for event in events {
            let decoded = codecs.decode_event::<ClaimEvent>(event);
            for decoded in decoded.map_err(Failure::broken("decode"))? {
                black_box(decoded);
            }
        }
        Ok(())
    }
}

impl<S: EventStore + Clone + 'static> Task for Scanning<S> {
    async fn step(&mut self) -> Result<Step, Failure> {
        let called = Instant::now();
        let events = self.page().await?;
        Ok(Step {
            events,
            latency: called.elapsed(),
        })
    }
}

struct RawScanning<R>(R);

impl<R: RawScan> Task for RawScanning<R> {
    async fn step(&mut self) -> Result<Step, Failure> {
        let called = Instant::now();
        let events = self.0.page().await?;
        Ok(Step {
            events,
            latency: called.elapsed(),
        })
    }
}

/// Writes about so many events.
///
/// # Errors
/// If a task failed.
pub async fn fill<T: Target>(target: T, shape: &Shape, events: usize) -> Result<(), Failure> {
    const MEAN: f64 = 4.5;
    let tasks = Appending::tasks(&target, shape, FILLERS)?;
    let steps = (events as f64 / MEAN / FILLERS as f64).ceil() as u64;
    let tally = closed_loop::run(tasks, Until::Steps(steps)).await;
    if tally.errors > 0 {
        return Err(Failure::broken("fill the store")("a task failed"));
    }
    Ok(())
}

/// Measures scans.
///
/// # Errors
/// See [`Failure`].
pub async fn measure<S: Subject>(
    subject: &S,
    setting: &Setting<'_>,
    mut print: impl FnMut(Report),
) -> Result<(), Failure> {
    let options = setting.options;
    let place = subject.place(setting.scratch).await?;
    let store = subject.open(&place).await?;
    let ceiling = subject.open_ceiling(&place).await?;
    fill(Stored(store.clone()), &options.shape()?, options.events).await?;
    if !S::SHARED {
        fill(ceiling.clone(), &options.shape()?, options.events).await?;
    }
    let raw = side(S::CEILING, || async {
        Ok(repeat(setting, || RawScanning(ceiling.scan())).await)
    });
    let ours = |name, decoded| {
        let store = &store;
        side(name, move || async move {
            Ok(repeat(setting, || Scanning::new(store, decoded)).await)
        })
    };
    let sides = [raw, ours("bytes", false), ours("decoded", true)];
    let [raw, bytes, decoded] = interleaved(options.runs, setting.stop, sides).await?;
    let report = Report::of_throughput(options, S::CEILING, &bytes, &raw);
    let decoded_ratio = decoded.over(&raw, |run| run.events_per_s);
    print(report.with(Further {
        decoded_events_per_s: Some(rounded(decoded.events_per_s, 1)),
        decoded_ratio: Some(rounded(decoded_ratio, 3)),
        ..Further::default()
    }));
    subject.close_ceiling(ceiling);
    subject.close(store).await?;
    subject.remove(place).await
}

async fn repeat<T: Task>(setting: &Setting<'_>, task: impl Fn() -> T) -> Tally {
    let tasks = (0..setting.options.concurrency).map(|_| task());
    let until = Until::Elapsed(setting.options.duration(), setting.stop.clone());
    closed_loop::run(tasks, until).await
}
