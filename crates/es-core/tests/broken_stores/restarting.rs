//! Stores that forget when they are restarted (I4, I5).

use std::sync::Arc;

use async_trait::async_trait;
use es_core::chain::ChainStore;
use es_core::memory::MemoryStore;
use es_core::testing::ManualClock;
use es_core::testing::conformance::Ability;
use es_core::{
    AllRange, Append, AppendId, CheckpointStore, EventStore, ExpectedVersion, NewEvent, Position,
    RecordedEvent,
};
use uuid::Uuid;

use crate::mutation::Mutation;

/// All that a store in memory supports, and to be restarted.
pub(crate) const RESTARTS: &[Ability] = &[
    Ability::MultiStreamAppend,
    Ability::CheckOnlyStreams,
    Ability::AppendIdsForAny,
    Ability::EventIdLookup,
    Ability::Snapshots,
    Ability::Checkpoints,
    Ability::Documents,
    Ability::HashChain,
    Ability::ManualClock,
    Ability::Restart,
];

/// Nothing is wrong with it: a restart keeps everything.
#[derive(Debug)]
pub(crate) struct Healthy;

#[async_trait]
impl Mutation for Healthy {
    const SUPPORTS: &'static [Ability] = RESTARTS;

    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn restart(&self, store: &MemoryStore, _: &ManualClock) -> Option<MemoryStore> {
        Some(store.clone())
    }
}

/// An empty store, chained if the other one is.
async fn empty(like: &MemoryStore, clock: &ManualClock) -> MemoryStore {
    let clock = Arc::new(clock.clone());
    match like.chain_head().await.unwrap() {
        Some(_) => MemoryStore::chained_with_clock(clock),
        None => MemoryStore::with_clock(clock),
    }
}

/// Copies a history into an empty store, one append for each event.
async fn copy(events: impl IntoIterator<Item = RecordedEvent>, store: MemoryStore) -> MemoryStore {
    for event in events {
        let id = AppendId::new(Uuid::from_u64_pair(u64::MAX, event.position.get()));
        let RecordedEvent {
            stream,
            id: event_id,
            name,
            payload,
            metadata,
            ..
        } = event;
        let event = NewEvent::new(event_id, name, payload).with_metadata(metadata);
        let append = Append::new(stream, ExpectedVersion::Any, [event]).unwrap();
        store.append(append.with_id(id)).await.unwrap();
    }
    store
}

async fn all(store: &MemoryStore) -> Vec<RecordedEvent> {
    store
        .read_all(&AllRange::after(Position::START))
        .await
        .unwrap()
        .events
}

/// Starts empty, and says that it is durable.
#[derive(Debug)]
pub(crate) struct ForgetsEverything;

#[async_trait]
impl Mutation for ForgetsEverything {
    const SUPPORTS: &'static [Ability] = RESTARTS;

    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn restart(&self, store: &MemoryStore, clock: &ManualClock) -> Option<MemoryStore> {
        Some(empty(store, clock).await)
    }
}

/// Loses the last event, which it had acknowledged.
#[derive(Debug)]
pub(crate) struct LosesTheLastEvent;

#[async_trait]
impl Mutation for LosesTheLastEvent {
    const SUPPORTS: &'static [Ability] = RESTARTS;

    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn restart(&self, store: &MemoryStore, clock: &ManualClock) -> Option<MemoryStore> {
        let mut events = all(store).await;
        events.pop();
        Some(copy(events, empty(store, clock).await).await)
    }
}

/// Keeps the events, and forgets which appends they came with. Snapshots and documents go, too.
#[derive(Debug)]
pub(crate) struct ForgetsAppendIds;

#[async_trait]
impl Mutation for ForgetsAppendIds {
    const SUPPORTS: &'static [Ability] = RESTARTS;

    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn restart(&self, store: &MemoryStore, clock: &ManualClock) -> Option<MemoryStore> {
        let copy = copy(all(store).await, empty(store, clock).await).await;
        for (name, position) in store.checkpoints().await.unwrap() {
            copy.save_checkpoint(&name, Position::START, position)
                .await
                .unwrap();
        }
        Some(copy)
    }
}

/// Restarts, and does not say so.
#[derive(Debug)]
pub(crate) struct RestartsUndeclared;

#[async_trait]
impl Mutation for RestartsUndeclared {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn restart(&self, store: &MemoryStore, _: &ManualClock) -> Option<MemoryStore> {
        Some(store.clone())
    }
}

/// Takes appends over several streams, and does not say so.
#[derive(Debug)]
pub(crate) struct SupportsMoreThanItSays;

#[async_trait]
impl Mutation for SupportsMoreThanItSays {
    const SUPPORTS: &'static [Ability] = &[Ability::ManualClock];

    fn on(_: &ManualClock) -> Self {
        Self
    }
}
