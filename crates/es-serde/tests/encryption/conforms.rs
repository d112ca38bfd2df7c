//! The wrapped store is a store: it passes the suites, also when every event is encrypted.

use std::sync::Arc;

use async_trait::async_trait;
use es_core::memory::MemoryStore;
use es_core::testing::conformance::{Ability, StoreFixture};
use es_core::{
    AllPage, AllRange, Append, AppendError, Appended, CheckpointStore, EventId, EventStore,
    Position, Privacy, ReadError, RecordedEvent, SnapshotStore, StreamId, StreamPage, StreamRange,
};
use es_serde::PackedStore;

use crate::material::packed;

/// Says of every event that it is about its stream.
#[derive(Debug)]
struct EverythingIsPersonal(PackedStore<MemoryStore>);

#[async_trait]
impl EventStore for EverythingIsPersonal {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let personal = append.try_map_events(|write, event| {
            Ok::<_, AppendError>(event.with_privacy(Some(Privacy::of(write.stream.as_str()))))
        });
        self.0.append(personal?).await
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        range: StreamRange,
    ) -> Result<StreamPage, ReadError> {
        self.0.read_stream(stream, range).await
    }

    async fn read_all(&self, range: &AllRange) -> Result<AllPage, ReadError> {
        self.0.read_all(range).await
    }

    async fn read_event(&self, id: EventId) -> Result<Option<RecordedEvent>, ReadError> {
        self.0.read_event(id).await
    }

    async fn head(&self) -> Result<Position, ReadError> {
        self.0.head().await
    }

    async fn wait_past(&self, position: Position) -> Result<(), ReadError> {
        self.0.wait_past(position).await
    }
}

const SUPPORTS: &[Ability] = &[
    Ability::MultiStreamAppend,
    Ability::CheckOnlyStreams,
    Ability::AppendIdsForAny,
    Ability::EventIdLookup,
    Ability::Snapshots,
    Ability::Checkpoints,
];

struct Encrypted(Arc<EverythingIsPersonal>);

#[async_trait]
impl StoreFixture for Encrypted {
    const SUPPORTS: &'static [Ability] = SUPPORTS;

    async fn fresh() -> Self {
        Self(Arc::new(EverythingIsPersonal(packed().0)))
    }

    fn events(&self) -> Arc<dyn EventStore> {
        self.0.clone()
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(self.0.0.clone()))
    }

    fn checkpoints(&self) -> Option<Arc<dyn CheckpointStore>> {
        Some(Arc::new(self.0.0.clone()))
    }
}

struct Passing(PackedStore<MemoryStore>);

#[async_trait]
impl StoreFixture for Passing {
    const SUPPORTS: &'static [Ability] = SUPPORTS;

    async fn fresh() -> Self {
        Self(packed().0)
    }

    fn events(&self) -> Arc<dyn EventStore> {
        Arc::new(self.0.clone())
    }

    fn snapshots(&self) -> Option<Arc<dyn SnapshotStore>> {
        Some(Arc::new(self.0.clone()))
    }

    fn checkpoints(&self) -> Option<Arc<dyn CheckpointStore>> {
        Some(Arc::new(self.0.clone()))
    }
}

mod with_personal_events {
    es_core::conformance! { name: encrypted, fixture: crate::conforms::Encrypted }
}

mod with_other_events {
    es_core::conformance! { name: passing, fixture: crate::conforms::Passing }
}
