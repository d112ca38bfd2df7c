//! Writes a history down while it happens.

use std::{
    fmt,
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use es_core::{Position, RecordedEvent};

use super::{
    entry::{Answer, Entry, Line, Operation},
    log::Process,
    seen::Seen,
    store::Caller,
};

/// Writes down what the clients of one process do. Clones write to the same history.
///
/// Each line is one write to the file, without a buffer of ours, so that all of it is there when
/// the process is killed.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

struct Shared {
    started: Instant,
    state: Mutex<State>,
}

struct State {
    stamp: u64,
    names: u64,
    sink: Sink,
    /// The first reason why a line could not be written.
    failed: Option<String>,
}

enum Sink {
    File(File),
    Memory(Vec<Line>),
}

impl Recorder {
    /// Makes a new file, which must not be there yet.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn to_file(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create_new(true).open(path)?;
        Ok(Self::new(Sink::File(file)))
    }

    /// Keeps the lines in memory, for [`process`](Self::process).
    pub fn in_memory() -> Self {
        Self::new(Sink::Memory(Vec::new()))
    }

    /// The lines so far of a recorder in memory; none of one that writes to a file.
    pub fn process(&self, name: &str) -> Process {
        let lines = match &self.state().sink {
            Sink::Memory(lines) => lines.clone(),
            Sink::File(_) => Vec::new(),
        };
        Process {
            name: name.to_owned(),
            lines,
        }
    }

    /// Whether all lines could be written. A history with gaps proves nothing.
    ///
    /// # Errors
    /// The first failure.
    pub fn whole(&self) -> Result<(), String> {
        self.state().failed.clone().map_or(Ok(()), Err)
    }

    /// Notes that a call is about to be made, and names it.
    pub(super) fn called(&self, caller: &Caller, operation: Operation) -> u64 {
        let mut state = self.state();
        let call = state.next_name();
        let entry = Entry::Called {
            call,
            store: caller.store.to_string(),
            client: caller.client.to_string(),
            operation,
        };
        state.write(self.micros(), entry);
        call
    }

    pub(super) fn answered(&self, call: u64, answer: Answer) {
        let entry = Entry::Answered { call, answer };
        self.state().write(self.micros(), entry);
    }

    pub(super) fn subscribed(&self, caller: &Caller, after: Position) -> u64 {
        let mut state = self.state();
        let subscription = state.next_name();
        let entry = Entry::Subscribed {
            subscription,
            store: caller.store.to_string(),
            client: caller.client.to_string(),
            after,
        };
        state.write(self.micros(), entry);
        subscription
    }

    pub(super) fn delivered(&self, subscription: u64, events: &[RecordedEvent]) {
        let events = Seen::by_position(events);
        let entry = Entry::Delivered {
            subscription,
            events,
        };
        self.state().write(self.micros(), entry);
    }

    fn new(sink: Sink) -> Self {
        let state = State {
            stamp: 0,
            names: 0,
            sink,
            failed: None,
        };
        Self {
            shared: Arc::new(Shared {
                started: Instant::now(),
                state: Mutex::new(state),
            }),
        }
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.shared.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_name(&mut self) -> u64 {
        self.names += 1;
        self.names
    }

    fn write(&mut self, micros: u64, entry: Entry) {
        self.stamp += 1;
        let line = Line {
            stamp: self.stamp,
            micros,
            entry,
        };
        let written = match &mut self.sink {
            Sink::File(file) => write_line(file, &line),
            Sink::Memory(lines) => {
                lines.push(line);
                Ok(())
            }
        };
        if let (Err(error), None) = (written, &self.failed) {
            self.failed = Some(error.to_string());
        }
    }
}

fn write_line(file: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("lines", &self.state().stamp)
            .finish_non_exhaustive()
    }
}
