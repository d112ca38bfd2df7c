//! What a process does that another es-bench has started: it says when it is ready, works, and tells
//! what came of it, in lines on its standard output.
//!
//! It ends when its standard input does, so that it does not outlive the one that started it.

use std::io::BufRead;
use std::time::{Duration, UNIX_EPOCH};

use es_core::{BoxError, EventFilter, EventStoreExt, Position};
use es_store_mongo::WriterStatistics;
use futures_util::StreamExt;
use hdrhistogram::Histogram;
use mongodb::bson::{Bson, Document};
use mongodb::change_stream::event::ChangeStreamEvent;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::Failure;
use crate::closed_loop::{self, Tally, Until};
use crate::mongo::{EVENTS, Mongo, Server};
use crate::options::{Options, Role};
use crate::stop::Stop;
use crate::subject::Subject;
use crate::target::Stored;
use crate::workload::append::Appending;

/// What a worker says once it can begin.
pub(crate) const READY: &str = "ready";

/// What a process appended, as it is told to the one that started it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Outcome {
    ops: u64,
    pub(crate) events: u64,
    errors: u64,
    elapsed: Duration,
    /// Values of the histogram with how often they came.
    latencies: Vec<(u64, u64)>,
    /// Inserts, and those of them that found their position taken; as far as the store counts them.
    pub(crate) races: Option<Races>,
}

/// How often others were first.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Races {
    pub(crate) batches: u64,
    pub(crate) lost: u64,
}

impl Races {
    fn of(writer: WriterStatistics) -> Self {
        Self {
            batches: writer.batches,
            lost: writer.races_lost,
        }
    }
}

impl Outcome {
    pub(crate) fn new(tally: &Tally, races: Option<Races>) -> Self {
        let values = tally.latencies.iter_recorded();
        let values = values.map(|value| (value.value_iterated_to(), value.count_at_value()));
        Self {
            ops: tally.ops,
            events: tally.events,
            errors: tally.errors,
            elapsed: tally.elapsed,
            latencies: values.collect(),
            races,
        }
    }

    /// As if it had been done in this process.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::new();
        tally.ops = self.ops;
        tally.events = self.events;
        tally.errors = self.errors;
        tally.elapsed = self.elapsed;
        record(&mut tally.latencies, &self.latencies);
        tally
    }
}

fn record(histogram: &mut Histogram<u64>, values: &[(u64, u64)]) {
    for (value, count) in values {
        histogram.saturating_record_n(*value, *count);
    }
}

/// Does what the role says.
///
/// # Errors
/// See [`Failure`].
pub async fn work(options: &Options, role: Role, stop: &Stop) -> Result<(), Failure> {
    let server = Server::connect(&options.server_uri()).await?;
    let database = options.database.as_deref().unwrap_or_default();
    let mongo = Mongo::new(server).chained(options.chained);
    match role {
        Role::Append => append(&mongo, database, options, stop).await,
        Role::Follow => follow(&mongo, database).await,
        Role::Watch => {
            let watched = watch(&mongo.server, database).await;
            watched.map_err(Failure::broken("watch the collection"))
        }
    }
}

async fn append(
    mongo: &Mongo,
    database: &str,
    options: &Options,
    stop: &Stop,
) -> Result<(), Failure> {
    let store = mongo.store(database).await?;
    let target = Stored(store.clone());
    let tasks = Appending::tasks(&target, &options.shape()?, options.concurrency)?;
    let go = input();
    println!("{READY}");
    go.await.map_err(Failure::broken("wait for the start"))?;
    let until = Until::Elapsed(options.duration(), stop.clone());
    let tally = closed_loop::run(tasks, until).await;
    let statistics = store.statistics().await;
    let statistics = statistics.map_err(Failure::broken("ask how often others were first"))?;
    let outcome = Outcome::new(&tally, Some(Races::of(statistics.writer)));
    let line = serde_json::to_string(&outcome).map_err(Failure::broken("tell what was done"))?;
    drop(target);
    mongo.close(store).await?;
    println!("{line}");
    Ok(())
}

async fn follow(mongo: &Mongo, database: &str) -> Result<(), Failure> {
    let store = mongo.store(database).await?;
    let mut events = store.subscribe(Position::START, EventFilter::all());
    drop(input());
    println!("{READY}");
    loop {
        let event = events.next().await;
        let event = event.map_err(Failure::broken("follow the store"))?;
        println!("{} {}", event.id, now().as_nanos());
    }
}

async fn watch(server: &Server, database: &str) -> Result<(), BoxError> {
    let events = server.database(database).collection::<Document>(EVENTS);
    let mut changes = events.watch().await?;
    drop(input());
    println!("{READY}");
    while let Some(change) = changes.next().await {
        let id = last_event(&change?).ok_or("a change without events")?;
        println!("{id} {}", now().as_nanos());
    }
    Err("the change stream has ended".into())
}

fn last_event(change: &ChangeStreamEvent<Document>) -> Option<uuid::Uuid> {
    let events = change.full_document.as_ref()?.get_array("e").ok()?;
    match events.last()?.as_document()?.get("i")? {
        Bson::Binary(id) => uuid::Uuid::from_slice(&id.bytes).ok(),
        _ => None,
    }
}

/// The time of day, the same for all processes of a machine.
#[allow(
    clippy::disallowed_methods,
    reason = "two processes have no other clock in common"
)]
pub(crate) fn now() -> Duration {
    std::time::SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// Answers at the first line of the standard input; the process ends at its end.
fn input() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut lines = std::io::stdin().lock().lines();
        if let Some(Ok(_)) = lines.next() {
            // Whoever follows does not wait for it.
            let _ = sender.send(());
        }
        while let Some(Ok(_)) = lines.next() {}
        std::process::exit(1);
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_survives_being_told() {
        let mut tally = Tally::new();
        (tally.ops, tally.events, tally.errors) = (3, 12, 1);
        tally.elapsed = Duration::from_millis(1_500);
        for latency in [1_000, 2_000_000, 2_000_000] {
            tally.latencies.saturating_record(latency);
        }
        let line = serde_json::to_string(&Outcome::new(&tally, None)).unwrap();
        let told = serde_json::from_str::<Outcome>(&line).unwrap().tally();
        assert_eq!((told.ops, told.events, told.errors), (3, 12, 1));
        assert_eq!(told.elapsed, tally.elapsed);
        assert_eq!(told.latencies, tally.latencies);
    }
}
