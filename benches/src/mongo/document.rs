//! Appends as the documents of the store, made by hand.

use es_core::NewEvent;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{RawArrayBuf, RawBinaryRef, RawDocumentBuf, cstr};
use mongodb::options::{Acknowledgment, WriteConcern};

use crate::traffic::Work;

/// The document of an append whose first event has this position.
pub(super) fn commit(work: &Work, position: u64, marked: bool) -> RawDocumentBuf {
    let mut document = RawDocumentBuf::new();
    document.append(cstr!("_id"), position.cast_signed());
    document.append(cstr!("v"), (work.version.get() + 1).cast_signed());
    document.append(cstr!("at"), AT);
    document.append(cstr!("n"), work.events.len() as i32);
    document.append(cstr!("s"), work.stream.as_str());
    document.append(cstr!("c"), work.stream.category());
    if let Some(first) = work.events.first() {
        document.append(cstr!("m"), metadata(first));
    }
    let mut events = RawArrayBuf::new();
    for new in &work.events {
        let mut event = RawDocumentBuf::new();
        fill(&mut event, new);
        events.push(event);
    }
    document.append(cstr!("e"), events);
    if marked {
        let mut mark = RawDocumentBuf::new();
        mark.append(cstr!("i"), AT);
        mark.append(cstr!("q"), false);
        document.append(cstr!("w"), mark);
    }
    document
}

/// The document of one event, as those have it who write one for each.
pub(super) fn single(work: &Work, index: usize, position: i64) -> RawDocumentBuf {
    let mut document = RawDocumentBuf::new();
    document.append(cstr!("_id"), position);
    document.append(
        cstr!("v"),
        (work.version.get() + 1).cast_signed() + index as i64,
    );
    document.append(cstr!("at"), AT);
    document.append(cstr!("s"), work.stream.as_str());
    document.append(cstr!("m"), metadata(&work.events[index]));
    fill(&mut document, &work.events[index]);
    document
}

/// A time of recording. The ceilings need none; a number of this size takes the same space.
const AT: i64 = 1_767_225_600_000_000;

fn fill(document: &mut RawDocumentBuf, event: &NewEvent) {
    let id = event.id.uuid();
    document.append(cstr!("i"), binary(BinarySubtype::Uuid, id.as_bytes()));
    document.append(cstr!("t"), event.name.as_str());
    document.append(cstr!("k"), event.payload.codec.as_str());
    let data = binary(BinarySubtype::Generic, &event.payload.data);
    document.append(cstr!("d"), data);
}

fn metadata(event: &NewEvent) -> RawDocumentBuf {
    let mut document = RawDocumentBuf::new();
    if let Some(correlation) = event.metadata.correlation() {
        document.append(cstr!("c"), correlation);
    }
    document
}

fn binary(subtype: BinarySubtype, bytes: &[u8]) -> RawBinaryRef<'_> {
    RawBinaryRef { subtype, bytes }
}

/// An insert command, as durable as the store's.
pub(super) fn insert_command(collection: &str, documents: RawArrayBuf) -> RawDocumentBuf {
    let mut concern = RawDocumentBuf::new();
    concern.append(cstr!("w"), "majority");
    concern.append(cstr!("j"), true);
    let mut command = RawDocumentBuf::new();
    command.append(cstr!("insert"), collection);
    command.append(cstr!("ordered"), true);
    command.append(cstr!("documents"), documents);
    command.append(cstr!("writeConcern"), concern);
    command
}

/// The same for the driver's own commands.
pub(super) fn durable() -> WriteConcern {
    WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .build()
}
