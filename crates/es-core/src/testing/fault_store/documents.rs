//! Faults of documents.

use async_trait::async_trait;
use bytes::Bytes;

use super::{Fault, FaultStore, Operation};
use crate::{Document, DocumentError, DocumentKind, DocumentName, DocumentStore, Revision};

#[async_trait]
impl<S: DocumentStore> DocumentStore for FaultStore<S> {
    async fn load_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
    ) -> Result<Option<Document>, DocumentError> {
        match self.next_fault(Operation::LoadDocument).await {
            Some(Fault::Unavailable(_)) => Err(unavailable()),
            Some(Fault::Corrupt(_)) => Err(corrupt(kind, name)),
            _ => self.inner.load_document(kind, name).await,
        }
    }

    async fn save_document(
        &self,
        kind: &DocumentKind,
        name: &DocumentName,
        expected: Revision,
        content: Bytes,
    ) -> Result<Revision, DocumentError> {
        match self.next_fault(Operation::SaveDocument).await {
            Some(Fault::Unavailable(_)) => Err(unavailable()),
            Some(Fault::Corrupt(_)) => Err(corrupt(kind, name)),
            Some(Fault::LostDocumentReply) => {
                let saved = self.inner.save_document(kind, name, expected, content);
                saved.await?;
                Err(unavailable())
            }
            _ => {
                let saved = self.inner.save_document(kind, name, expected, content);
                saved.await
            }
        }
    }

    async fn documents(
        &self,
        kind: &DocumentKind,
        after: Option<&DocumentName>,
        limit: usize,
    ) -> Result<Vec<Document>, DocumentError> {
        match self.next_fault(Operation::LoadDocument).await {
            Some(Fault::Unavailable(_) | Fault::Corrupt(_)) => Err(unavailable()),
            _ => self.inner.documents(kind, after, limit).await,
        }
    }
}

fn unavailable() -> DocumentError {
    DocumentError::Unavailable {
        source: Fault::source(),
    }
}

fn corrupt(kind: &DocumentKind, name: &DocumentName) -> DocumentError {
    DocumentError::Corrupt {
        kind: kind.clone(),
        name: name.clone(),
        source: Fault::source(),
    }
}
