//! The document store, and the format of a document: a table, written by the writer thread like
//! everything else.
//!
//! The key is the kind, a zero byte and the name. The value is: format 1 (1 byte); the revision, 8
//! bytes, little endian; the content; XXH3-64 over the key and everything before.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use es_core::{
    BoxError, Direction, Document, DocumentError, DocumentKind, DocumentName, DocumentStore,
    Revision,
};
use tokio::sync::oneshot;

use crate::EmbeddedStore;
use crate::engine::{Engine, EngineError, Table};
use crate::error::Refused;
use crate::keys;
use crate::queue::{DocumentJob, Job};
use crate::record::{Malformed, Reader, Writer, digest_under};

const FORMAT: u8 = 1;

#[async_trait]
impl DocumentStore for EmbeddedStore {
    async fn load_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Result<Option<Document>, DocumentError> {
        self.shared
            .read_settled(unavailable, |engine| load(engine, kind, name))
    }

    async fn save_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        DocumentError::refuse_large(kind, name, &content)?;
        let room = self.queue.room(content.len()).await.map_err(unavailable)?;
        let (reply, answer) = oneshot::channel();
        let job = DocumentJob {
            kind: kind.clone(),
            name: name.clone(),
            expected,
            bytes: encode(&keys::document(kind, name), expected.next(), &content),
            reply,
            room,
        };
        self.queue
            .send(Job::Document(job))
            .await
            .map_err(unavailable)?;
        let interrupted = |_| unavailable(Refused::Interrupted("the writer stopped".into()));
        answer.await.map_err(interrupted)?
    }

    async fn documents(
        &self,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Result<Vec<Document>, DocumentError> {
        let shared = Arc::clone(&self.shared);
        let (kind, after) = (kind.clone(), after.cloned());
        // They may be large.
        let listed = tokio::task::spawn_blocking(move || {
            shared.read_settled(unavailable, |engine| {
                list(engine, &kind, after.as_ref(), limit)
            })
        });
        listed
            .await
            .map_err(|error| unavailable_because(error.into()))?
    }
}

/// The document as it stands.
pub(crate) fn load(
    engine: &dyn Engine,
    kind: &DocumentKind,
    name: &DocumentName,
) -> Result<Option<Document>, DocumentError> {
    let key = keys::document(kind, name);
    let found = engine.get(Table::Documents, &key);
    let found = found.map_err(|error| failed(kind, name, error))?;
    found
        .map(|value| decoded(kind, name, &key, &value))
        .transpose()
}

fn list(
    engine: &dyn Engine,
    kind: &DocumentKind,
    after: Option<&DocumentName>,
    limit: usize,
) -> Result<Vec<Document>, DocumentError> {
    let keys = keys::documents(kind, after);
    let keys = &keys.start()[..]..=&keys.end()[..];
    let entries = engine.scan(Table::Documents, keys, Direction::Forward);
    let documents = entries.take(limit).map(|entry| {
        let (key, value) = entry.map_err(|error| unavailable_because(error.into()))?;
        let name = keys::read_document_name(kind, &key)
            .ok_or_else(|| unavailable_because("the key of a document is malformed".into()))?;
        decoded(kind, &name, &key, &value)
    });
    documents.collect()
}

fn encode(key: &[u8], revision: Revision, content: &[u8]) -> Bytes {
    let mut bytes = Vec::with_capacity(content.len() + 17);
    let mut out = Writer(&mut bytes);
    out.byte(FORMAT);
    out.u64(revision.get());
    out.raw(content);
    let sum = digest_under(key, &bytes);
    Writer(&mut bytes).u64(sum);
    bytes.into()
}

fn decoded(
    kind: &DocumentKind,
    name: &DocumentName,
    key: &[u8],
    value: &Bytes,
) -> Result<Document, DocumentError> {
    let (revision, content) =
        decode(key, value).map_err(|malformed| corrupt(kind, name, malformed.into()))?;
    Ok(Document {
        name: name.clone(),
        revision,
        content,
    })
}

fn decode(key: &[u8], value: &Bytes) -> Result<(Revision, Bytes), Malformed> {
    let (content, sum) = value.split_last_chunk::<8>().ok_or(Malformed::Short)?;
    if digest_under(key, content) != u64::from_le_bytes(*sum) {
        return Err(Malformed::Checksum);
    }
    let mut reader = Reader::new(content);
    match reader.byte()? {
        FORMAT => {}
        other => return Err(Malformed::Format(other)),
    }
    let revision = Revision::new(reader.u64()?);
    Ok((revision, value.slice(reader.offset()..content.len())))
}

fn failed(kind: &DocumentKind, name: &DocumentName, error: EngineError) -> DocumentError {
    match error {
        EngineError::Damaged(source) => corrupt(kind, name, source),
        EngineError::Failed(_) | EngineError::Stopped(_) => unavailable_because(error.into()),
    }
}

fn corrupt(kind: &DocumentKind, name: &DocumentName, source: BoxError) -> DocumentError {
    DocumentError::Corrupt {
        kind: kind.clone(),
        name: name.clone(),
        source,
    }
}

fn unavailable(refused: Refused) -> DocumentError {
    unavailable_because(refused.into())
}

fn unavailable_because(source: BoxError) -> DocumentError {
    DocumentError::Unavailable { source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_back_and_no_flipped_bit_is_believed() {
        let key = keys::document(
            &DocumentKind::from_static("rules"),
            &DocumentName::from_static("a"),
        );
        let stored = encode(&key, Revision::new(300), b"content");
        let (revision, content) = decode(&key, &stored).unwrap();
        assert_eq!((revision.get(), &content[..]), (300, &b"content"[..]));
        for bit in 0..stored.len() * 8 {
            let mut flipped = stored.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&key, &flipped.into()).is_err(), "bit {bit}");
        }
        // Nor one under the key of another.
        assert!(decode(b"rules\0b", &stored).is_err());
        assert!(decode(&key, &Bytes::from_static(b"short")).is_err());
    }
}
