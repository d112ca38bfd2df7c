//! One batch, from the first try to a definite outcome.

use std::sync::Arc;
use std::time::Duration;

use es_core::{AppendError, BoxError, Position};
use mongodb::error::Error;
use tokio::time::Instant;

use super::super::attempt::{Request, attempt};
use super::super::backoff::Backoff;
use super::super::batch::{Batch, Entry};
use super::super::gathering::Gathering;
use super::super::lookup;
use super::super::reply::{Key, Outcome};
use super::Committer;

/// A batch under way, or one that was.
pub(super) struct Writing {
    batch: Batch,
    /// The first so many documents are stored for certain.
    landed: usize,
    /// An earlier try may have stored more than is known.
    in_doubt: bool,
    /// The document that stood in the way.
    failed: usize,
}

/// Why a batch ended where it did.
enum End {
    /// All of it is stored.
    Done,
    /// Another writer has the next position.
    RaceLost,
    /// The version that the next append was given is taken.
    VersionTaken,
    /// The append id of the next append is taken.
    IdTaken,
    /// The next append will never be stored.
    Refused(Error),
    /// None of the rest will be stored as things are.
    RefusedAll(Error),
    /// Nobody knows what came of the rest, and it is not asked again: the store is being closed and
    /// the server does not answer, or what was to be written with an append fails.
    Abandoned(Error),
}

impl Committer {
    /// Sends a batch, and returns the next one if that may follow at once.
    pub(super) async fn write(&mut self, batch: Batch) -> Option<Batch> {
        self.gather_behind(&batch);
        let mut writing = Writing {
            batch,
            landed: 0,
            in_doubt: false,
            failed: 0,
        };
        let started = Instant::now();
        let end = self.try_until_definite(&mut writing).await;
        if matches!(end, End::Done) {
            return self.go_on(writing, started.elapsed());
        }
        self.take_gathered_apart();
        let lost_at = matches!(end, End::RaceLost).then(|| writing.next_position());
        self.conclude(writing, end);
        if let Some(position) = lost_at {
            self.lost_race(position).await;
        }
        None
    }

    fn gather_behind(&mut self, batch: &Batch) {
        let alone_since = self.log_end.map_or(Position::MAX, |end| end.alone_since);
        let limits = self.shared.options.batch_limits();
        self.gathering = Some(Gathering::behind(batch, alone_since, limits));
    }

    /// A batch is stored: the next one, unless others go first. Answers can wait until that is on
    /// its way.
    fn go_on(&mut self, writing: Writing, took: Duration) -> Option<Batch> {
        let Batch {
            last, recorded_at, ..
        } = writing.batch;
        let chain = writing.batch.chain_after(writing.landed);
        self.turns.won(&self.shared, last, took);
        if let Some(log_end) = &mut self.log_end {
            log_end.wrote(last, recorded_at, chain);
        }
        self.before = Some(writing);
        let next = if self.turns.must_wait(&self.shared) {
            self.take_gathered_apart();
            None
        } else {
            self.take_what_is_there();
            self.gather();
            self.finish_gathered()
        };
        if next.is_none() {
            self.conclude_before();
        }
        next
    }

    /// Answers the batch before, if that is still to be done.
    pub(super) fn conclude_before(&mut self) {
        if let Some(before) = self.before.take() {
            self.conclude(before, End::Done);
        }
    }

    /// Somebody else wrote at this position: the log ends elsewhere now.
    async fn lost_race(&mut self, position: Position) {
        let heard = self.turns.head_after_loss(position.previous()).await;
        match (&mut self.log_end, heard) {
            (Some(log_end), Some(ring)) => log_end.found(&ring),
            _ => self.log_end = None,
        }
    }

