//! From the call of an append to its delivery in another process.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::awaited::Awaited;
use super::{Setting, drive, end};
use crate::Failure;
use crate::closed_loop::{Step, Tally, Task, Until, chain, run};
use crate::measure::{interleaved, side};
use crate::mongo::{BareDriver, Mongo};
use crate::options::Role;
use crate::report::{Further, Report};
use crate::subject::Subject;
use crate::target::{Stored, Target};
use crate::traffic::Writer;
use crate::worker::now;
use crate::workers::Worker;

/// A task that appends, and waits until another process has seen the last event.
struct Calling<T> {
    target: T,
    writer: Writer,
    awaited: Awaited<String, Duration>,
}

impl<T: Target> Task for Calling<T> {
    async fn step(&mut self) -> Result<Step, Failure> {
        let work = self.writer.next_work()?;
        let events = work.events.len() as u64;
        let Some(last) = work.events.last().map(|event| event.id) else {
            return Err(Failure::broken("append")("an append without events"));
        };
        let delivered = self.awaited.expect(last.to_string());
        let called = now();
        self.target.append(work).await?;
        let delivered = delivered.await.map_err(Failure::broken("follow"))?;
        Ok(Step {
            events,
            latency: delivered.saturating_sub(called),
        })
    }
}

/// Measures deliveries to another process.
///
/// # Errors
/// See [`Failure`].
pub async fn measure(
    mongo: &Mongo,
    setting: &Setting<'_>,
    mut print: impl FnMut(Report),
) -> Result<(), Failure> {
    const CEILING: &str = "change stream";
    mongo.server.needs_replica_set("--across-processes")?;
    let sides = [
        side(CEILING, || watched(mongo, setting)),
        side("subscription", || subscribed(mongo, setting)),
    ];
    let [raw, ours] = interleaved(setting.options.runs, setting.stop, sides).await?;
    let report = Report::of_latency(setting.options, CEILING, &ours, &raw);
    print(report.with(Further {
        across_processes: Some(true),
        ..Further::default()
    }));
    Ok(())
}

async fn subscribed(mongo: &Mongo, setting: &Setting<'_>) -> Result<Tally, Failure> {
    let place = mongo.place(setting.scratch).await?;
    let store = mongo.open(&place).await?;
    let target = Stored(store.clone());
    let tally = call(setting, &target, Role::Follow, &place).await?;
    drop(target);
    mongo.close(store).await?;
    mongo.remove(place).await?;
    Ok(tally)
}

async fn watched(mongo: &Mongo, setting: &Setting<'_>) -> Result<Tally, Failure> {
    let place = mongo.place(setting.scratch).await?;
    let store = mongo.open(&place).await?;
    mongo.close(store).await?;
    let target = BareDriver::new(mongo.server.database(&place));
    let tally = call(setting, &target, Role::Watch, &place).await?;
    mongo.remove(place).await?;
    Ok(tally)
}

async fn call<T: Target>(
    setting: &Setting<'_>,
    target: &T,
    role: Role,
    database: &str,
) -> Result<Tally, Failure> {
    let worker = Worker::start(setting.executable, setting.options, role, database).await?;
    let awaited = Awaited::new();
    let listener = listen(worker, awaited.clone());
    let calling = |writer| Calling {
        target: target.clone(),
        writer,
        awaited: awaited.clone(),
    };
    // The first delivery shows that the subscriber is there.
    let shape = setting.options.shape()?;
    let first = calling(Writer::new(&shape, 0)?);
    if run([first], Until::Steps(1)).await.errors > 0 {
        return Err(Failure::broken("follow")("the first event did not come"));
    }
    let tally = drive(setting, calling).await?;
    end(listener).await;
    Ok(tally)
}

/// Reads what the other process has seen: a line for each event, with the time.
fn listen(mut worker: Worker, awaited: Awaited<String, Duration>) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            match worker.next_line().await {
                Ok(line) => deliver(&line, &awaited),
                Err(failure) => {
                    eprintln!("es-bench: {}", chain(&failure));
                    return awaited.close();
                }
            }
        }
    })
}

fn deliver(line: &str, awaited: &Awaited<String, Duration>) {
    if let Some((event, at)) = line.split_once(' ')
        && let Ok(at) = at.parse()
    {
        awaited.delivered(&event.to_owned(), Duration::from_nanos(at));
    }
}
