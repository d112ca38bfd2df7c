//! Stores whose documents are wrong.

use async_trait::async_trait;
use bytes::Bytes;
use es_core::memory::MemoryStore;
use es_core::testing::ManualClock;
use es_core::{
    Document, DocumentError, DocumentKind, DocumentName, DocumentStore, MAX_DOCUMENT_BYTES,
    Revision,
};

use crate::mutation::{Mutation, let_others_come_between};

const ONE_KIND: DocumentKind = DocumentKind::from_static("all");
/// More than the cases save.
const ALL: usize = 1_000;

/// Where a document stands.
async fn revision(store: &MemoryStore, kind: &DocumentKind, name: &DocumentName) -> Revision {
    let found = store.load_document(kind, name).await.unwrap();
    found.map_or(Revision::ABSENT, |found| found.revision)
}

/// Finds an empty document where there is none.
#[derive(Debug)]
pub(crate) struct InventsDocuments;

#[async_trait]
impl Mutation for InventsDocuments {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn load_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Option<Document> {
        let found = store.load_document(kind, name).await.unwrap();
        let invented = || Document {
            name: name.clone(),
            revision: Revision::ABSENT,
            content: Bytes::new(),
        };
        Some(found.unwrap_or_else(invented))
    }
}

/// Answers a save with the revision before it.
#[derive(Debug)]
pub(crate) struct AnswersAnotherRevision;

#[async_trait]
impl Mutation for AnswersAnotherRevision {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        store
            .save_document(kind, name, expected, content)
            .await
            .map(|_| expected)
    }
}

/// Saves a document from wherever it stands.
#[derive(Debug)]
pub(crate) struct SavesWithoutComparing;

#[async_trait]
impl Mutation for SavesWithoutComparing {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        _: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        loop {
            let actual = revision(store, kind, name).await;
            let saved = store.save_document(kind, name, actual, content.clone());
            match saved.await {
                Err(DocumentError::Changed { .. }) => {}
                answer => return answer,
            }
        }
    }
}

/// Takes a document that is to be new for one that is to be there, if it is.
#[derive(Debug)]
pub(crate) struct CreatesAgain;

#[async_trait]
impl Mutation for CreatesAgain {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        if expected == Revision::ABSENT {
            return SavesWithoutComparing
                .save_document(store, kind, name, expected, content)
                .await;
        }
        store.save_document(kind, name, expected, content).await
    }
}

/// Says that a document is saved where its content is there already.
#[derive(Debug)]
pub(crate) struct SavesWhatIsTheSame;

#[async_trait]
impl Mutation for SavesWhatIsTheSame {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        let found = store.load_document(kind, name).await?;
        match found.filter(|found| found.content == content) {
            Some(found) if found.revision != expected => Ok(found.revision),
            _ => store.save_document(kind, name, expected, content).await,
        }
    }
}

/// Compares a document, and sets it a moment later.
#[derive(Debug)]
pub(crate) struct ComparesDocumentsTooEarly;

#[async_trait]
impl Mutation for ComparesDocumentsTooEarly {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        if revision(store, kind, name).await != expected {
            return store.save_document(kind, name, expected, content).await;
        }
        let_others_come_between().await;
        SavesWithoutComparing
            .save_document(store, kind, name, expected, content)
            .await
    }
}

/// Keeps the documents of all kinds under one.
#[derive(Debug)]
pub(crate) struct MixesKinds;

#[async_trait]
impl Mutation for MixesKinds {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn load_document(
        &self,
        store: &MemoryStore,
        _: &DocumentKind,
        name: &DocumentName,
    ) -> Option<Document> {
        store.load_document(&ONE_KIND, name).await.unwrap()
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        _: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        store
            .save_document(&ONE_KIND, name, expected, content)
            .await
    }