    async fn try_until_definite(&mut self, writing: &mut Writing) -> End {
        let mut backoff = Backoff::new();
        loop {
            let patience = self.shared.options.append_timeout;
            let request = Request::of(&writing.batch, writing.landed, patience);
            let work = attempt(Arc::clone(&self.shared), request);
            let outcome = self.meanwhile(work).await;
            let outcome = outcome.unwrap_or_else(|broken| Outcome::Unknown(Error::custom(broken)));
            let doubt = match self.end_of(writing, outcome).await {
                Ok(Some(end)) => return end,
                Ok(None) => continue,
                Err(doubt) => doubt,
            };
            if !writing.in_doubt {
                writing.in_doubt = true;
                self.count(|counters| &counters.unknown_batches, 1);
                tracing::warn!(error = %doubt, "the outcome of an append is unknown; asking again");
            }
            if self.out_of_time() {
                return End::Abandoned(doubt);
            }
            let _ = self.meanwhile(backoff.pause()).await;
        }
    }

    /// What an outcome means: an end; or nothing, if the rest is to be sent; or doubt, if the
    /// same is to be sent again after a pause.
    async fn end_of(
        &mut self,
        writing: &mut Writing,
        outcome: Outcome,
    ) -> Result<Option<End>, Error> {
        let end = match outcome {
            Outcome::Done => {
                writing.landed = writing.batch.documents.len();
                End::Done
            }
            Outcome::Duplicate { index, key } => return self.duplicate(writing, index, key).await,
            Outcome::Unknown(error) => return Err(error),
            // As long as an earlier try may land, none of these is the last word.
            Outcome::Refused { error, .. } | Outcome::RefusedAll(error) if writing.in_doubt => {
                return Err(error);
            }
            // Trying again would fail again, and hold up everybody. The append is alone in its
            // batch, so nothing is numbered anew.
            Outcome::ExtraFailed(error) if writing.in_doubt => End::Abandoned(error),
            Outcome::Collided if writing.in_doubt => {
                return Err(Error::custom("another transaction holds these positions"));
            }
            Outcome::Refused { index, error } => {
                writing.fail_at(index);
                End::Refused(error)
            }
            Outcome::RefusedAll(error) => End::RefusedAll(error),
            Outcome::ExtraFailed(error) => End::Refused(error),
            Outcome::Collided => End::RaceLost,
        };
        Ok(Some(end))
    }

    /// A document is there already: one of ours from an earlier try, or somebody else's.
    async fn duplicate(
        &mut self,
        writing: &mut Writing,
        index: usize,
        key: Key,
    ) -> Result<Option<End>, Error> {
        let at = writing.landed + index;
        let shared = Arc::clone(&self.shared);
        let ours = writing.batch.documents[at..].to_vec();
        let stored = self.meanwhile(async move { lookup::stored_of(&shared, &ours).await });
        let stored = stored
            .await
            .unwrap_or_else(|broken| Err(Error::custom(broken)))?;
        if stored.ours > 0 {
            writing.landed = at + stored.ours;
            let done = writing.landed == writing.batch.documents.len();
            return Ok(done.then_some(End::Done));
        }
        let end = match key {
            Key::Position if stored.foreign => End::RaceLost,
            // Seen by the index and not by a majority: it may vanish again.
            Key::Position => return Err(Error::custom("the position is taken, and not committed")),
            Key::Version => End::VersionTaken,
            Key::AppendId => End::IdTaken,
            Key::Other => End::Refused(Error::custom(
                "a unique index that is not this store's refuses the document",
            )),
        };
        // The ordered insert stopped there, so what stands before it is stored.
        writing.fail_at(index);
        Ok(Some(end))
    }

    /// Answers what is stored, and puts the rest back in order.
    fn conclude(&mut self, writing: Writing, end: End) {
        let Writing {
            batch,
            landed,
            in_doubt,
            failed,
        } = writing;
        self.announce(&batch, landed);
        let mut documents = 0;
        let (mut failed_entry, mut rest) = (None, Vec::new());
        for entry in batch.entries {
            let first = documents;
            documents += entry.documents();
            if documents <= landed {
                self.stored(entry, in_doubt);
            } else if (first..documents).contains(&failed) && end.is_of_one_append() {
                failed_entry = Some(entry);
            } else {
                rest.push(entry);
            }
        }
        if let Some(entry) = failed_entry {
            self.failed(entry, &end);
        }
        self.put_back(rest, &end);
    }

