//! What events say follows from their ids, so that whoever knows the ids can repeat an append.

use es_core::{
    Append, CodecId, EventId, ExpectedVersion, InvalidAppend, Metadata, NewEvent, Payload,
    StreamId, TypeName, TypeVersion,
};
use es_testkit::history::AppendCall;
use uuid::Uuid;

use crate::chance::Chance;

const NAMES: [TypeName; 3] = [
    TypeName::from_static("ClaimSubmitted"),
    TypeName::from_static("ClaimAssessed"),
    TypeName::from_static("ClaimPaid"),
];

/// The event with this id.
pub(crate) fn event(id: EventId) -> NewEvent {
    let (high, low) = id.uuid().as_u64_pair();
    let mut chance = Chance::new(high, low);
    let name = NAMES[usize::try_from(chance.below(3)).unwrap()].clone();
    let length = if chance.percent(10) { 4_000 } else { 200 };
    let length = 16 + chance.below(length);
    let text: String = (0..length)
        .map(|_| char::from(b'a' + (chance.next() % 26) as u8))
        .collect();
    let data = format!("{{\"said\":\"{text}\"}}");
    let payload = Payload::new(CodecId::from_static("json"), TypeVersion::INITIAL, data);
    let event = NewEvent::new(id, name, payload);
    if chance.percent(30) {
        let metadata = Metadata::new().with_correlation(id.to_string());
        event.with_metadata(metadata)
    } else {
        event
    }
}

/// The append that was asked for by this call.
pub(crate) fn append(call: &AppendCall) -> Result<Append, InvalidAppend> {
    let streams = call.writes.iter().map(|write| {
        let ids = write.events.iter().map(|(id, _)| *id).collect();
        (write.stream.clone(), write.expected, ids)
    });
    let checks = call
        .checks
        .iter()
        .map(|check| (check.stream.clone(), check.expected));
    let append = build(streams.collect(), checks.collect())?;
    Ok(append.with_id(call.id))
}

pub(crate) type Write = (StreamId, ExpectedVersion, Vec<EventId>);

/// An append with the events of these ids.
pub(crate) fn build(
    writes: Vec<Write>,
    checks: Vec<(StreamId, ExpectedVersion)>,
) -> Result<Append, InvalidAppend> {
    let events = |ids: Vec<EventId>| ids.into_iter().map(event).collect::<Vec<_>>();
    let mut writes = writes.into_iter();
    let (stream, expected, ids) = writes.next().expect("an append has events");
    let mut append = Append::new(stream, expected, events(ids))?;
    for (stream, expected, ids) in writes {
        append = append.and(stream, expected, events(ids))?;
    }
    for (stream, expected) in checks {
        append = append.check(stream, expected)?;
    }
    Ok(append)
}

pub(crate) fn ids(chance: &mut Chance, count: u64) -> Vec<EventId> {
    (0..count).map(|_| EventId::new(uuid(chance))).collect()
}

pub(crate) fn uuid(chance: &mut Chance) -> Uuid {
    Uuid::from_u64_pair(chance.next(), chance.next())
}
