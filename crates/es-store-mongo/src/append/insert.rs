//! The insert command.

use bytes::Bytes;
use mongodb::bson::{RawArrayBuf, RawDocument, RawDocumentBuf, cstr};
use mongodb::error::Result;

use crate::command::write_concern;

/// `{insert, ordered, documents}`; outside a transaction also the write concern, which never
/// varies: a majority, and the journal.
pub(super) fn insert_command(
    collection: &str,
    documents: &[Bytes],
    in_transaction: bool,
) -> Result<RawDocumentBuf> {
    let mut array = RawArrayBuf::new();
    for document in documents {
        array.push(RawDocument::from_bytes(document)?);
    }
    let mut command = RawDocumentBuf::new();
    command.append(cstr!("insert"), collection);
    command.append(cstr!("ordered"), true);
    command.append(cstr!("documents"), array);
    if !in_transaction {
        command.append(cstr!("writeConcern"), write_concern());
    }
    Ok(command)
}
