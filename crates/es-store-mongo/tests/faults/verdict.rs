//! Reads everything back, and judges.

use std::{collections::BTreeSet, path::Path};

use es_core::{EventStore, ReadError, RecordedEvent, StreamId, StreamRange, StreamVersion};
use es_testkit::history::{History, Report, check, read_everything};

use crate::opened::Opened;

/// How many events are looked up by their ids.
const LOOKED_UP: usize = 100;

/// All that a fresh store returns; it is also asked for streams and ids, so that the history holds
/// answers about all of them.
pub(crate) async fn read_back(opened: &Opened) -> Result<Vec<RecordedEvent>, ReadError> {
    let store = opened.events.client("judge");
    let stored = read_everything(&store).await?;
    store.head().await?;
    let streams: BTreeSet<_> = stored.iter().map(|event| &event.stream).collect();
    for stream in streams {
        read_stream(&store, stream).await?;
    }
    if opened.indexed {
        let step = (stored.len() / LOOKED_UP).max(1);
        for event in stored.iter().step_by(step) {
            store.read_event(event.id).await?;
        }
    }
    Ok(stored)
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
