//! Stores that take repeats for new appends, or new appends for repeats (I5).

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use es_core::memory::MemoryStore;
use es_core::testing::ManualClock;
use es_core::{
    Append, AppendError, AppendId, Appended, EventId, EventStore, EventStoreExt, Position,
};
use uuid::Uuid;

use crate::mutation::{Mutation, let_others_come_between};

/// Gives every append an id that was never used.
#[derive(Debug)]
pub(crate) struct IgnoresAppendIds(AtomicU64);

impl IgnoresAppendIds {
    fn fresh_id(&self) -> AppendId {
        AppendId::new(Uuid::from_u64_pair(
            u64::MAX,
            self.0.fetch_add(1, Ordering::Relaxed),
        ))
    }
}

#[async_trait]
impl Mutation for IgnoresAppendIds {
    fn on(_: &ManualClock) -> Self {
        Self(AtomicU64::new(0))
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        store.append(append.with_id(self.fresh_id())).await
    }
}

/// Knows repeats, but not those that come while the first one is on its way.
#[derive(Debug)]
pub(crate) struct ForgetsAppendsOnTheirWay {
    ids: IgnoresAppendIds,
    /// The id that each append got inside.
    known: Mutex<HashMap<AppendId, AppendId>>,
}

#[async_trait]
impl Mutation for ForgetsAppendsOnTheirWay {
    fn on(clock: &ManualClock) -> Self {
        Self {
            ids: IgnoresAppendIds::on(clock),
            known: Mutex::default(),
        }
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let known = self.known.lock().unwrap().get(&append.id()).copied();
        let id = known.unwrap_or_else(|| self.ids.fresh_id());
        let_others_come_between().await;
        let (outer, inner) = (append.id(), append.with_id(id));
        let appended = store.append(inner).await.map_err(|error| match error {
            AppendError::IdReused { .. } => AppendError::IdReused { append_id: outer },
            error => error,
        })?;
        self.known.lock().unwrap().insert(outer, id);
        Ok(appended)
    }
}

/// Looks at expected versions before it looks for a repeat.
#[derive(Debug)]
pub(crate) struct RepeatsMayConflict;

#[async_trait]
impl Mutation for RepeatsMayConflict {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        for write in append.writes() {
            let actual = store.stream_version(&write.stream).await.unwrap();
            if !write.expected.allows(actual) {
                let (stream, expected) = (write.stream.clone(), write.expected);
                return Err(es_core::VersionConflict {
                    stream,
                    expected,
                    actual,
                }
                .into());
            }
        }
        store.append(append).await
    }
}

/// Recognises a repeat, and answers with where the store stands now.
#[derive(Debug)]
pub(crate) struct RepeatsGetOtherPositions;

#[async_trait]
impl Mutation for RepeatsGetOtherPositions {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let mut appended = store.append(append).await?;
        if appended.repeated {
            let length = appended.last_position.get() - appended.first_position.get();
            appended.last_position = store.head().await.unwrap();
            let first = appended.last_position.get() - length;
            appended.first_position = Position::new(first);
        }
        Ok(appended)
    }
}

/// Answers a repeat as if it were new.
#[derive(Debug)]
pub(crate) struct RepeatsLookNew;

#[async_trait]
impl Mutation for RepeatsLookNew {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let appended = store.append(append).await?;
        Ok(Appended {
            repeated: false,
            ..appended
        })
    }
}

/// Takes every append with a known id for a repeat, whatever it holds.
#[derive(Debug)]
pub(crate) struct DoesNotCompareContents(Mutex<HashMap<AppendId, Appended>>);

#[async_trait]
impl Mutation for DoesNotCompareContents {
    fn on(_: &ManualClock) -> Self {
        Self(Mutex::default())
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let id = append.id();
        match store.append(append).await {
            Err(AppendError::IdReused { .. }) => {
                let first = self.0.lock().unwrap().get(&id).unwrap().clone();
                Ok(Appended {
                    repeated: true,
                    ..first
                })
            }
            Ok(appended) => {
                self.0
                    .lock()
                    .unwrap()
                    .entry(id)
                    .or_insert_with(|| appended.clone());
                Ok(appended)
            }
            refused => refused,
        }
    }
}

/// Compares the ids of events, and not what is in them.
#[derive(Debug)]
pub(crate) struct ComparesOnlyEventIds {
    contents: DoesNotCompareContents,
    ids: Mutex<HashMap<AppendId, Vec<EventId>>>,
}

#[async_trait]
impl Mutation for ComparesOnlyEventIds {
    fn on(clock: &ManualClock) -> Self {
        Self {
            contents: DoesNotCompareContents::on(clock),
            ids: Mutex::default(),
        }
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let (id, event_ids) = (append.id(), append.events().map(|event| event.id).collect());
        let same = self
            .ids
            .lock()
            .unwrap()
            .get(&id)
            .is_none_or(|known| *known == event_ids);
        if !same {
            return store.append(append).await;
        }
        let appended = self.contents.append(store, append).await?;
        self.ids.lock().unwrap().entry(id).or_insert(event_ids);
        Ok(appended)
    }
}

/// Remembers the ids of appends that it refused.
#[derive(Debug)]
pub(crate) struct ConflictsUseUpIds(Mutex<HashSet<AppendId>>);

#[async_trait]
impl Mutation for ConflictsUseUpIds {
    fn on(_: &ManualClock) -> Self {
        Self(Mutex::default())
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let append_id = append.id();
        if self.0.lock().unwrap().contains(&append_id) {
            return Err(AppendError::IdReused { append_id });
        }
        let answer = store.append(append).await;
        if answer.as_ref().is_err_and(AppendError::is_conflict) {
            self.0.lock().unwrap().insert(append_id);
        }
        answer
    }
}

/// Takes the id of any stored event for that of a stored append.
#[derive(Debug)]
pub(crate) struct TakesEventIdsForAppendIds;

#[async_trait]
impl Mutation for TakesEventIdsForAppendIds {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let append_id = append.id();
        let stored = store
            .read_event(EventId::new(append_id.uuid()))
            .await
            .unwrap();
        let answer = store.append(append).await;
        match (stored, answer) {
            (Some(_), Ok(appended)) if !appended.repeated => {
                Err(AppendError::IdReused { append_id })
            }
            (_, answer) => answer,
        }
    }
}
