//! Saving and dropping snapshots.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use es_core::{BoxError, Direction, SnapshotError, StreamId, StreamVersion};

use super::State;
use crate::engine::{Engine, EngineError, Table};
use crate::error::Refused;
use crate::keys;
use crate::queue::{SnapshotChange, SnapshotJob};

impl State {
    pub(super) fn snapshot(&mut self, job: SnapshotJob) {
        let SnapshotJob {
            stream,
            change,
            reply,
        } = job;
        let (room, done) = match change {
            SnapshotChange::Save {
                version,
                bytes,
                keep,
                room,
            } => (
                Some(room),
                self.save_snapshot(&stream, version, bytes, keep),
            ),
            SnapshotChange::DeleteAll => (None, self.drop_snapshots(&stream, 0)),
        };
        match done {
            Ok(()) => self.staged.answers.snapshot(reply, room),
            // Nobody waiting any more is no error.
            Err(source) => drop(reply.send(Err(SnapshotError::Unavailable { source }))),
        }
    }

    fn save_snapshot(
        &mut self,
        stream: &StreamId,
        version: StreamVersion,
        bytes: Bytes,
        keep: usize,
    ) -> Result<(), BoxError> {
        self.snapshots_of(stream)?.insert(version);
        self.staged.bytes += bytes.len();
        self.staged
            .batch
            .put(Table::Snapshots, keys::version(stream, version), bytes);
        self.drop_snapshots(stream, keep.max(1))
    }

    fn drop_snapshots(&mut self, stream: &StreamId, keep: usize) -> Result<(), BoxError> {
        let versions = self.snapshots_of(stream)?;
        let mut dropped = Vec::new();
        while versions.len() > keep {
            dropped.extend(versions.pop_first());
        }
        for version in dropped {
            self.staged
                .batch
                .delete(Table::Snapshots, keys::version(stream, version));
        }
        Ok(())
    }

    /// The versions of which there are snapshots, after what is staged.
    fn snapshots_of(
        &mut self,
        stream: &StreamId,
    ) -> Result<&mut BTreeSet<StreamVersion>, BoxError> {
        if let Some(refused) = self.health.refusal() {
            return Err(refused.into());
        }
        if !self.staged.snapshots.contains_key(stream) {
            let shared = Arc::clone(&self.shared);
            let slot = shared.engine();
            let away = || Refused::EngineDown("it is being opened again".into());
            let stored = stored(slot.as_deref().ok_or_else(away)?, stream)?;
            self.staged.snapshots.insert(stream.clone(), stored);
        }
        Ok(self.staged.snapshots.entry(stream.clone()).or_default())
    }
}

fn stored(engine: &dyn Engine, stream: &StreamId) -> Result<BTreeSet<StreamVersion>, EngineError> {
    let from = keys::version(stream, StreamVersion::EMPTY);
    let to = keys::version(stream, StreamVersion::MAX);
    let mut versions = BTreeSet::new();
    for entry in engine.scan(Table::Snapshots, &from..=&to, Direction::Forward) {
        let (key, _) = entry?;
        let malformed = || EngineError::damaged("the key of a snapshot is malformed");
        versions.insert(keys::read_version(&key).ok_or_else(malformed)?);
    }
    Ok(versions)
}
