//! Commands to the server, as bytes both ways.

use bytes::Bytes;
use futures_util::StreamExt;
use mongodb::bson::{Document, RawDocumentBuf, cstr, rawdoc};
use mongodb::error::{Error, Result};
use mongodb::raw_batch_cursor::RawBatch;

use crate::database::Database;
use crate::shared::detached;

/// The server's code for a key that is there already.
const DUPLICATE_KEY: i32 = 11_000;

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

/// Runs a write, and returns the server's reply once a majority has all of it.
///
/// The command must come without `writeConcern`. Runs to its end even if it is dropped.
///
/// # Errors
/// Also what went wrong with a single statement.
pub(crate) async fn write_all(
    handle: &mongodb::Database,
    command: RawDocumentBuf,
) -> Result<Document> {
    let reply = send(handle, command).await?;
    first_error(errors(&reply)).map_or(Ok(reply), Err)
}

/// As [`write_all`], for an insert or an upsert of what may be there already: a duplicate key is no
/// error here. Its statement was not done, as `writeErrors` in the reply says, and the caller has
/// to see to that.
pub(crate) async fn write(handle: &mongodb::Database, command: RawDocumentBuf) -> Result<Document> {
    let reply = send(handle, command).await?;
    first_error(errors_but_duplicates(&reply)).map_or(Ok(reply), Err)
}

async fn send(handle: &mongodb::Database, mut command: RawDocumentBuf) -> Result<Document> {
    command.append(cstr!("writeConcern"), write_concern());
    let handle = handle.clone();
    detached(async move { handle.run_raw_command(command).await }).await
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
fn errors(reply: &Document) -> impl Iterator<Item = &Document> {
    let statements = reply.get_array("writeErrors").into_iter().flatten();
    let concern = reply.get_document("writeConcernError").ok();
    statements
        .filter_map(|error| error.as_document())
        .chain(concern)
}

fn errors_but_duplicates(reply: &Document) -> impl Iterator<Item = &Document> {
    errors(reply).filter(|error| code(error) != DUPLICATE_KEY)
}

/// The server's text may quote the document: only the code is passed on.
fn first_error<'r>(mut errors: impl Iterator<Item = &'r Document>) -> Option<Error> {
    let error = errors.next()?;
    let code = code(error);
    let name = match code {
        DUPLICATE_KEY => "a unique index refuses the document: duplicate key",
        _ => error.get_str("codeName").unwrap_or("write error"),
    };
    Some(Error::custom(format!("{name} ({code})")))
}

fn code(error: &Document) -> i32 {
    error.get_i32("code").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    fn refused(reply: &Document) -> Option<String> {
        first_error(errors(reply)).map(|error| error.to_string())
    }

    #[test]
    fn a_reply_is_good_unless_it_names_an_error() {
        assert_eq!(refused(&doc! { "n": 1 }), None);
        let full =
            doc! { "index": 1, "code": 14_031, "codeName": "OutOfDiskSpace", "errmsg": "secret" };
        let error = refused(&doc! { "writeErrors": [full.clone()] }).unwrap();
        assert!(
            error.contains("OutOfDiskSpace") && !error.contains("secret"),
            "{error}"
        );
        let late = doc! { "writeConcernError": { "code": 64, "codeName": "WriteConcernTimeout" } };
        let error = refused(&late).unwrap();
        assert!(error.contains("WriteConcernTimeout"), "{error}");
        let duplicate = doc! { "index": 0, "code": DUPLICATE_KEY, "errmsg": "secret" };
        let both = doc! { "writeErrors": [duplicate, full] };
        let error = refused(&both).unwrap();
        assert!(
            error.contains("duplicate key") && !error.contains("secret"),
            "{error}"
        );
        let other = first_error(errors_but_duplicates(&both)).unwrap();
        assert!(other.to_string().contains("OutOfDiskSpace"), "{other}");
    }

    /// The same insert twice: the caller says whether what is there already is an error.
    #[tokio::test]
    async fn only_a_caller_who_expects_a_duplicate_is_not_told_of_it() {
        let server = es_testkit::mongo::shared().await;
        let client = mongodb::Client::with_uri_str(server.uri()).await.unwrap();
        let database = client.database(&server.database());
        let insert = || rawdoc! { "insert": "documents", "documents": [ { "_id": 1 } ] };
        write_all(&database, insert()).await.unwrap();
        let reply = write(&database, insert()).await.unwrap();
        assert!(reply.contains_key("writeErrors"), "{reply}");
        let error = write_all(&database, insert()).await.unwrap_err();
        assert!(error.to_string().contains("11000"), "{error}");
    }
}
