//! The insert command.

use bytes::Bytes;
use mongodb::bson::RawDocumentBuf;
use mongodb::error::Result;

use crate::command::write_concern;
use crate::layout::writer::Writer;

/// `{insert, ordered, documents}`; outside a transaction also the write concern, which never
/// varies: a majority, and the journal.
pub(super) fn insert_command(
    collection: &str,
    documents: &[Bytes],
    in_transaction: bool,
) -> Result<RawDocumentBuf> {
    let mut bytes = Vec::with_capacity(room(collection, documents));
    let mut command = Writer::begin(&mut bytes);
    command.string("insert", collection);
    command.bool("ordered", true);
    command.array("documents", documents, |array, key, document| {
        array.encoded(key, document);
    });
    if !in_transaction {
        command.encoded("writeConcern", write_concern().as_bytes());
    }
    command.end();
    Ok(RawDocumentBuf::from_bytes(bytes)?)
}

/// As many bytes as the command takes, or a few more.
fn room(collection: &str, documents: &[Bytes]) -> usize {
    const COMMAND: usize = 128;
    const KEY: usize = 12;
    let documents = documents.iter().map(|document| document.len() + KEY);
    COMMAND + collection.len() + documents.sum::<usize>()
}
