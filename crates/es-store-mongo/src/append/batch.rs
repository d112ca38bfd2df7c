//! Appends that go to the server in one command.

use std::collections::HashSet;

use bytes::Bytes;
use es_core::{
    AppendId, Appended, Position, StreamAppended, StreamVersion, StreamWrite, Timestamp,
};

use super::job::Job;
use crate::layout::encode::{Mark, Place};

/// Appends with their places, and the documents that say so. Once sent, the documents never change.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) entries: Vec<Entry>,
    pub(super) documents: Vec<Bytes>,
    /// All or nothing, in a transaction; else the documents go in one after the other.
    pub(super) transactional: bool,
    pub(super) last: Position,
    pub(super) recorded_at: Timestamp,
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
    ids: HashSet<AppendId>,
    next: Position,
    recorded_at: Timestamp,
    events: usize,
    bytes: usize,
}

impl BatchBuilder {
    /// A batch that goes right after `head`.
    pub(super) fn after(head: Position, recorded_at: Timestamp) -> Self {
        Self {
            entries: Vec::new(),
            ids: HashSet::new(),
            next: head.next(),
            recorded_at,
            events: 0,
            bytes: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether an append fits in; one always does.
    pub(super) fn has_room(&self, job: &Job, events: usize, bytes: usize) -> bool {
        let alone = |job: &Job| job.extra.is_some();
        self.is_empty()
            || (!alone(job)
                && !self.entries.iter().any(|entry| alone(&entry.job))
                && self.events + job.events() <= events
                && self.bytes + job.encoded.bytes() <= bytes)
    }

    /// Whether the same append is in it already.
    pub(super) fn contains_repeat(&self, job: &Job) -> bool {
        self.ids.contains(&job.append.id())
    }

    pub(super) fn push(&mut self, job: Job, versions: Vec<StreamVersion>) {
        let events = job.events();
        let first_position = self.next;
        self.next = first_position.plus(events as u64);
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

    pub(super) fn finish(self, mark: Mark) -> Batch {
        let transactional = self
            .entries
            .iter()
            .any(|entry| entry.job.needs_transaction());
        let count: usize = self.entries.iter().map(Entry::documents).sum();
        let mut documents = Vec::with_capacity(count);
        for entry in &self.entries {
            let mut position = entry.first_position;
            for (blank, before) in entry.job.encoded.documents.iter().zip(&entry.versions) {
                let place = Place {
                    position,
                    version: before.next(),
                    recorded_at: self.recorded_at,
                    first_position: entry.first_position,
                };
                let last = documents.len() + 1 == count;
                documents.push(blank.placed(place, last.then_some(mark)));
                position = position.plus(u64::from(blank.events));
            }
        }
        Batch {
            entries: self.entries,
            documents,
            transactional,
            last: self.next.previous(),
            recorded_at: self.recorded_at,
        }
    }
}
