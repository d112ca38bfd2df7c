//! The next batch, gathered while the one before it is under way.
//!
//! It is numbered on the assumption that the batch before it is stored where it was sent to. That
//! comes true nearly always; then the next batch is ready to be sent the moment the answer is
//! there. If not, it is taken apart, and its appends are judged again.

use std::collections::{HashMap, HashSet, VecDeque};

use es_core::chain::ChainHash;
use es_core::{AppendId, Position, StreamId, StreamVersion, Timestamp};

use super::batch::{Batch, BatchBuilder};
use super::heads::Heads;
use super::job::Job;
use super::judge::{Verdict, View};
use super::own_writes::OwnWrites;
use super::recent::Recent;
use crate::layout::encode::Mark;

/// A batch in the making, and what it rests on.
pub(super) struct Gathering {
    builder: BatchBuilder,
    /// The versions that the gathered appends make.
    staged: HashMap<StreamId, StreamVersion>,
    /// Those that the batch under way makes, and its appends.
    under_way: HashMap<StreamId, StreamVersion>,
    ids_under_way: HashSet<AppendId>,
    alone_since: Position,
    limits: (usize, usize),
    /// To be judged again when what they depend on is settled.
    later: VecDeque<Box<Job>>,
}

/// What the committer knows, to judge appends by.
pub(super) struct Knowledge<'a> {
    pub(super) heads: &'a Heads,
    pub(super) own: &'a OwnWrites,
    pub(super) recent: &'a Recent,
}

/// What became of an append that was to be gathered.
pub(super) enum Gathered {
    /// It is in the batch, or waits for what it depends on.
    Kept,
    /// There is no room for it.
    Full(Box<Job>),
    /// It may have happened before, perhaps at this position: somebody has to look.
    Repeat(Box<Job>, Option<Position>),
    /// The versions of these streams must be read first.
    LookUp(Box<Job>, Vec<StreamId>),
}

impl Gathering {
    /// A batch that goes right after `head`; all positions after `alone_since` up to there were
    /// written by this process.
    pub(super) fn after(head: Position, alone_since: Position, limits: (usize, usize)) -> Self {
        Self {
            builder: BatchBuilder::after(head),
            staged: HashMap::new(),
            under_way: HashMap::new(),
            ids_under_way: HashSet::new(),
            alone_since,
            limits,
            later: VecDeque::new(),
        }
    }

    /// A batch that goes right after one that is under way.
    pub(super) fn behind(batch: &Batch, alone_since: Position, limits: (usize, usize)) -> Self {
        Self {
            under_way: batch.versions_after(),
            ids_under_way: batch.ids(),
            ..Self::after(batch.last, alone_since, limits)
        }
    }

    /// How many appends are in it.
    pub(super) fn len(&self) -> usize {
        self.builder.len() + self.later.len()
    }

    /// Takes an append in, if it can be placed.
    pub(super) fn gather(&mut self, job: Box<Job>, known: &Knowledge<'_>) -> Gathered {
        let (events, bytes) = self.limits;
        if !self.builder.has_room(&job, events, bytes) {
            return Gathered::Full(job);
        }
        let id = job.append.id();
        if self.builder.contains(id) || self.ids_under_way.contains(&id) {
            self.later.push_back(job);
            return Gathered::Kept;
        }
        if let Some(first) = known.recent.get(id) {
            return Gathered::Repeat(job, Some(first));
        }
        let view = View {
            heads: known.heads,
            own: known.own,
            alone_since: self.alone_since,
            staged: [&self.staged, &self.under_way],
        };
        match view.judge(&job) {
            Verdict::Place(versions) => self.place(*job, versions),
            Verdict::Refuse => return Gathered::Repeat(job, None),
            Verdict::LookUp(streams) => return Gathered::LookUp(job, streams),
            Verdict::Later => self.later.push_back(job),
        }
        Gathered::Kept
    }

    fn place(&mut self, job: Job, versions: Vec<StreamVersion>) {
        for (write, before) in job.append.writes().iter().zip(&versions) {
            let after = before.plus(write.events.len() as u64);
            self.staged.insert(write.stream.clone(), after);
        }
        self.builder.push(job, versions);
    }

    /// The batch, if there is anything in it, and the appends that are to be judged anew: all of
    /// them if one was given up by its caller, since nobody is told of such a one.
    pub(super) fn finish(
        self,
        recorded_at: Timestamp,
        mark: Mark,
        chain: Option<ChainHash>,
    ) -> (Option<Batch>, VecDeque<Box<Job>>) {
        if self.builder.is_empty() {
            return (None, self.later);
        }
        if !self.builder.take_tickets() {
            return (None, self.take_apart());
        }
        let batch = self.builder.finish(recorded_at, mark, chain);
        (Some(batch), self.later)
    }

    /// All appends in it, in order.
    pub(super) fn take_apart(self) -> VecDeque<Box<Job>> {
        let placed = self.builder.into_jobs().map(Box::new);
        placed.chain(self.later).collect()
    }
}