    async fn documents(
        &self,
        store: &MemoryStore,
        _: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Vec<Document> {
        store.documents(&ONE_KIND, after, limit).await.unwrap()
    }
}

/// Finds a document by its kind and name with a stroke in between.
#[derive(Debug)]
pub(crate) struct JoinsKindsAndNames;

/// None where it would be too long.
fn joined(kind: &DocumentKind, name: &DocumentName) -> Option<DocumentName> {
    DocumentName::new(format!("{kind}/{name}")).ok()
}

#[async_trait]
impl Mutation for JoinsKindsAndNames {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn load_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Option<Document> {
        let Some(joined) = joined(kind, name) else {
            return store.load_document(kind, name).await.unwrap();
        };
        let found = store.load_document(&ONE_KIND, &joined).await.unwrap()?;
        Some(Document {
            name: name.clone(),
            ..found
        })
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        match joined(kind, name) {
            Some(joined) => {
                store
                    .save_document(&ONE_KIND, &joined, expected, content)
                    .await
            }
            None => store.save_document(kind, name, expected, content).await,
        }
    }
}

/// Takes large letters for small ones.
#[derive(Debug)]
pub(crate) struct FoldsTheCaseOfDocuments;

fn folded(name: &DocumentName) -> DocumentName {
    DocumentName::new(name.as_str().to_lowercase()).unwrap()
}

#[async_trait]
impl Mutation for FoldsTheCaseOfDocuments {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn load_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Option<Document> {
        let found = store.load_document(kind, &folded(name)).await.unwrap()?;
        Some(Document {
            name: name.clone(),
            ..found
        })
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        store
            .save_document(kind, &folded(name), expected, content)
            .await
    }
}

/// Lists the documents of kinds that begin in the same way, too.
#[derive(Debug)]
pub(crate) struct ListsByPrefix;

#[async_trait]
impl Mutation for ListsByPrefix {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn documents(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Vec<Document> {
        let mut found = store.documents(kind, after, limit).await.unwrap();
        for ending in ["b", "/", "/b", "a"] {
            let longer = DocumentKind::new(format!("{kind}{ending}"));
            if let Ok(longer) = longer {
                found.extend(store.documents(&longer, after, limit).await.unwrap());
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found.truncate(limit);
        found
    }
}

/// Lists short names before long ones.
#[derive(Debug)]
pub(crate) struct ListsTheShortOnesFirst;

#[async_trait]
impl Mutation for ListsTheShortOnesFirst {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn documents(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Vec<Document> {
        let mut found = store.documents(kind, after, limit).await.unwrap();
        found.sort_by_key(|document| document.name.as_str().len());
        found
    }
}

/// Compares names as UTF-16 does.
#[derive(Debug)]
pub(crate) struct ListsInTheOrderOfUtf16;

#[async_trait]
impl Mutation for ListsInTheOrderOfUtf16 {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn documents(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Vec<Document> {
        let mut found = store.documents(kind, None, ALL).await.unwrap();
        let units = |name: &DocumentName| name.as_str().encode_utf16().collect::<Vec<_>>();
        if let Some(after) = after {
            found.retain(|document| units(&document.name) > units(after));
        }
        found.sort_by_key(|document| units(&document.name));
        found.truncate(limit);
        found
    }
}

/// Begins a page with the document after which it was to begin.
#[derive(Debug)]
pub(crate) struct RepeatsTheEndOfAPage;

#[async_trait]
impl Mutation for RepeatsTheEndOfAPage {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn documents(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Vec<Document> {
        let mut found = store.documents(kind, None, ALL).await.unwrap();
        found.retain(|document| after.is_none_or(|after| document.name >= *after));
        found.truncate(limit);
        found
    }
}

/// Lists all documents on one page.
#[derive(Debug)]
pub(crate) struct IgnoresTheLimitOfDocuments;

#[async_trait]
impl Mutation for IgnoresTheLimitOfDocuments {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn documents(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        _: usize,
    ) -> Vec<Document> {
        store.documents(kind, after, ALL).await.unwrap()
    }
}

/// Ends a page where the reply of a server would.
#[derive(Debug)]
pub(crate) struct ListsAsMuchAsAReplyHolds;

#[async_trait]
impl Mutation for ListsAsMuchAsAReplyHolds {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn documents(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Vec<Document> {
        let mut found = store.documents(kind, after, limit).await.unwrap();
        let mut room: usize = 16 * 1024 * 1024;
        found.retain(|document| {
            let fits = room >= document.content.len();
            room = room.saturating_sub(document.content.len());
            fits
        });
        found
    }
}

/// Finds no document where it is empty.
#[derive(Debug)]
pub(crate) struct TakesEmptyForAbsent;

#[async_trait]
impl Mutation for TakesEmptyForAbsent {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn load_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Option<Document> {
        let found = store.load_document(kind, name).await.unwrap();
        found.filter(|found| !found.content.is_empty())
    }
}

/// Keeps a document as text.
#[derive(Debug)]
pub(crate) struct KeepsTextOnly;

#[async_trait]
impl Mutation for KeepsTextOnly {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        let text = String::from_utf8_lossy(&content).into_owned();
        store.save_document(kind, name, expected, text.into()).await
    }
}

/// Cuts off what is over a mebibyte with the name.
#[derive(Debug)]
pub(crate) struct CutsLargeDocuments;

#[async_trait]
impl Mutation for CutsLargeDocuments {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        let room = MAX_DOCUMENT_BYTES - name.as_str().len();
        let cut = content.slice(..content.len().min(room));
        store.save_document(kind, name, expected, cut).await
    }
}

/// Cuts off what is too much, and says that it was saved.
#[derive(Debug)]
pub(crate) struct CutsTooLargeDocuments;

#[async_trait]
impl Mutation for CutsTooLargeDocuments {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn save_document(
        &self,
        store: &MemoryStore,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        let cut = content.slice(..content.len().min(MAX_DOCUMENT_BYTES));
        store.save_document(kind, name, expected, cut).await
    }
}
