//! Commands to the server, as bytes both ways.

use bytes::Bytes;
use futures_util::StreamExt;
use mongodb::bson::{Document, RawDocumentBuf, cstr, rawdoc};
use mongodb::error::{Error, Result};
use mongodb::raw_batch_cursor::RawBatch;

use crate::database::Database;
use crate::shared::detached;

/// How a write is acknowledged: by a majority, from its journal.
pub(crate) fn write_concern() -> RawDocumentBuf {
    rawdoc! { "w": "majority", "j": true }
}

/// Runs a find with the store's read concern on the primary, and returns the documents of its
/// first reply: all, or as many as fit 16 MiB.
///
/// The command must come without `readConcern`. Runs to its end even if it is dropped.
pub(crate) async fn find(database: &Database, command: RawDocumentBuf) -> Result<Vec<Bytes>> {
    let database = database.clone();
    detached(async move {
        let concern = database.read_concern();
        find_attached(&database, database.handle(), concern, command).await
    })
    .await
}

/// As [`find`], with a handle and a read concern of the caller's, who also sees to it that the
/// future is not dropped half way.
pub(crate) async fn find_attached(
    database: &Database,
    handle: &mongodb::Database,
    read_concern: RawDocumentBuf,
    mut command: RawDocumentBuf,
) -> Result<Vec<Bytes>> {
    command.append(cstr!("singleBatch"), true);
    command.append(cstr!("readConcern"), read_concern);
    let mut cursor = handle.run_raw_cursor_command(command).batch().await?;
    let Some(reply) = cursor.next().await.transpose()? else {
        return Ok(Vec::new());
    };
    database.saw_reply(reply.as_raw_document());
    documents(&reply)
}

/// Runs a write, and returns the server's reply once a majority has it.
///
/// The command must come without `writeConcern`. Runs to its end even if it is dropped.
///
/// # Errors
/// Also what went wrong with a single statement, but for duplicate keys.
pub(crate) async fn write(
    handle: &mongodb::Database,
    mut command: RawDocumentBuf,
) -> Result<Document> {
    command.append(cstr!("writeConcern"), write_concern());
    let handle = handle.clone();
    let reply = detached(async move { handle.run_raw_command(command).await }).await?;
    match refusal(&reply) {
        Some(error) => Err(error),
        None => Ok(reply),
    }
}

fn documents(batch: &RawBatch) -> Result<Vec<Bytes>> {
    let documents = batch.doc_slices()?.into_iter();
    let bytes = documents.map(|document| {
        let document = document?;
        let bytes = document.as_document().map(|document| document.as_bytes());
        Ok(Bytes::copy_from_slice(bytes.unwrap_or_default()))
    });
    bytes.collect()
}

/// What was not done, though the server answered.
fn refusal(reply: &Document) -> Option<Error> {
    const DUPLICATE_KEY: i32 = 11_000;
    let statements = reply.get_array("writeErrors").into_iter().flatten();
    let concern = reply.get_document("writeConcernError").ok();
    let error = statements
        .filter_map(|error| error.as_document())
        .chain(concern)
        .find(|error| error.get_i32("code").ok() != Some(DUPLICATE_KEY))?;
    // The server's text may quote the document: only the code is passed on.
    let name = error.get_str("codeName").unwrap_or("write error");
    let code = error.get_i32("code").unwrap_or_default();
    Some(Error::custom(format!("{name} ({code})")))
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    #[test]
    fn a_reply_is_good_unless_it_names_an_error_that_is_no_duplicate() {
        let duplicate = doc! { "index": 0, "code": 11_000 };
        let full =
            doc! { "index": 1, "code": 14_031, "codeName": "OutOfDiskSpace", "errmsg": "secret" };
        assert!(refusal(&doc! { "n": 1 }).is_none());
        assert!(refusal(&doc! { "writeErrors": [duplicate.clone()] }).is_none());
        let error = refusal(&doc! { "writeErrors": [duplicate, full] })
            .unwrap()
            .to_string();
        assert!(
            error.contains("OutOfDiskSpace") && !error.contains("secret"),
            "{error}"
        );
        let late = doc! { "writeConcernError": { "code": 64, "codeName": "WriteConcernTimeout" } };
        assert!(refusal(&late).is_some());
    }
}
