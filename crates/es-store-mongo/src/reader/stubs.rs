//! Documents whose events were moved to the archive.

use std::collections::VecDeque;

use bytes::Bytes;
use es_core::{Position, ReadError};

use crate::layout::decode::Stored;
use crate::shared::Shared;

/// Fetches archived documents, some at a time, in the order in which a reader meets their stubs.
pub(super) struct Stubs<'s> {
    shared: &'s Shared,
    fetched: VecDeque<Bytes>,
    /// Whether the archive is read even if readers may not.
    anyway: bool,
}

/// How many are asked for at a time.
const AT_ONCE: usize = 1_000;

impl<'s> Stubs<'s> {
    pub(super) fn new(shared: &'s Shared) -> Self {
        Self {
            shared,
            fetched: VecDeque::new(),
            anyway: false,
        }
    }

    /// For comparing a repeated append with what is stored, whoever may read that.
    pub(super) fn anyway(shared: &'s Shared) -> Self {
        Self {
            anyway: true,
            ..Self::new(shared)
        }
    }

    /// The document of a stub as it was; `coming` are the documents from the stub on.
    ///
    /// # Errors
    /// [`ReadError::Archived`] if the store does not read the archive.
    pub(super) async fn document(
        &mut self,
        stub: &Stored<'_>,
        coming: &[Stored<'_>],
    ) -> Result<Bytes, ReadError> {
        // Readers leave out stubs that their filter cannot take.
        while self.fetched.front().is_some_and(|next| !is_of(next, stub)) {
            self.fetched.pop_front();
        }
        if self.fetched.is_empty() {
            let stubs = coming.iter().filter(|document| document.is_archived());
            let places: Vec<Position> = stubs
                .map(|stub| stub.first_position)
                .take(AT_ONCE)
                .collect();
            let archive = &self.shared.archive;
            let fetched = if self.anyway {
                archive.documents_anyway(&places).await?
            } else {
                archive.documents(&places).await?
            };
            self.fetched = fetched.into();
        }
        let next = self.fetched.pop_front().filter(|next| is_of(next, stub));
        next.ok_or(ReadError::Archived {
            position: stub.first_position,
            remedy: "the archive does not hold them",
        })
    }
}

/// Whether a document is what a stub stands for.
fn is_of(document: &[u8], stub: &Stored<'_>) -> bool {
    Stored::read(document).is_ok_and(|document| {
        document.first_position == stub.first_position && document.count == stub.count
    })
}
