//! Appends: how many events become durable, and how long each append waits.

pub mod mongo;

use std::time::Instant;

use super::Setting;
use crate::Failure;
use crate::bare_engine::BareEngine;
use crate::closed_loop::{self, Step, Tally, Task, Until};
use crate::measure::{interleaved, side};
use crate::options::Options;
use crate::plain_memory::PlainMemory;
use crate::rawlog::RawLog;
use crate::report::{Further, Report, rounded};
use crate::subject::{Embedded, Memory, Subject};
use crate::target::{Stored, Target};
use crate::traffic::{Shape, Writer};
use crate::verify::verify;

/// A task that appends to streams of its own.
#[derive(Debug)]
pub struct Appending<T> {
    target: T,
    writer: Writer,
}

impl<T: Target> Appending<T> {
    /// One task for each of `concurrency`.
    ///
    /// # Errors
    /// If a stream cannot be named, which does not happen.
    pub fn tasks(target: &T, shape: &Shape, concurrency: usize) -> Result<Vec<Self>, Failure> {
        let task = |task| {
            Ok(Self {
                target: target.clone(),
                writer: Writer::new(shape, task)?,
            })
        };
        (0..concurrency).map(task).collect()
    }
}

impl<T: Target> Task for Appending<T> {
    async fn step(&mut self) -> Result<Step, Failure> {
        let work = self.writer.next_work()?;
        let events = work.events.len() as u64;
        let called = Instant::now();
        self.target.append(work).await?;
        Ok(Step {
            events,
            latency: called.elapsed(),
        })
    }
}

/// Appends to a target as the options say.
pub(super) async fn drive<T: Target>(target: T, setting: &Setting<'_>) -> Result<Tally, Failure> {
    let options = setting.options;
    let tasks = Appending::tasks(&target, &options.shape()?, options.concurrency)?;
    drop(target);
    let until = Until::Elapsed(options.duration(), setting.stop.clone());
    Ok(closed_loop::run(tasks, until).await)
}

/// One run on a fresh store, which is read again afterwards.
pub(super) async fn store<S: Subject>(
    subject: &S,
    setting: &Setting<'_>,
) -> Result<Tally, Failure> {
    let place = subject.place(setting.scratch).await?;
    let store = subject.open(&place).await?;
    let tally = drive(Stored(store.clone()), setting).await?;
    verify(&store, &tally).await?;
    subject.close(store).await?;
    subject.remove(place).await?;
    Ok(tally)
}

/// Measures the store in memory.
///
/// # Errors
/// See [`Failure`].
pub async fn memory(setting: &Setting<'_>, mut print: impl FnMut(Report)) -> Result<(), Failure> {
    let raw = side(Memory::CEILING, || drive(PlainMemory::new(), setting));
    let ours = side("store", || store(&Memory, setting));
    let [raw, ours] = interleaved(setting.options.runs, setting.stop, [raw, ours]).await?;
    let report = Report::of_throughput(setting.options, Memory::CEILING, &ours, &raw);
    print(report.with(Further {
        verified: Some(true),
        ..Further::default()
    }));
    Ok(())
}

/// Measures the durable store.
///
/// # Errors
/// See [`Failure`].
pub async fn embedded(setting: &Setting<'_>, mut print: impl FnMut(Report)) -> Result<(), Failure> {
    let chained = setting.options.chained;
    let subject = Embedded { chained };
    let raw = side("raw log", || raw_log(setting));
    let engine = side(Embedded::CEILING, || bare_engine(setting));
    let ours = side("store", || store(&subject, setting));
    let sides = [raw, engine, ours];
    let [raw, engine, ours] = interleaved(setting.options.runs, setting.stop, sides).await?;
    let report = Report::of_throughput(setting.options, "raw log", &ours, &raw);
    print(report.with(Further {
        engine_events_per_s: Some(rounded(engine.events_per_s, 1)),
        engine_ratio: Some(rounded(ours.over(&engine, |run| run.events_per_s), 3)),
        engine_p50_ms: Some(rounded(engine.p50_ms, 5)),
        engine_p99_ms: Some(rounded(engine.p99_ms, 5)),
        verified: Some(true),
        ..Further::default()
    }));
    Ok(())
}

async fn raw_log(setting: &Setting<'_>) -> Result<Tally, Failure> {
    let directory = setting.scratch.fresh()?;
    let log = RawLog::create(directory.path(), raw_log_bytes(setting.options))?;
    let tally = drive(log.clone(), setting).await?;
    log.close();
    Ok(tally)
}

async fn bare_engine(setting: &Setting<'_>) -> Result<Tally, Failure> {
    let directory = setting.scratch.fresh()?;
    let engine = BareEngine::open(&directory.path().join("engine"))?;
    let tally = drive(engine.clone(), setting).await?;
    engine.close();
    Ok(tally)
}

/// Space for what a fast disk takes in that time, so that the file need not grow within a run.
fn raw_log_bytes(options: &Options) -> u64 {
    const EVENTS_PER_S_AND_TASK: f64 = 40_000.0;
    const MOST_BYTES_PER_S: f64 = 400e6;
    let event_bytes = options.payload_bytes as f64 + 100.0;
    let rate = options.concurrency as f64 * EVENTS_PER_S_AND_TASK * event_bytes;
    (rate.min(MOST_BYTES_PER_S) * options.seconds) as u64
}
