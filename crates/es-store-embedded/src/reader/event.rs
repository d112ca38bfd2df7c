//! Finding one event by its id.

use es_core::{AppendId, Direction, EventId, Position, ReadError, RecordedEvent};

use super::{at, corrupt, malformed, open, record};
use crate::engine::{Engine, Table};
use crate::keys;
use crate::record::Record;

/// The first durable event with this id.
///
/// An event whose append has the same id is found through the append; it may also be that the
/// append's id is that of some other event, so what is found is looked at.
pub(crate) fn find(
    engine: &dyn Engine,
    head: Position,
    id: EventId,
) -> Result<Option<RecordedEvent>, ReadError> {
    let by_append = first_of_append(engine, head, id)?;
    let by_event = by_index(engine, head, id)?;
    let earlier = match (by_append, by_event) {
        (Some(a), Some(b)) if b.position < a.position => Some(b),
        (a, b) => a.or(b),
    };
    Ok(earlier)
}

fn first_of_append(
    engine: &dyn Engine,
    head: Position,
    id: EventId,
) -> Result<Option<RecordedEvent>, ReadError> {
    let Some(last) = append_end(engine, AppendId::from(id))?.filter(|last| *last <= head) else {
        return Ok(None);
    };
    let record = record(engine, last)?;
    let first = event_at(&record, record.first_position())?;
    Ok(Some(first).filter(|event| event.id == id))
}

fn by_index(
    engine: &dyn Engine,
    head: Position,
    id: EventId,
) -> Result<Option<RecordedEvent>, ReadError> {
    let (from, to) = (keys::event(id, Position::START), keys::event(id, head));
    let Some(entry) = engine
        .scan(Table::Events, &from..=&to, Direction::Forward)
        .next()
    else {
        return Ok(None);
    };
    let (key, _) = entry.map_err(at(Position::START))?;
    let position = keys::read_event_position(&key)
        .ok_or_else(|| corrupt(Position::START, "an entry of the index of ids is malformed"))?;
    let event = event_at(&holding(engine, head, position)?, position)?;
    if event.id == id {
        Ok(Some(event))
    } else {
        Err(corrupt(
            position,
            "the index of ids points to another event",
        ))
    }
}

/// Where the append with this id ends.
pub(crate) fn append_end(engine: &dyn Engine, id: AppendId) -> Result<Option<Position>, ReadError> {
    let value = engine
        .get(Table::Appends, &keys::append(id))
        .map_err(at(Position::START))?;
    let malformed = || {
        corrupt(
            Position::START,
            "an entry of the index of appends is malformed",
        )
    };
    value
        .map(|value| keys::read_position(&value).ok_or_else(malformed))
        .transpose()
}

/// The record that holds a position.
fn holding(engine: &dyn Engine, head: Position, position: Position) -> Result<Record, ReadError> {
    let (from, to) = (keys::position(position), keys::position(head));
    let entry = engine
        .scan(Table::Log, &from..=&to, Direction::Forward)
        .next();
    let missing = || corrupt(position, "the record is missing");
    let (key, bytes) = entry.ok_or_else(missing)?.map_err(at(position))?;
    open(bytes, keys::read_position(&key).ok_or_else(missing)?)
}

fn event_at(record: &Record, position: Position) -> Result<RecordedEvent, ReadError> {
    let body = record.parse().map_err(malformed(position))?;
    let mut found = None;
    body.events(|_, _, at| at == position, |event| found = Some(event))
        .map_err(malformed(position))?;
    found.ok_or_else(|| corrupt(position, "the event is missing from its record"))
}
