//! Answering an append whose id is there already.

use es_core::{Append, AppendError, Appended, RecordedEvent, StreamAppended};

use crate::reader::malformed;
use crate::record::{Malformed, Record};

/// The first result if the append is the one that is stored, else a refusal.
pub(super) fn answer(append: &Append, stored: &Record) -> Result<Appended, AppendError> {
    let damaged = |error: Malformed| AppendError::Corrupt {
        source: malformed(stored.last_position())(error).into(),
    };
    let body = stored.parse().map_err(damaged)?;
    let mut events = Vec::new();
    body.events(|_, _, _| true, |event| events.push(event))
        .map_err(damaged)?;
    if body.append_id() != append.id() || !is_same(append, &events) {
        return Err(AppendError::IdReused {
            append_id: append.id(),
        });
    }
    let streams = body.streams().iter().map(|part| StreamAppended {
        stream: part.stream.clone(),
        first_version: part.first_version,
        last_version: part.last_version(),
    });
    Ok(Appended {
        first_position: stored.first_position(),
        last_position: stored.last_position(),
        streams: streams.collect(),
        repeated: true,
    })
}

fn is_same(append: &Append, stored: &[RecordedEvent]) -> bool {
    let new = append
        .writes()
        .iter()
        .flat_map(|write| write.events.iter().map(move |event| (&write.stream, event)));
    stored.len() == append.event_count()
        && stored
            .iter()
            .zip(new)
            .all(|(old, (stream, new))| old.stream == *stream && old.is(new))
}
