//! Stores that append wrongly (I1, I2, I3).

use std::time::Duration;

use async_trait::async_trait;
use es_core::memory::MemoryStore;
use es_core::testing::ManualClock;
use es_core::{
    Append, AppendError, Appended, Clock, EventStore, EventStoreExt, ExpectedVersion, NewEvent,
    Position, StreamAppended, StreamVersion, StreamWrite, SystemClock,
};

use crate::mutation::{Mutation, let_others_come_between};

/// Builds the append that is sent on in the place of another one, under its id.
fn rebuilt(append: &Append, writes: impl IntoIterator<Item = StreamWrite>) -> Append {
    let mut rebuilt: Option<Append> = None;
    for write in writes {
        rebuilt = Some(match rebuilt {
            None => Append::new(write.stream, write.expected, write.events).unwrap(),
            Some(append) => append
                .and(write.stream, write.expected, write.events)
                .unwrap(),
        });
    }
    for check in append.checks() {
        let checked = rebuilt.unwrap().check(check.stream.clone(), check.expected);
        rebuilt = Some(checked.unwrap());
    }
    rebuilt.unwrap().with_id(append.id())
}

fn with_expectation(append: &Append, expected: ExpectedVersion) -> Append {
    let writes = append.writes().iter().cloned().map(|mut write| {
        write.expected = expected;
        write
    });
    rebuilt(append, writes)
}

/// Answers as if it had stored the last event of a batch.
#[derive(Debug)]
pub(crate) struct DropsTheLastOfABatch;

#[async_trait]
impl Mutation for DropsTheLastOfABatch {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let mut writes = append.writes().to_vec();
        let last = writes.last_mut().unwrap();
        if last.events.len() < 2 {
            return store.append(append).await;
        }
        last.events.pop();
        let mut appended = store.append(rebuilt(&append, writes)).await?;
        appended.last_position = appended.last_position.next();
        let last = appended.streams.last_mut().unwrap();
        last.last_version = last.last_version.next();
        Ok(appended)
    }
}

/// Drops an event only where an append is larger than some block.
#[derive(Debug)]
pub(crate) struct CutsLargeAppends;

#[async_trait]
impl Mutation for CutsLargeAppends {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        if append.event_count() <= 4_095 {
            return store.append(append).await;
        }
        let mut writes = append.writes().to_vec();
        writes[0].events.truncate(4_095);
        store.append(rebuilt(&append, writes)).await
    }
}

/// Of two writers that expect the same version both win.
#[derive(Debug)]
pub(crate) struct LetsTwoWritersWin;

#[async_trait]
impl Mutation for LetsTwoWritersWin {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        match store.append(append.clone()).await {
            Err(AppendError::Conflict(_)) => {
                store
                    .append(with_expectation(&append, ExpectedVersion::Any))
                    .await
            }
            answer => answer,
        }
    }
}

/// Looks at the version, and appends a moment later.
#[derive(Debug)]
pub(crate) struct ChecksVersionsTooEarly;

#[async_trait]
impl Mutation for ChecksVersionsTooEarly {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let [write] = append.writes() else {
            return store.append(append).await;
        };
        let actual = store.stream_version(&write.stream).await.unwrap();
        if !write.expected.allows(actual) || !append.checks().is_empty() {
            return store.append(append).await;
        }
        let_others_come_between().await;
        store
            .append(with_expectation(&append, ExpectedVersion::Any))
            .await
    }
}

/// Takes the version that was expected for the one that was found.
#[derive(Debug)]
pub(crate) struct ConflictsNameTheWrongVersion;

#[async_trait]
impl Mutation for ConflictsNameTheWrongVersion {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let answer = store.append(append).await;
        answer.map_err(|error| match error {
            AppendError::Conflict(mut conflict) => {
                conflict.actual = StreamVersion::EMPTY;
                conflict.into()
            }
            error => error,
        })
    }
}

/// Takes "expects no events" for "expects nothing".
#[derive(Debug)]
pub(crate) struct TakesExactlyEmptyForAny;

#[async_trait]
impl Mutation for TakesExactlyEmptyForAny {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let empty = ExpectedVersion::Exact(StreamVersion::EMPTY);
        let writes = append.writes().iter().cloned().map(|mut write| {
            if write.expected == empty {
                write.expected = ExpectedVersion::Any;
            }
            write
        });
        store.append(rebuilt(&append, writes)).await
    }
}

/// Does not look at the streams that are to be checked only.
#[derive(Debug)]
pub(crate) struct IgnoresChecks;

#[async_trait]
impl Mutation for IgnoresChecks {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let (id, writes, _) = append.into_parts();
        let mut writes = writes.into_iter();
        let first = writes.next().unwrap();
        let first = Append::new(first.stream, first.expected, first.events).unwrap();
        let all = writes.fold(first, |append, write| {
            append
                .and(write.stream, write.expected, write.events)
                .unwrap()
        });
        store.append(all.with_id(id)).await
    }
}

/// Appends stream by stream, and stops at the first conflict.
#[derive(Debug)]
pub(crate) struct AppendsStreamByStream;

#[async_trait]
impl Mutation for AppendsStreamByStream {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        if append.writes().len() == 1 {
            return store.append(append).await;
        }
        let mut all: Option<Appended> = None;
        for write in append.writes() {
            let one = Append::new(write.stream.clone(), write.expected, write.events.clone());
            let one = store.append(one.unwrap()).await?;
            match &mut all {
                None => all = Some(one),
                Some(all) => {
                    all.last_position = one.last_position;
                    all.streams.extend(one.streams);
                }
            }
        }
        Ok(all.unwrap())
    }
}

/// Appends event by event: others come between, and readers see parts.
#[derive(Debug)]
pub(crate) struct AppendsEventByEvent;

#[async_trait]
impl Mutation for AppendsEventByEvent {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let [write] = append.writes() else {
            return store.append(append).await;
        };
        if write.events.len() > 10 || write.events.len() == 1 || !append.checks().is_empty() {
            return store.append(append).await;
        }
        let one = |event: &NewEvent, expected| {
            Append::new(write.stream.clone(), expected, [event.clone()]).unwrap()
        };
        let first = store
            .append(one(&write.events[0], write.expected).with_id(append.id()))
            .await?;
        let mut last = first.clone();
        for event in &write.events[1..] {
            SystemClock.sleep(Duration::from_millis(1)).await;
            last = store.append(one(event, ExpectedVersion::Any)).await?;
        }
        let place = StreamAppended {
            stream: write.stream.clone(),
            first_version: first.streams[0].first_version,
            last_version: last.version(),
        };
        let streams = vec![place];
        Ok(Appended {
            last_position: last.last_position,
            streams,
            ..first
        })
    }
}

/// Says that the events stand one position further on than they do.
#[derive(Debug)]
pub(crate) struct AnswersAnotherPosition;

#[async_trait]
impl Mutation for AnswersAnotherPosition {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let mut appended = store.append(append).await?;
        appended.first_position = Position::new(appended.first_position.get() + 1);
        appended.last_position = Position::new(appended.last_position.get() + 1);
        Ok(appended)
    }
}

/// Sorts the streams of an append by name.
#[derive(Debug)]
pub(crate) struct SortsTheStreamsOfAnAppend;

#[async_trait]
impl Mutation for SortsTheStreamsOfAnAppend {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let mut writes = append.writes().to_vec();
        writes.sort_by(|a, b| a.stream.cmp(&b.stream));
        store.append(rebuilt(&append, writes)).await
    }
}
