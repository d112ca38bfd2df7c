//! One run of archiving, or of restoring.

use super::documents::Stored;
use super::progress::{ArchiveProgress, ArchiveStep};
use super::selection::{Selection, Way};
use super::target::Target;
use super::{ArchiveError, note, stub};
use crate::database::Database;

/// Takes the documents of a selection through the steps, batch by batch.
pub(super) struct Run<'a> {
    pub(super) database: &'a Database,
    pub(super) target: Target,
    pub(super) selection: Selection,
    pub(super) batch_documents: usize,
    pub(super) done: ArchiveProgress,
    pub(super) progress: &'a mut (dyn FnMut(ArchiveProgress) + Send),
}

impl Run<'_> {
    /// Copies, compares, and only then replaces.
    pub(super) async fn archive(mut self) -> Result<ArchiveProgress, ArchiveError> {
        note::begin(self.database).await?;
        while let Some(batch) = self.next(Way::IntoArchive).await? {
            self.target.put(&batch).await?;
            self.report(ArchiveStep::Copied);
            self.target.verify(&batch).await?;
            self.report(ArchiveStep::Verified);
            stub::replace_by_stubs(self.database, &batch).await?;
            self.count(&batch);
            self.report(ArchiveStep::Replaced);
            self.note().await?;
        }
        Ok(self.done)
    }

    /// Puts documents that the target holds back in the place of their stubs.
    pub(super) async fn restore(mut self) -> Result<ArchiveProgress, ArchiveError> {
        while let Some(stubs) = self.next(Way::OutOfArchive).await? {
            let mut left = &stubs[..];
            while let Some(first) = left.first() {
                let positions: Vec<_> = left.iter().map(|stub| stub.extent.first).collect();
                let copies = self.target.get(&positions).await?;
                let Some(last) = copies.last() else { break };
                check(left, &copies)?;
                self.report(ArchiveStep::Verified);
                note::go_back(self.database, first.extent.first.previous()).await?;
                stub::replace_stubs(self.database, &copies).await?;
                self.count(&copies);
                self.report(ArchiveStep::Replaced);
                let done = left.partition_point(|stub| stub.extent.first <= last.extent.first);
                left = &left[done..];
            }
        }
        Ok(self.done)
    }

    async fn next(&mut self, way: Way) -> Result<Option<Vec<Stored>>, ArchiveError> {
        let batch = self
            .selection
            .next(self.database, way, self.batch_documents)
            .await?;
        Ok((!batch.is_empty()).then_some(batch))
    }

    fn count(&mut self, batch: &[Stored]) {
        for stored in batch {
            self.done.documents += 1;
            self.done.events += stored.extent.count;
            self.done.bytes += stored.bytes.len() as u64;
            self.done.position = stored.extent.last();
        }
    }

    fn report(&mut self, step: ArchiveStep) {
        self.done.step = step;
        (self.progress)(self.done);
    }

    /// A run by position has archived everything up to where it is.
    async fn note(&mut self) -> Result<(), ArchiveError> {
        if let Selection::Positions { after, .. } = self.selection {
            note::advance(self.database, after).await?;
        }
        Ok(())
    }
}

/// Each copy must belong to one of the stubs.
fn check(stubs: &[Stored], copies: &[Stored]) -> Result<(), ArchiveError> {
    for copy in copies {
        let position = copy.extent.first;
        let stub = stubs.binary_search_by_key(&position, |stub| stub.extent.first);
        let belongs = stub.is_ok_and(|stub| stub::is_stub_of(&stubs[stub], copy));
        if !belongs {
            return Err(ArchiveError::Differs { position });
        }
    }
    Ok(())
}
