//! An engine in memory that fails, or waits, as a test tells it to.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use bytes::Bytes;
use es_core::Direction;

use crate::engine::{Batch, Engine, EngineError, Entries, Table, Write};

type Tables = BTreeMap<(u8, Vec<u8>), Bytes>;

/// What outlives an engine, and what it is told to do.
#[derive(Default)]
pub(super) struct Disk {
    state: Mutex<DiskState>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct DiskState {
    tables: Tables,
    pub(super) commits: usize,
    pub(super) settles: usize,
    /// Commits wait while this is set.
    pub(super) hold_commits: bool,
    /// Settling waits while this is set.
    pub(super) hold_settles: bool,
    /// How many commits and settles wait.
    pub(super) waiting: usize,
    pub(super) next_commit: CommitFault,
    pub(super) settles_fail: bool,
    /// The one, counted from the first, that fails.
    pub(super) failing_settle: Option<usize>,
    /// The engine stops in the background before the next settle.
    pub(super) stops: bool,
    pub(super) opens_fail: bool,
}

/// What becomes of the next commit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum CommitFault {
    #[default]
    None,
    /// It fails, and the batch is not there.
    WithoutTrace,
    /// It fails, and the batch is there.
    WrittenAllTheSame,
    Panic,
}

impl Disk {
    pub(super) fn set(&self, change: impl FnOnce(&mut DiskState)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    pub(super) fn get<T>(&self, look: impl FnOnce(&DiskState) -> T) -> T {
        look(&self.lock())
    }

    /// Blocks until a commit or a settle waits.
    pub(super) fn wait_for_waiting(&self) {
        let mut state = self.lock();
        while state.waiting == 0 {
            state = self.changed.wait(state).unwrap();
        }
    }

    fn lock(&self) -> MutexGuard<'_, DiskState> {
        self.state.lock().unwrap()
    }

    fn wait_while(&self, held: impl Fn(&DiskState) -> bool) -> MutexGuard<'_, DiskState> {
        let mut state = self.lock();
        state.waiting += 1;
        self.changed.notify_all();
        while held(&state) {
            state = self.changed.wait(state).unwrap();
        }
        state.waiting -= 1;
        state
    }
}

pub(super) struct TestEngine(Arc<Disk>);

impl TestEngine {
    pub(super) fn open(disk: &Arc<Disk>) -> Result<Box<dyn Engine>, EngineError> {
        if disk.get(|state| state.opens_fail) {
            return Err(EngineError::failed("told to fail"));
        }
        Ok(Box::new(Self(Arc::clone(disk))))
    }
}

impl fmt::Debug for TestEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestEngine")
    }
}

impl Engine for TestEngine {
    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        let mut state = self.0.wait_while(|state| state.hold_commits);
        let fault = std::mem::take(&mut state.next_commit);
        if fault == CommitFault::Panic {
            drop(state);
            panic!("told to panic");
        }
        if fault == CommitFault::WithoutTrace {
            return Err(EngineError::failed("told to fail"));
        }
        state.commits += 1;
        for write in &batch.writes {
            match write {
                Write::Put(table, key, value) => state
                    .tables
                    .insert((*table as u8, key.clone()), value.clone()),
                Write::Delete(table, key) => state.tables.remove(&(*table as u8, key.clone())),
            };
        }
        match fault {
            CommitFault::WrittenAllTheSame => Err(EngineError::failed("told to fail late")),
            _ => Ok(()),
        }
    }

    fn settle(&self) -> Result<(), EngineError> {
        let mut state = self.0.wait_while(|state| state.hold_settles);
        if std::mem::take(&mut state.stops) {
            return Err(EngineError::Stopped("told to stop".into()));
        }
        state.settles += 1;
        let fails = state.settles_fail || state.failing_settle == Some(state.settles);
        if fails {
            Err(EngineError::failed("told to fail"))
        } else {
            Ok(())
        }
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        Ok(self
            .0
            .get(|state| state.tables.get(&(table as u8, key.to_vec())).cloned()))
    }

    fn scan(&self, table: Table, keys: RangeInclusive<&[u8]>, direction: Direction) -> Entries<'_> {
        let (first, last) = (
            (table as u8, keys.start().to_vec()),
            (table as u8, keys.end().to_vec()),
        );
        let mut found: Vec<_> = self.0.get(|state| {
            let range = state.tables.range(first..=last);
            range
                .map(|((_, key), value)| Ok((key.clone().into(), value.clone())))
                .collect()
        });
        if direction == Direction::Backward {
            found.reverse();
        }
        Box::new(found.into_iter())
    }

    fn count(&self, table: Table) -> u64 {
        self.0.get(|state| {
            state
                .tables
                .keys()
                .filter(|(t, _)| *t == table as u8)
                .count() as u64
        })
    }

    fn count_slowly(&self, table: Table) -> Result<u64, EngineError> {
        Ok(self.count(table))
    }

    fn disk_bytes(&self) -> u64 {
        0
    }
}
