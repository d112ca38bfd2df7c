//! What will be written by the next commit.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use es_core::{AppendId, CheckpointName, Position, Revision, StreamId, StreamVersion, Timestamp};

use super::answers::Answers;
use crate::engine::Batch;
use crate::totals::Totals;

/// A commit in the making.
pub(super) struct Staged {
    pub(super) batch: Batch,
    /// What will be durable.
    pub(super) totals: Totals,
    /// When everything in it is recorded.
    pub(super) now: Timestamp,
    pub(super) events: usize,
    pub(super) bytes: usize,
    /// The records in it, and where they end.
    pub(super) appends: HashMap<AppendId, (Position, Bytes)>,
    pub(super) checkpoints: HashMap<CheckpointName, Position>,
    /// By their keys.
    pub(super) documents: HashMap<Vec<u8>, Revision>,
    /// All versions of which there will be snapshots, for the streams that it touches.
    pub(super) snapshots: HashMap<StreamId, BTreeSet<StreamVersion>>,
    pub(super) answers: Answers,
}

impl Staged {
    /// An empty one, to follow what `totals` says.
    pub(super) fn after(totals: Totals) -> Self {
        Self {
            batch: Batch::default(),
            totals,
            now: totals.recorded_at,
            events: 0,
            bytes: 0,
            appends: HashMap::new(),
            checkpoints: HashMap::new(),
            documents: HashMap::new(),
            snapshots: HashMap::new(),
            answers: Answers::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batch.writes.is_empty()
    }

    /// Begins again after what `totals` says, keeping the memory. The answers must be given.
    pub(super) fn restart(&mut self, totals: Totals) {
        self.batch.writes.clear();
        self.totals = totals;
        self.events = 0;
        self.bytes = 0;
        self.appends.clear();
        self.checkpoints.clear();
        self.documents.clear();
        self.snapshots.clear();
    }
}
