//! Appends that go to the server in one command.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use es_core::chain::ChainHash;
use es_core::{
    AppendId, Appended, Position, StreamAppended, StreamId, StreamVersion, StreamWrite, Timestamp,
};

use super::job::Job;
use crate::layout::encode::{Mark, Place, Placed, Seal};

/// Appends with their places, and the documents that say so. Once sent, the documents never change.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) entries: Vec<Entry>,
    pub(super) documents: Vec<Bytes>,
    /// The hash of the chain after each document, where the log is chained.
    hashes: Vec<ChainHash>,
    /// All or nothing, in a transaction; else the documents go in one after the other.
    pub(super) transactional: bool,
    pub(super) last: Position,
    pub(super) recorded_at: Timestamp,
}

impl Batch {
    /// The versions of the streams that it writes, after it.
    pub(super) fn versions_after(&self) -> HashMap<StreamId, StreamVersion> {
        let streams = self.entries.iter().flat_map(Entry::streams_after);
        let versions = streams.map(|(write, after)| (write.stream.clone(), after));
        versions.collect()
    }

    /// The hash of the chain after the first so many documents.
    pub(super) fn chain_after(&self, documents: usize) -> Option<ChainHash> {
        self.hashes.get(documents.checked_sub(1)?).copied()
    }

    /// The appends in it.
    pub(super) fn ids(&self) -> HashSet<AppendId> {
        self.entries.iter().map(Entry::id).collect()
    }
}

/// One append in a batch.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) job: Job,
    /// The versions of the written streams before it.
    versions: Vec<StreamVersion>,
    pub(super) first_position: Position,
    pub(super) last_position: Position,
}

impl Entry {
    pub(super) fn id(&self) -> AppendId {
        self.job.append.id()
    }

    pub(super) fn documents(&self) -> usize {
        self.versions.len()
    }

    /// The written streams and their versions after it.
    pub(super) fn streams_after(&self) -> impl Iterator<Item = (&StreamWrite, StreamVersion)> {
        let writes = self.job.append.writes().iter().zip(&self.versions);
        writes.map(|(write, before)| (write, before.plus(write.events.len() as u64)))
    }

    /// Where it stands, and the job to tell so.
    pub(super) fn into_answer(self) -> (Job, Appended) {
        let streams = self.job.append.writes().iter().zip(&self.versions);
        let streams = streams
            .map(|(write, before)| StreamAppended {
                stream: write.stream.clone(),
                first_version: before.next(),
                last_version: before.plus(write.events.len() as u64),
            })
            .collect();
        let appended = Appended {
            first_position: self.first_position,
            last_position: self.last_position,
            streams,
            repeated: false,
        };
        (self.job, appended)
    }
}

/// A batch in the making.
pub(super) struct BatchBuilder {
    entries: Vec<Entry>,
    documents: Vec<Placed>,
    ids: HashSet<AppendId>,
    next: Position,
    events: usize,
    bytes: usize,
}

impl BatchBuilder {
    /// A batch that goes right after `head`.
    pub(super) fn after(head: Position) -> Self {
        Self {
            entries: Vec::new(),
            documents: Vec::new(),
            ids: HashSet::new(),
            next: head.next(),
            events: 0,
            bytes: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether an append fits in; one always does.
    pub(super) fn has_room(&self, job: &Job, events: usize, bytes: usize) -> bool {
        let alone = |job: &Job| job.extra.is_some();
        self.is_empty()
            || (!alone(job)
                && !self.entries.first().is_some_and(|first| alone(&first.job))
                && self.events + job.events() <= events
                && self.bytes + job.encoded.bytes() <= bytes)
    }

    /// Whether this append is in it already.
    pub(super) fn contains(&self, id: AppendId) -> bool {
        self.ids.contains(&id)
    }

    pub(super) fn push(&mut self, job: Job, versions: Vec<StreamVersion>) {
        let events = job.events();
        let first_position = self.next;
        let mut position = first_position;
        for (blank, before) in job.encoded.documents.iter().zip(&versions) {
            self.documents.push(blank.placed(Place {
                position,
                version: before.next(),
                first_position,
            }));
            position = position.plus(u64::from(blank.events));
        }
        self.next = position;
        self.events += events;
        self.bytes += job.encoded.bytes();
        self.ids.insert(job.append.id());
        self.entries.push(Entry {
            job,
            versions,
            first_position,
            last_position: self.next.previous(),
        });
    }

    /// Makes sure that no caller gives an append up from now on; returns false if one did before.
    pub(super) fn take_tickets(&self) -> bool {
        self.entries.iter().all(|entry| entry.job.ticket.take())
    }

    /// The appends in it, without those that were given up.
    pub(super) fn into_jobs(self) -> impl Iterator<Item = Job> {
        let jobs = self.entries.into_iter().map(|entry| entry.job);
        jobs.filter(|job| !job.ticket.is_given_up())
    }

    /// The batch as it is sent; `chain` is the hash before it, where the log is chained.
    pub(super) fn finish(
        self,
        recorded_at: Timestamp,
        mark: Mark,
        chain: Option<ChainHash>,
    ) -> Batch {
        let transactional = self
            .entries
            .iter()
            .any(|entry| entry.job.needs_transaction());
        let count = self.documents.len();
        let mut hashes = Vec::with_capacity(if chain.is_some() { count } else { 0 });
        let mut before = chain;
        let documents = self.documents.into_iter().enumerate();
        let documents = documents.map(|(index, document)| {
            let chain = before.and_then(|before| document.link(before, recorded_at));
            hashes.extend(chain);
            before = chain;
            document.sealed(Seal {
                recorded_at,
                mark: (index + 1 == count).then_some(mark),
                chain,
            })
        });
        Batch {
            documents: documents.collect(),
            hashes,
            entries: self.entries,
            transactional,
            last: self.next.previous(),
            recorded_at,
        }
    }
}
