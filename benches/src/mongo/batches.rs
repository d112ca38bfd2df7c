//! The ceiling of appends: insert commands that were made before, of as many documents as a store
//! would send at once.

use std::sync::Arc;
use std::time::Instant;

use es_core::BoxError;
use mongodb::Database;
use mongodb::bson::{RawArrayBuf, RawDocumentBuf};

use super::EVENTS;
use super::document::{commit, insert_command};
use crate::Failure;
use crate::closed_loop::{self, Step, Tally, Task, Until};
use crate::options::Options;
use crate::stop::Stop;
use crate::traffic::{Work, Writer};

/// How many events a command has, as the store's do.
const BATCH_EVENTS: usize = 2_000;
/// How many bytes it has at the most, about.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// More than one connection and several insert in a second on the machines we know.
const EVENTS_PER_S: [f64; 2] = [300_000.0, 550_000.0];
/// What may be made in advance.
const MOST_BYTES: usize = 1024 * 1024 * 1024;

/// Commands for several connections.
#[derive(Debug)]
pub(crate) struct Batches {
    of_connection: Vec<Vec<Batch>>,
}

#[derive(Debug, Clone)]
struct Batch {
    command: Arc<RawDocumentBuf>,
    events: u64,
}

impl Batches {
    /// Makes as many as are needed for a run, or a gigabyte of them.
    pub(crate) fn new(options: &Options, connections: usize) -> Result<Self, Failure> {
        let shape = options.shape()?;
        let writers = (0..options.concurrency).map(|task| Writer::new(&shape, task));
        let mut maker = Maker {
            writers: writers.collect::<Result<_, _>>()?,
            turn: 0,
            position: 1,
        };
        let rate = EVENTS_PER_S[usize::from(connections > 1)];
        let wanted = (options.seconds * rate) as u64;
        let mut of_connection = vec![Vec::new(); connections];
        let (mut events, mut bytes) = (0, 0);
        for turn in 0.. {
            if turn >= connections && (events >= wanted || bytes >= MOST_BYTES) {
                break;
            }
            let batch = maker.batch()?;
            events += batch.events;
            bytes += batch.command.as_bytes().len();
            of_connection[turn % connections].push(batch);
        }
        Ok(Self { of_connection })
    }

    /// Inserts them until the time is over or there are no more.
    pub(crate) async fn insert(self, database: &Database, options: &Options, stop: &Stop) -> Tally {
        let least = self.of_connection.iter().map(Vec::len).min();
        let until = Until::First(
            options.duration(),
            stop.clone(),
            least.unwrap_or_default() as u64,
        );
        let task = |batches: Vec<Batch>| Inserting {
            database: database.clone(),
            batches: batches.into_iter(),
        };
        closed_loop::run(self.of_connection.into_iter().map(task), until).await
    }
}

struct Maker {
    writers: Vec<Writer>,
    turn: usize,
    position: u64,
}

impl Maker {
    fn batch(&mut self) -> Result<Batch, Failure> {
        let mut documents = RawArrayBuf::new();
        let (mut events, mut bytes) = (0, 0);
        while events < BATCH_EVENTS && bytes < BATCH_BYTES {
            let work = self.next_work()?;
            events += work.events.len();
            let full = events >= BATCH_EVENTS;
            let document = commit(&work, self.position, full);
            bytes += document.as_bytes().len();
            documents.push(document);
            self.position += work.events.len() as u64;
        }
        Ok(Batch {
            command: Arc::new(insert_command(EVENTS, documents)),
            events: events as u64,
        })
    }

    /// The writers take turns, as the tasks of a store do.
    fn next_work(&mut self) -> Result<Work, Failure> {
        let writer = self.turn % self.writers.len();
        self.turn += 1;
        self.writers[writer].next_work()
    }
}

/// One connection.
struct Inserting {
    database: Database,
    batches: std::vec::IntoIter<Batch>,
}

impl Inserting {
    async fn insert(&mut self) -> Result<u64, BoxError> {
        let batch = self.batches.next().ok_or("there are no more commands")?;
        let command = Arc::unwrap_or_clone(batch.command);
        let reply = self.database.run_raw_command(command).await?;
        if reply.contains_key("writeErrors") || reply.contains_key("writeConcernError") {
            return Err("the server refused a document".into());
        }
        Ok(batch.events)
    }
}

impl Task for Inserting {
    async fn step(&mut self) -> Result<Step, Failure> {
        let called = Instant::now();
        let events = self.insert().await;
        let events = events.map_err(Failure::broken("insert by the bare driver"))?;
        Ok(Step {
            events,
            latency: called.elapsed(),
        })
    }
}
