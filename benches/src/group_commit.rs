//! One writer thread that makes whatever is waiting durable in one go, and then answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use es_core::{BoxError, Position, StreamId, StreamVersion};
use tokio::sync::{mpsc, oneshot};

use crate::Failure;
use crate::record::Record;
use crate::traffic::Work;

/// How many appends may wait.
const QUEUE: usize = 4_096;
/// How many bytes are written at once, at most and about.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Where the writer thread writes.
pub(crate) trait Journal: Send + 'static {
    /// Makes all records durable, with one sync.
    fn write(&mut self, batch: &[Placed]) -> Result<(), BoxError>;
}

/// A record with its place in the log.
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) record: Record,
    /// The position of its last event.
    pub(crate) last: Position,
}

#[derive(Debug)]
struct Request {
    record: Record,
    reply: oneshot::Sender<Result<(), String>>,
}

/// A handle on the writer thread.
#[derive(Debug, Clone)]
pub(crate) struct GroupCommit {
    queue: mpsc::Sender<Request>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl GroupCommit {
    pub(crate) fn start(journal: impl Journal) -> Result<Self, Failure> {
        let (queue, requests) = mpsc::channel(QUEUE);
        let writer = Writer {
            journal,
            versions: HashMap::new(),
            head: Position::START,
        };
        let thread = thread::Builder::new()
            .name("ceiling-writer".to_owned())
            .spawn(move || writer.run(requests))
            .map_err(Failure::broken("start the writer thread"))?;
        Ok(Self {
            queue,
            thread: Arc::new(Mutex::new(Some(thread))),
        })
    }

    pub(crate) async fn append(&self, work: Work) -> Result<(), Failure> {
        let (reply, answer) = oneshot::channel();
        let record = Record::new(work);
        self.queue
            .send(Request { record, reply })
            .await
            .map_err(|_| gone())?;
        let answer = answer.await.map_err(|_| gone())?;
        answer.map_err(Failure::broken("append to the ceiling"))
    }

    /// Returns once the writer thread has ended. All clones must be gone.
    pub(crate) fn close(self) {
        drop(self.queue);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            eprintln!("es-bench: the writer thread of a ceiling panicked");
        }
    }
}

/// Whoever asked may be gone.
fn answer(reply: oneshot::Sender<Result<(), String>>, outcome: Result<(), String>) {
    let _ = reply.send(outcome);
}

fn gone() -> Failure {
    Failure::broken("append to the ceiling")("its writer thread has ended")
}

struct Writer<J> {
    journal: J,
    versions: HashMap<StreamId, StreamVersion>,
    head: Position,
}

impl<J: Journal> Writer<J> {
    fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(first) = requests.blocking_recv() {
            let mut bytes = first.record.bytes.len();
            let mut waiting = vec![first];
            while bytes < BATCH_BYTES
                && let Ok(next) = requests.try_recv()
            {
                bytes += next.record.bytes.len();
                waiting.push(next);
            }
            self.commit(waiting);
        }
    }

    fn commit(&mut self, waiting: Vec<Request>) {
        let mut batch = Vec::with_capacity(waiting.len());
        let mut replies = Vec::with_capacity(waiting.len());
        for Request { record, reply } in waiting {
            match self.place(record) {
                Ok(placed) => {
                    batch.push(placed);
                    replies.push(reply);
                }
                Err(refusal) => answer(reply, Err(refusal)),
            }
        }
        let written = self
            .journal
            .write(&batch)
            .map_err(|error| error.to_string());
        for reply in replies {
            answer(reply, written.clone());
        }
    }

    fn place(&mut self, record: Record) -> Result<Placed, String> {
        let before = self.versions.entry(record.stream.clone()).or_default();
        if *before != record.version {
            return Err(format!(
                "stream is at {before}, expected {}",
                record.version
            ));
        }
        *before = before.plus(record.events);
        self.head = self.head.plus(record.events);
        Ok(Placed {
            record,
            last: self.head,
        })
    }
}
