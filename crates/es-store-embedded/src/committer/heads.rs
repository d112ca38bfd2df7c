//! The versions of streams, as the writer knows them.

use std::collections::HashMap;

use es_core::{Direction, StreamId, StreamVersion};
use quick_cache::unsync::Cache;

use crate::engine::{Engine, EngineError, Table};
use crate::keys;

/// Durable versions in a bounded cache, and those of the commit in the making.
pub(super) struct Heads {
    durable: Cache<StreamId, StreamVersion>,
    staged: HashMap<StreamId, StreamVersion>,
}

impl Heads {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            durable: Cache::new(capacity.max(1)),
            staged: HashMap::new(),
        }
    }

    /// The version of a stream after everything written and staged.
    pub(super) fn version(
        &mut self,
        stream: &StreamId,
        engine: &dyn Engine,
    ) -> Result<StreamVersion, EngineError> {
        if let Some(version) = self.staged.get(stream).or_else(|| self.durable.get(stream)) {
            return Ok(*version);
        }
        let version = load(stream, engine)?;
        self.durable.insert(stream.clone(), version);
        Ok(version)
    }

    pub(super) fn stage(&mut self, stream: &StreamId, version: StreamVersion) {
        self.staged.insert(stream.clone(), version);
    }

    /// The staged versions are durable now.
    pub(super) fn settle(&mut self) {
        for (stream, version) in self.staged.drain() {
            self.durable.insert(stream, version);
        }
    }

    /// What was staged did not happen, or nobody knows.
    pub(super) fn forget(&mut self) {
        self.staged.clear();
        self.durable.clear();
    }
}

/// A point read tells quickly that a stream is new, which a range cannot.
fn load(stream: &StreamId, engine: &dyn Engine) -> Result<StreamVersion, EngineError> {
    let marker = keys::version(stream, StreamVersion::EMPTY);
    if engine.get(Table::Streams, &marker)?.is_none() {
        return Ok(StreamVersion::EMPTY);
    }
    let end = keys::version(stream, StreamVersion::MAX);
    let last = engine
        .scan(Table::Streams, &marker..=&end, Direction::Backward)
        .next();
    let (key, _) = last
        .transpose()?
        .ok_or_else(|| EngineError::damaged("a stream has no end"))?;
    let version = keys::read_version(&key).filter(|version| !version.is_empty());
    version.ok_or_else(|| EngineError::damaged("a stream exists and has no events"))
}
