//! Which appends a writer makes.

use std::collections::HashMap;

use es_core::{Append, AppendError, AppendId, Appended, ExpectedVersion, StreamId, StreamVersion};

use crate::{
    chance::Chance,
    contents::{self, Write},
};

/// How many streams everybody writes to.
const HOT: u64 = 4;

/// Makes appends, and learns from the answers which versions to expect.
#[derive(Debug)]
pub(crate) struct Appends {
    chance: Chance,
    /// Who makes them; names the streams that nobody else writes to.
    name: String,
    /// What this writer knows, right or wrong by now.
    versions: HashMap<StreamId, StreamVersion>,
    /// Whether the store recognises any append by its id.
    indexed: bool,
}

impl Appends {
    pub(crate) fn new(chance: Chance, name: String, indexed: bool) -> Self {
        Self {
            chance,
            name,
            versions: HashMap::new(),
            indexed,
        }
    }

    /// The next one: of one to three streams, of up to eight events each, some with a check.
    pub(crate) fn next(&mut self) -> Append {
        let mut writes = vec![self.write(&[])];
        if self.chance.percent(25) {
            for _ in 0..=self.chance.below(2) {
                let further = self.write(&writes);
                writes.push(further);
            }
        }
        let checks = self.checks(&writes);
        let own_id = self.chance.percent(20);
        let exact = |write: &Write| matches!(write.1, ExpectedVersion::Exact(_));
        let may_have_id = self.indexed || writes.iter().all(exact);
        let append = contents::build(writes, checks).expect("a valid append");
        if own_id && may_have_id {
            append.with_id(AppendId::new(contents::uuid(&mut self.chance)))
        } else {
            append
        }
    }

    pub(crate) fn learn(&mut self, result: &Result<Appended, AppendError>) {
        match result {
            Ok(appended) => {
                for told in &appended.streams {
                    self.versions.insert(told.stream.clone(), told.last_version);
                }
            }
            Err(AppendError::Conflict(conflict)) => {
                self.versions
                    .insert(conflict.stream.clone(), conflict.actual);
            }
            Err(_) => {}
        }
    }

    fn write(&mut self, taken: &[Write]) -> Write {
        loop {
            let (stream, expected) = self.target();
            if taken.iter().all(|(other, ..)| *other != stream) {
                let count = 1 + self.chance.below(8);
                return (stream, expected, contents::ids(&mut self.chance, count));
            }
        }
    }

    fn target(&mut self) -> (StreamId, ExpectedVersion) {
        match self.chance.below(100) {
            0..35 => {
                let stream = self.own();
                let expected = self.exact(&stream);
                (stream, expected)
            }
            35..60 => {
                let stream = self.hot();
                let expected = self.exact(&stream);
                (stream, expected)
            }
            60..78 => (self.hot(), ExpectedVersion::Any),
            78..88 => (self.new_stream(), ExpectedVersion::NoStream),
            88..94 => (self.hot(), ExpectedVersion::Exists),
            _ => (self.own(), ExpectedVersion::Any),
        }
    }

    fn checks(&mut self, writes: &[Write]) -> Vec<(StreamId, ExpectedVersion)> {
        if !self.chance.percent(15) {
            return Vec::new();
        }
        let (stream, expected) = match self.chance.below(3) {
            0 => {
                let stream = self.hot();
                let expected = self.exact(&stream);
                (stream, expected)
            }
            1 => (self.hot(), ExpectedVersion::Exists),
            _ => (self.new_stream(), ExpectedVersion::NoStream),
        };
        if writes.iter().any(|(written, ..)| *written == stream) {
            return Vec::new();
        }
        vec![(stream, expected)]
    }

    fn exact(&self, stream: &StreamId) -> ExpectedVersion {
        let known = self.versions.get(stream).copied();
        ExpectedVersion::Exact(known.unwrap_or(StreamVersion::EMPTY))
    }

    fn own(&mut self) -> StreamId {
        let n = self.chance.below(3);
        stream("Own", format!("{}-{n}", self.name))
    }

    fn hot(&mut self) -> StreamId {
        hot(&mut self.chance)
    }

    fn new_stream(&mut self) -> StreamId {
        stream("New", contents::uuid(&mut self.chance))
    }
}

/// A stream that everybody writes to.
pub(crate) fn hot(chance: &mut Chance) -> StreamId {
    stream("Hot", chance.below(HOT))
}

fn stream(category: &str, id: impl std::fmt::Display) -> StreamId {
    StreamId::new(category, id).expect("a valid stream id")
}
