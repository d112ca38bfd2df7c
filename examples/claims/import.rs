//! Importing a log: one append for each line, many of them under way at a time, in file order.
//!
//! An append's id is its event's id, so a line that is in the store already is a repeat, whatever
//! became of the last run: it changes nothing. Each append expects the version that its stream has
//! after the lines before it, so none can overtake one that failed.
//!
//! The embedded store places appends as they come. A store that need not, as the one on MongoDB,
//! keeps the order of each stream, while events of different streams that are under way together may
//! change places.

mod error;
mod versions;

use event_sourcing::core::{Appended, InvalidAppend, NewEvent};
use event_sourcing::{Append, AppendError, EventStore, ExpectedVersion, StreamId, StreamVersion};
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use indicatif::ProgressBar;
use tokio::task::unconstrained;

pub use self::error::{ImportError, Problem};

use self::versions::Versions;
use crate::cloud_event;
use crate::import_summary::Imported;
use crate::log_file::LogFile;
use crate::report::count;
use crate::stop::Stop;

/// How many appends are under way at most.
const IN_FLIGHT: usize = 1_024;
/// How many bytes of lines are under way at most, give or take a line.
const BYTES_IN_FLIGHT: usize = 32 * 1024 * 1024;

/// Imports a log until its end, the first problem, or a request to stop.
///
/// What was imported is in the summary, whatever the outcome.
pub async fn import(
    store: &dyn EventStore,
    log: LogFile,
    progress: &ProgressBar,
    stop: &Stop,
) -> (Imported, Result<(), ImportError>) {
    // Unconstrained, since a task that has used up its budget polls its futures in another order
    // than they were made in, and the store takes appends as they are polled.
    unconstrained(Importer::new(store, log).run(progress, stop)).await
}

struct Importer<'a> {
    store: &'a dyn EventStore,
    log: LogFile,
    versions: Versions,
    imported: Imported,
    bytes_in_flight: usize,
}

/// A line under way.
struct Line {
    number: u64,
    bytes: usize,
    stream: StreamId,
    event: NewEvent,
}

type Answer = Result<Appended, AppendError>;

impl<'a> Importer<'a> {
    fn new(store: &'a dyn EventStore, log: LogFile) -> Self {
        let (versions, imported) = (Versions::default(), Imported::default());
        Self {
            store,
            log,
            versions,
            imported,
            bytes_in_flight: 0,
        }
    }

    /// Answers are taken in file order, so the first failure is that of the first such line.
    async fn run(
        mut self,
        progress: &ProgressBar,
        stop: &Stop,
    ) -> (Imported, Result<(), ImportError>) {
        let store = self.store;
        let mut in_flight = FuturesOrdered::new();
        let mut end = None;
        let mut failure = None;
        loop {
            while end.is_none() && self.has_room(in_flight.len()) {
                match self.next_append(stop) {
                    Ok(Some((line, append))) => in_flight.push_back(send(store, line, append)),
                    Ok(None) => end = Some(Ok(())),
                    Err(error) => end = Some(Err(error)),
                }
            }
            let Some((line, answer)) = in_flight.next().await else {
                break;
            };
            self.bytes_in_flight -= line.bytes;
            if let Err(problem) = self.settle(&line, answer, failure.is_none()).await {
                failure.get_or_insert(Err(self.at(line.number, problem)));
                end = Some(Ok(()));
            }
            progress.set_message(count(self.imported.events()));
        }
        (self.imported, failure.or(end).unwrap_or(Ok(())))
    }

    fn has_room(&self, lines: usize) -> bool {
        lines < IN_FLIGHT && self.bytes_in_flight < BYTES_IN_FLIGHT
    }

    fn next_append(&mut self, stop: &Stop) -> Result<Option<(Line, Append)>, ImportError> {
        if stop.is_asked() {
            return Ok(None);
        }
        let Some((number, text)) = self.log.next_line()? else {
            return Ok(None);
        };
        let (bytes, parsed) = (text.len(), cloud_event::parse(text));
        let (stream, event) = parsed.map_err(|error| self.at(number, error.into()))?;
        let line = Line {
            number,
            bytes,
            stream,
            event,
        };
        let append = line.append(self.versions.send(&line.stream));
        let append = append.map_err(|error| self.at(number, error.into()))?;
        self.bytes_in_flight += bytes;
        Ok(Some((line, append)))
    }

    /// Notes what became of a line. One that ran into others of this file, as happens after an
    /// event that stands there twice, is sent once more, unless a line before it has failed.
    async fn settle(&mut self, line: &Line, answer: Answer, resend: bool) -> Result<(), Problem> {
        let again = match &answer {
            Err(AppendError::Conflict(conflict)) if resend => self.versions.after(conflict),
            _ => None,
        };
        let answer = match again {
            Some(version) => self.store.append(line.append(version)?).await,
            None => answer,
        };
        let appended = answer.map_err(Problem::of)?;
        self.imported.add(&line.stream, &line.event.name, &appended);
        self.versions.settle(&appended)
    }

    fn at(&self, line: u64, problem: Problem) -> ImportError {
        ImportError::Line {
            path: self.log.path().to_owned(),
            line,
            problem,
        }
    }
}

impl Line {
    fn append(&self, after: StreamVersion) -> Result<Append, InvalidAppend> {
        Append::new(
            self.stream.clone(),
            ExpectedVersion::Exact(after),
            [self.event.clone()],
        )
    }
}

async fn send(store: &dyn EventStore, line: Line, append: Append) -> (Line, Answer) {
    let answer = store.append(append).await;
    (line, answer)
}
