//! Archiving and restoring, as methods of the store.

use es_core::{Position, Timestamp};

use super::plan::{ArchivePlan, What};
use super::progress::ArchiveProgress;
use super::run::Run;
use super::selection::Selection;
use super::target::Target;
use super::{ArchiveError, last_recorded_before, note};
use crate::MongoStore;

impl MongoStore {
    /// Moves the events that a plan means into the archive, and says how far it is after each step.
    ///
    /// Positions, versions and heads of streams stay as they are, and so do appends, repeats and
    /// version conflicts. Reading what is archived needs
    /// [`MongoOptions::read_archive`](crate::MongoOptions::read_archive); without it, a read that
    /// meets archived events ends with [`ReadError::Archived`](es_core::ReadError::Archived).
    /// Snapshots, checkpoints and documents are not touched.
    ///
    /// Other processes may append and read meanwhile, and archive as well. An original is replaced
    /// only after its copy was acknowledged as durable, read back and found to be the same, so the
    /// events are always in at least one place. Whatever ends a run, the next one with the same
    /// plan finishes it; run it from a nightly job.
    ///
    /// # Errors
    /// See [`ArchiveError`]. What was done until then stays done.
    ///
    /// # Cancel safety
    /// Dropping the future ends the run after a step.
    ///
    /// ```no_run
    /// # async fn nightly(store: es_store_mongo::MongoStore)
    /// #     -> Result<(), es_store_mongo::ArchiveError> {
    /// use std::time::Duration;
    /// use es_store_mongo::ArchivePlan;
    /// let year = Duration::from_secs(365 * 86_400);
    /// let done = store.archive(&ArchivePlan::older_than(year), |_| {}).await?;
    /// println!("{} events archived, up to {}", done.events, done.position);
    /// # Ok(()) }
    /// ```
    pub async fn archive(
        &self,
        plan: &ArchivePlan,
        mut progress: impl FnMut(ArchiveProgress) + Send,
    ) -> Result<ArchiveProgress, ArchiveError> {
        let database = &self.shared.database;
        let done = note::read(database).await?.unwrap_or_default();
        let selection = self.selection(plan, done).await?;
        let target = match &plan.file {
            Some(path) => Target::file_for_writing(path).await?,
            None => Target::collection(database),
        };
        self.run(plan, selection, target, &mut progress)
            .archive()
            .await
    }

    /// Puts the events that a plan means back where they were, from where the plan put them.
    ///
    /// They are the same as before, byte for byte. Events that were archived to another place than
    /// the plan's stay there. The copies stay in the archive; archiving the events again finds
    /// them and writes no new ones.
    ///
    /// Do not archive the same events at the same time: they may end up in either place.
    ///
    /// # Errors
    /// See [`ArchiveError`]. What was done until then stays done.
    ///
    /// # Cancel safety
    /// Dropping the future ends the run after a step.
    pub async fn restore(
        &self,
        plan: &ArchivePlan,
        mut progress: impl FnMut(ArchiveProgress) + Send,
    ) -> Result<ArchiveProgress, ArchiveError> {
        let selection = self.selection(plan, Position::START).await?;
        let target = match &plan.file {
            Some(path) => Target::file(path).await?,
            None => Target::collection(&self.shared.database),
        };
        self.run(plan, selection, target, &mut progress)
            .restore()
            .await
    }

    /// What a plan means now, leaving out what lies before `after`.
    async fn selection(
        &self,
        plan: &ArchivePlan,
        after: Position,
    ) -> Result<Selection, ArchiveError> {
        let head = self.shared.hub.fresh_head().await?;
        let database = &self.shared.database;
        let until = match &plan.what {
            What::Streams(streams) => {
                let streams = streams.iter().cloned().collect();
                return Ok(Selection::Streams { streams, above: 0 });
            }
            What::UpTo(position) => head.min(*position),
            What::RecordedBefore(time) => last_recorded_before(database, *time, head).await?,
            What::OlderThan(age) => {
                let now = self.shared.options.clock.now();
                let age = i64::try_from(age.as_micros()).unwrap_or(i64::MAX);
                let time = Timestamp::from_micros(now.as_micros().saturating_sub(age));
                last_recorded_before(database, time, head).await?
            }
        };
        Ok(Selection::Positions { after, until })
    }

    fn run<'a>(
        &'a self,
        plan: &ArchivePlan,
        selection: Selection,
        target: Target,
        progress: &'a mut (dyn FnMut(ArchiveProgress) + Send),
    ) -> Run<'a> {
        Run {
            database: &self.shared.database,
            target,
            selection,
            batch_documents: plan.batch_documents,
            done: ArchiveProgress::default(),
            progress,
        }
    }
}
