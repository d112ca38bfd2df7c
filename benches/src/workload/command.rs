//! Commands: load, decide, append, through the repository.

use std::convert::Infallible;
use std::time::Instant;

use es_core::{EventId, EventStore, IdGenerator, Repository, TimeOrderedIds};
use es_serde::Json;

use super::{Setting, append};
use crate::Failure;
use crate::claims::Claim;
use crate::closed_loop::{self, Step, Tally, Task, Until};
use crate::measure::{interleaved, side};
use crate::report::{Further, Report};
use crate::subject::Subject;
use crate::traffic::{APPENDS_PER_STREAM, Shape};
use crate::verify::verify;

/// How many aggregates are kept in memory: all that are in use.
const CACHED_PER_TASK: usize = 4;

/// A task that gives commands to one aggregate after the other.
#[derive(Debug)]
pub struct Commanding {
    claims: Repository<Claim>,
    shape: Shape,
    turn: u64,
    id: EventId,
    commands: u32,
}

impl Commanding {
    /// One task for each of `concurrency`.
    #[must_use]
    pub fn tasks<S: EventStore + Clone + 'static>(
        store: &S,
        shape: &Shape,
        concurrency: usize,
        cached: bool,
    ) -> Vec<Self> {
        let mut claims = Repository::new(store.clone(), Json);
        if cached {
            claims = claims.with_cache(concurrency * CACHED_PER_TASK);
        }
        let task = |task| Self {
            claims: claims.clone(),
            shape: shape.clone(),
            turn: (task as u64) << 32,
            id: new_id(),
            commands: 0,
        };
        (0..concurrency).map(task).collect()
    }

    async fn create(&self, events: usize) -> Result<(), Failure> {
        let events = Claim::default().add_lines(&self.shape.line, events);
        let created = self.claims.create(self.id, events).await;
        created.map_err(Failure::broken("create an aggregate"))?;
        Ok(())
    }

    async fn execute(&self, events: usize) -> Result<(), Failure> {
        let line = &self.shape.line;
        let decide = |claim: &Claim| Ok::<_, Infallible>(claim.add_lines(line, events));
        let executed = self.claims.execute(self.id, decide).await;
        executed.map_err(Failure::broken("execute a command"))?;
        Ok(())
    }
}

impl Task for Commanding {
    async fn step(&mut self) -> Result<Step, Failure> {
        if self.commands == APPENDS_PER_STREAM {
            self.commands = 0;
            self.id = new_id();
        }
        self.commands += 1;
        self.turn += 1;
        let events = self.shape.size.at(self.turn);
        let called = Instant::now();
        if self.commands == 1 {
            self.create(events).await?;
        } else {
            self.execute(events).await?;
        }
        Ok(Step {
            events: events as u64,
            latency: called.elapsed(),
        })
    }
}

fn new_id() -> EventId {
    EventId::new(TimeOrderedIds.next_id())
}

/// Measures commands.
///
/// # Errors
/// See [`Failure`].
pub async fn measure<S: Subject>(
    subject: &S,
    setting: &Setting<'_>,
    mut print: impl FnMut(Report),
) -> Result<(), Failure> {
    let raw = side("append", || append::store(subject, setting));
    let ours = side("commands", || commands(subject, setting));
    let [raw, ours] = interleaved(setting.options.runs, setting.stop, [raw, ours]).await?;
    let report = Report::of_throughput(setting.options, "append", &ours, &raw);
    print(report.with(Further {
        cached: Some(!setting.options.no_cache),
        verified: Some(true),
        ..Further::default()
    }));
    Ok(())
}

async fn commands<S: Subject>(subject: &S, setting: &Setting<'_>) -> Result<Tally, Failure> {
    let options = setting.options;
    let place = subject.place(setting.scratch).await?;
    let store = subject.open(&place).await?;
    let cached = !options.no_cache;
    let tasks = Commanding::tasks(&store, &options.shape()?, options.concurrency, cached);
    let until = Until::Elapsed(options.duration(), setting.stop.clone());
    let tally = closed_loop::run(tasks, until).await;
    verify(&store, &tally).await?;
    subject.close(store).await?;
    subject.remove(place).await?;
    Ok(tally)
}
