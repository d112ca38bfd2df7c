//! Giving an append its place: repeats first, then expected versions, then positions.

use es_core::{
    Append, AppendError, AppendId, Appended, EventId, ReadError, StreamAppended, StreamId,
    StreamVersion,
};

use super::answers::Ground;
use super::{State, repeat};
use crate::engine::{Engine, EngineError, Table};
use crate::error::Refused;
use crate::keys;
use crate::queue::AppendJob;
use crate::reader;
use crate::record::{EncodedRecord, Record, RecordPlace};

type Placed = Result<Appended, AppendError>;

impl State {
    /// Stages an append, or finds out why not; the answer waits for the commit.
    pub(super) fn append(&mut self, job: AppendJob) {
        let AppendJob {
            append,
            record,
            absent_among,
            reply,
            room,
        } = job;
        let id = append.id();
        let (result, ground) = match self.health.refusal() {
            Some(refused) => (Err(unavailable(refused)), Ground::Durable),
            None => self.place(&append, record, absent_among),
        };
        self.staged.answers.append(id, reply, room, result, ground);
    }

    fn place(
        &mut self,
        append: &Append,
        record: EncodedRecord,
        absent_among: Option<u64>,
    ) -> (Placed, Ground) {
        let shared = std::sync::Arc::clone(&self.shared);
        let slot = shared.engine();
        let Some(engine) = slot.as_deref() else {
            let refused = Refused::EngineDown("it is being opened again".into());
            return (Err(unavailable(refused)), Ground::Durable);
        };
        if let Some((last, bytes)) = self.staged.appends.get(&append.id()) {
            let first = reader::open(bytes.clone(), *last);
            return (
                first.map_or_else(read_error, |first| repeat::answer(append, &first)),
                Ground::Commit,
            );
        }
        if self.recent.proves_absent(append.id(), absent_among) {
            return (self.place_new(append, record, engine), Ground::Commit);
        }
        match stored(engine, append.id()) {
            Ok(Some(first)) => (repeat::answer(append, &first), Ground::Durable),
            Ok(None) => (self.place_new(append, record, engine), Ground::Commit),
            Err(error) => (read_error(error), Ground::Durable),
        }
    }

    fn place_new(&mut self, append: &Append, record: EncodedRecord, engine: &dyn Engine) -> Placed {
        let versions = self.versions(append, engine).map_err(engine_error)?;
        let known = |stream: &StreamId| {
            let found = versions.iter().find(|(known, _)| *known == stream);
            found.map_or(StreamVersion::EMPTY, |(_, version)| *version)
        };
        if let Some(conflict) = append.first_conflict(known) {
            return Err(conflict.into());
        }
        // The written streams come first.
        let before = versions
            .iter()
            .take(append.writes().len())
            .map(|(_, version)| *version);
        Ok(self.stage(append, record, before.collect()))
    }

    fn versions<'a>(
        &mut self,
        append: &'a Append,
        engine: &dyn Engine,
    ) -> Result<Vec<(&'a StreamId, StreamVersion)>, EngineError> {
        let written = append.writes().iter().map(|write| &write.stream);
        let checked = append.checks().iter().map(|check| &check.stream);
        written
            .chain(checked)
            .map(|stream| {
                self.heads
                    .version(stream, engine)
                    .map(|version| (stream, version))
            })
            .collect()
    }

    fn stage(
        &mut self,
        append: &Append,
        record: EncodedRecord,
        before: Vec<StreamVersion>,
    ) -> Appended {
        let staged = &mut self.staged;
        let events = append.event_count();
        let first_position = staged.totals.head.next();
        let last_position = staged.totals.head.plus(events as u64);
        staged.events += events;
        staged.bytes += record.len();
        let first_versions = before.iter().map(|version| version.next()).collect();
        let sealed = record.seal(RecordPlace {
            first_position,
            recorded_at: staged.now,
            first_versions,
            chain: staged.totals.chain,
        });
        staged.batch.put(
            Table::Log,
            keys::position(last_position).to_vec(),
            sealed.bytes.clone(),
        );
        staged.totals.head = last_position;
        staged.totals.recorded_at = staged.now;
        staged.totals.digest = sealed.digest;
        staged.totals.chain = sealed.chain;
        staged.totals.appends += 1;
        staged
            .appends
            .insert(append.id(), (last_position, sealed.bytes));
        let streams = self.index_streams(append, &before);
        self.index_ids(append);
        Appended {
            first_position,
            last_position,
            streams,
            repeated: false,
        }
    }

    fn index_streams(&mut self, append: &Append, before: &[StreamVersion]) -> Vec<StreamAppended> {
        let staged = &mut self.staged;
        let position = bytes::Bytes::copy_from_slice(&keys::position(staged.totals.head));
        let mut streams = Vec::with_capacity(before.len());
        for (write, before) in append.writes().iter().zip(before) {
            let stream = write.stream.clone();
            let last_version = before.plus(write.events.len() as u64);
            if before.is_empty() {
                let marker = keys::version(&stream, StreamVersion::EMPTY);
                staged
                    .batch
                    .put(Table::Streams, marker, bytes::Bytes::new());
                staged.totals.streams += 1;
            }
            let key = keys::version(&stream, last_version);
            staged.batch.put(Table::Streams, key, position.clone());
            staged.totals.stream_writes += 1;
            self.heads.stage(&stream, last_version);
            streams.push(StreamAppended {
                stream,
                first_version: before.next(),
                last_version,
            });
        }
        streams
    }

    fn index_ids(&mut self, append: &Append) {
        let staged = &mut self.staged;
        let last = staged.totals.head;
        let position = bytes::Bytes::copy_from_slice(&keys::position(last));
        staged
            .batch
            .put(Table::Appends, keys::append(append.id()), position);
        if !self.limits.event_ids {
            return;
        }
        let mut position = last.get() - append.event_count() as u64;
        for (at, event) in append.events().enumerate() {
            position += 1;
            // The first event is found through its append, if that has its id.
            if at > 0 || !is_named_after(append.id(), event.id) {
                let key = keys::event(event.id, es_core::Position::new(position));
                staged.batch.put(Table::Events, key, bytes::Bytes::new());
                staged.totals.event_ids += 1;
            }
        }
    }
}

fn is_named_after(append: AppendId, event: EventId) -> bool {
    append == AppendId::from(event)
}

/// The append with this id, if there is one.
fn stored(engine: &dyn Engine, id: AppendId) -> Result<Option<Record>, ReadError> {
    let last = reader::event::append_end(engine, id)?;
    last.map(|last| reader::record(engine, last)).transpose()
}

fn unavailable(refused: Refused) -> AppendError {
    AppendError::Unavailable {
        source: refused.into(),
    }
}

fn read_error(error: ReadError) -> Placed {
    Err(match error {
        ReadError::Unavailable { source } => AppendError::Unavailable { source },
        damage => AppendError::Corrupt {
            source: damage.into(),
        },
    })
}

fn engine_error(error: EngineError) -> AppendError {
    match error {
        EngineError::Damaged(_) => AppendError::Corrupt {
            source: error.into(),
        },
        EngineError::Failed(_) | EngineError::Stopped(_) => AppendError::Unavailable {
            source: error.into(),
        },
    }
}
