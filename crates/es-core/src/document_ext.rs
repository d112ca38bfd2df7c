//! What callers would like of a store of documents, built on its contract.

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Document, DocumentError, DocumentKind, DocumentName, DocumentStore, Revision};

/// How many documents a page of [`DocumentPages`] has at most.
const AT_ONCE: usize = 100;

/// Conveniences on every store of documents.
#[async_trait]
pub trait DocumentStoreExt: DocumentStore {
    /// Saves a document that is never changed, and returns what is there already if somebody saved
    /// it before; nothing is changed then.
    ///
    /// # Errors
    /// See [`DocumentError`].
    async fn save_once(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
        content: Bytes,
    ) -> Result<Option<Bytes>, DocumentError> {
        let saved = self.save_document(kind, name, Revision::ABSENT, content);
        match saved.await {
            Ok(_) => Ok(None),
            Err(error) if error.is_conflict() => {
                let found = self.load_document(kind, name).await?;
                found.map(|found| Some(found.content)).ok_or(error)
            }
            Err(error) => Err(error),
        }
    }
}

impl<S: DocumentStore + ?Sized> DocumentStoreExt for S {}

/// All documents of a kind in the order of their names, page by page.
#[derive(Debug)]
pub struct DocumentPages<'s> {
    store: &'s dyn DocumentStore,
    kind: &'s DocumentKind,
    after: Option<DocumentName>,
}

impl<'s> DocumentPages<'s> {
    /// Those in this store, of this kind.
    pub fn new(store: &'s dyn DocumentStore, kind: &'s DocumentKind) -> Self {
        Self {
            store,
            kind,
            after: None,
        }
    }

    /// The next ones; none at the end.
    ///
    /// # Errors
    /// See [`DocumentError`].
    pub async fn next(&mut self) -> Result<Option<Vec<Document>>, DocumentError> {
        let page = self
            .store
            .documents(self.kind, self.after.as_ref(), AT_ONCE)
            .await?;
        let Some(last) = page.last() else {
            return Ok(None);
        };
        self.after = Some(last.name.clone());
        Ok(Some(page))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryStore;

    static KIND: DocumentKind = DocumentKind::from_static("rules");

    fn name(n: usize) -> DocumentName {
        DocumentName::new(format!("{n:04}")).unwrap()
    }

    #[tokio::test]
    async fn what_was_saved_once_stays_and_is_returned() {
        let store = MemoryStore::new();
        for found in [None, Some("first".into())] {
            let content = found.as_ref().map_or("first", |_| "second");
            let saved = store.save_once(&KIND, &name(1), content.into()).await;
            assert_eq!(saved.unwrap(), found);
        }
    }

    #[tokio::test]
    async fn pages_hold_every_document_once_in_order() {
        let store = MemoryStore::new();
        for n in 0..2 * AT_ONCE + 1 {
            store.save_once(&KIND, &name(n), "".into()).await.unwrap();
        }
        let (mut pages, mut names) = (DocumentPages::new(&store, &KIND), Vec::new());
        while let Some(page) = pages.next().await.unwrap() {
            names.extend(page.into_iter().map(|document| document.name));
        }
        assert!(names.iter().cloned().eq((0..2 * AT_ONCE + 1).map(name)));
    }
}
