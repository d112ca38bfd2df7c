//! A reply of the server with whole documents.

use std::fmt;

use bytes::Bytes;
use mongodb::bson::RawBsonRef;
use mongodb::raw_batch_cursor::RawBatch;

/// Documents of one reply, in its memory.
#[derive(Clone, Default)]
pub(crate) struct Batch {
    buffer: Bytes,
    /// Where each document begins and ends.
    documents: Vec<(usize, usize)>,
    /// Whether the reply was full before all documents were in it.
    pub(crate) cut: bool,
}

impl Batch {
    /// Takes the reply over without copying it.
    pub(super) fn of(reply: RawBatch) -> mongodb::error::Result<Self> {
        let whole = reply.as_raw_document();
        let cursor = whole.get_document("cursor");
        let cut = cursor.and_then(|cursor| cursor.get_i64("id"));
        let cut = cut.is_ok_and(|id| id != 0);
        let start = whole.as_bytes().as_ptr().addr();
        let mut documents = Vec::new();
        for document in reply.doc_slices()? {
            if let RawBsonRef::Document(document) = document? {
                let bytes = document.as_bytes();
                let at = bytes.as_ptr().addr() - start;
                documents.push((at, at + bytes.len()));
            }
        }
        Ok(Self {
            buffer: Bytes::from_owner(Reply(reply)),
            documents,
            cut,
        })
    }

    /// One document by itself.
    #[cfg(test)]
    pub(crate) fn one(document: Bytes) -> Self {
        Self {
            documents: vec![(0, document.len())],
            buffer: document,
            cut: false,
        }
    }

    /// The memory in which the documents lie.
    pub(crate) fn buffer(&self) -> &Bytes {
        &self.buffer
    }

    fn len(&self) -> usize {
        self.documents.len()
    }

    pub(crate) fn document(&self, index: usize) -> Option<&[u8]> {
        let (from, to) = *self.documents.get(index)?;
        self.buffer.get(from..to)
    }

    pub(crate) fn last(&self) -> Option<&[u8]> {
        self.document(self.len().checked_sub(1)?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.document(index))
    }

    /// Leaves only the first so many documents; whether there were more.
    pub(super) fn truncate(&mut self, count: usize) -> bool {
        let more = self.documents.len() > count;
        self.documents.truncate(count);
        more
    }
}

/// Payloads are in it.
impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("documents", &self.documents.len())
            .field("bytes", &self.buffer.len())
            .field("cut", &self.cut)
            .finish_non_exhaustive()
    }
}

struct Reply(RawBatch);

impl AsRef<[u8]> for Reply {
    fn as_ref(&self) -> &[u8] {
        self.0.as_raw_document().as_bytes()
    }
}