    /// Tells readers, and remembers where the log ends now.
    fn announce(&mut self, batch: &Batch, landed: usize) {
        let mut documents = 0;
        let whole = batch.entries.iter().map_while(|entry| {
            documents += entry.documents();
            (documents <= landed).then_some((entry.last_position, documents))
        });
        let Some((last, documents)) = whole.last() else {
            return;
        };
        if let Some(log_end) = &mut self.log_end {
            log_end.wrote(last, batch.recorded_at, batch.chain_after(documents));
        }
        let documents = batch.documents[..landed].to_vec();
        self.shared.hub.own_batch(documents, last);
        self.count(|counters| &counters.batches, 1);
    }

    fn stored(&mut self, entry: Entry, was_in_doubt: bool) {
        let known_at = self.log_end.map_or(entry.last_position, |end| end.head);
        for (write, after) in entry.streams_after() {
            self.shared.heads.saw(&write.stream, after, known_at);
            self.own.note(&write.stream, after, entry.last_position);
        }
        self.count(|counters| &counters.appends, 1);
        self.count(|counters| &counters.events, entry.job.events() as u64);
        if was_in_doubt {
            self.count(|counters| &counters.unknown_resolved, 1);
        }
        self.recent.remember(entry.id(), entry.first_position);
        let (job, appended) = entry.into_answer();
        self.answer(job, Ok(appended));
    }

    fn failed(&mut self, entry: Entry, end: &End) {
        match end {
            End::Refused(error) => self.answer(entry.job, Err(unavailable(error))),
            _ => {
                self.count(|counters| &counters.version_conflicts, 1);
                let mut job = Box::new(entry.job);
                job.held_up_since.get_or_insert_with(Instant::now);
                self.look_for_repeat(job, None);
            }
        }
    }

    fn put_back(&mut self, rest: Vec<Entry>, end: &End) {
        if matches!(end, End::RaceLost) {
            self.count(|counters| &counters.races_lost, 1);
            self.turns.lost();
        }
        let lost = matches!(end, End::RaceLost);
        for mut entry in rest.into_iter().rev() {
            if lost {
                entry.job.held_up_since.get_or_insert_with(Instant::now);
            }
            match end {
                End::RefusedAll(error) => self.answer(entry.job, Err(unavailable(error))),
                End::Abandoned(error) => {
                    let append_id = entry.id();
                    let source: BoxError = error.clone().into();
                    self.answer(entry.job, Err(AppendError::Unknown { append_id, source }));
                }
                _ => self.ready.push_front(Box::new(entry.job)),
            }
        }
    }
}

impl End {
    /// Whether it concerns one append, and the others of the batch may go on.
    fn is_of_one_append(&self) -> bool {
        matches!(self, Self::VersionTaken | Self::IdTaken | Self::Refused(_))
    }
}

impl Writing {
    /// Where the next document would have gone.
    fn next_position(&self) -> Position {
        let before = &self.batch.documents[..self.landed];
        let entries = self.batch.entries.iter();
        let mut documents = 0;
        let next = entries
            .map(|entry| (entry.documents(), entry))
            .find(|(count, _)| {
                documents += count;
                documents > before.len()
            });
        next.map_or(self.batch.last, |(_, entry)| entry.first_position)
    }

    /// The documents before `index` of the last try are stored, unless they stood in a transaction
    /// with the one that was refused.
    fn fail_at(&mut self, index: usize) {
        self.failed = self.landed + index;
        if !self.batch.transactional {
            self.landed += index;
        }
    }
}

fn unavailable(error: &Error) -> AppendError {
    AppendError::Unavailable {
        source: error.clone().into(),
    }
}
