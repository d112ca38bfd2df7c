//! Reads everything back, and judges.

use std::{collections::BTreeSet, path::Path};

use es_core::{
    AllRange, EventStore, Place, Position, ReadError, RecordedEvent, StreamId, StreamRange,
    StreamVersion,
};
use es_serde::chain::HashChain;
use es_testkit::history::{History, Report, check};

use crate::opened::Opened;

/// How many events are looked up by their ids.
const LOOKED_UP: usize = 100;

/// What a fresh store returns in the end.
#[derive(Debug, Default)]
pub(crate) struct ReadBack {
    pub(crate) stored: Vec<RecordedEvent>,
    pub(crate) problems: Vec<String>,
}

/// All that a fresh store returns; it is also asked for streams and ids, so that the history holds
/// answers about all of them. A hole is a problem, and what lies behind it is read all the same, so
/// that the verdict says what exactly is gone.
///
/// # Errors
/// If the log cannot be read to its end: then nobody can say what it holds.
pub(crate) async fn read_back(opened: &Opened) -> Result<ReadBack, ReadError> {
    let store = opened.events.client("judge");
    let mut read = ReadBack::default();
    read.all(&store).await?;
    read.note("the end", store.head().await);
    let streams: BTreeSet<_> = read.stored.iter().map(|e| e.stream.clone()).collect();
    for stream in streams {
        read.note(stream.as_str(), read_stream(&store, &stream).await);
    }
    if opened.indexed {
        let step = (read.stored.len() / LOOKED_UP).max(1);
        let ids: Vec<_> = read.stored.iter().step_by(step).map(|e| e.id).collect();
        for id in ids {
            read.note("an event by its id", store.read_event(id).await);
        }
        let verified = HashChain::new(opened.store.clone()).verify(|_| {}).await;
        let broken = |error| format!("the hash chain: {error}");
        read.problems.extend(verified.err().map(broken));
    }
    Ok(read)
}

impl ReadBack {
    /// Reads all events, on both sides of each hole.
    async fn all(&mut self, store: &dyn EventStore) -> Result<(), ReadError> {
        let mut range = AllRange::after(Position::START);
        while let Err(error) = self.until_the_end(store, &mut range).await {
            let Some((before, last)) = hole(&error).filter(|(_, last)| *last > range.after) else {
                return Err(error);
            };
            self.problems.push(format!("reading everything: {error}"));
            let mut up_to_it = range.clone().until(before);
            self.until_the_end(store, &mut up_to_it).await?;
            range.after = last;
        }
        Ok(())
    }

    /// Reads page by page; `range` begins where it stopped if it fails.
    async fn until_the_end(
        &mut self,
        store: &dyn EventStore,
        range: &mut AllRange,
    ) -> Result<(), ReadError> {
        loop {
            let page = store.read_all(range).await?;
            self.stored.extend(page.events);
            let stuck = page.scanned_to <= range.after;
            range.after = page.scanned_to;
            if page.at_end && stuck {
                return Ok(());
            }
        }
    }

    fn note<T>(&mut self, what: &str, read: Result<T, ReadError>) {
        if let Err(error) = read {
            self.problems.push(format!("reading {what}: {error}"));
        }
    }
}

/// The last position before a hole, and the last one in it.
fn hole(error: &ReadError) -> Option<(Position, Position)> {
    match error {
        ReadError::Hole {
            expected: Place::Position(expected),
            found: Place::Position(found),
        } => {
            let before = |position: &Position| Position::new(position.get().saturating_sub(1));
            Some((before(expected), before(found)))
        }
        _ => None,
    }
}

async fn read_stream(store: &dyn EventStore, stream: &StreamId) -> Result<(), ReadError> {
    let mut rest = Some(StreamRange::all().from(StreamVersion::FIRST));
    while let Some(range) = rest {
        rest = store.read_stream(stream, range).await?.rest;
    }
    Ok(())
}

/// Judges the histories of all processes.
pub(crate) fn judge(
    directory: &Path,
    stored: &[RecordedEvent],
) -> Result<(History, Report), String> {
    let history = History::read_directory(directory).map_err(|error| error.to_string())?;
    let report = check(&history, stored);
    Ok((history, report))
}
