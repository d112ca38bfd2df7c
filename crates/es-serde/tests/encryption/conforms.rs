//! The wrapped store is a store: it passes the suites, also when every event is encrypted.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use es_core::memory::MemoryStore;
use es_core::testing::conformance::{Ability, StoreFixture, cases};
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

/// What a store that packs does otherwise, on purpose.
const OTHERWISE: [(&str, &str, &str); 3] = [
    (
        "recorded_events",
        "keep_each_payload_flag_codec_and_version",
        "flags are its own: made-up ones name packing that never happened",
    ),
    ("snapshots", "keep_everything_they_were_given", "the same"),
    (
        "repeats",
        "do_not_look_at_expected_versions",
        "the expected version is bound into what is encrypted, so a repeat must expect the same",
    ),
];

/// Runs all cases but those; each of them must be there, and must differ.
fn conforms<F: StoreFixture>(otherwise: &[(&str, &str, &str)]) {
    let (mut ran, mut left_out) = (0, 0);
    for case in cases::<F>() {
        let known = otherwise
            .iter()
            .find(|(suite, name, _)| (case.suite(), case.name()) == (*suite, *name));
        match known {
            None => {
                case.run();
                ran += 1;
            }
            Some((suite, name, reason)) => {
                let outcome = case.outcome(Duration::from_secs(60));
                assert!(outcome.is_err(), "{suite}::{name} conforms; but: {reason}");
                left_out += 1;
            }
        }
    }
    assert_eq!(left_out, otherwise.len());
    assert!(ran > 150, "{ran} cases");
}

#[test]
fn it_is_a_store_when_every_event_is_encrypted() {
    conforms::<Encrypted>(&OTHERWISE);
}

#[test]
fn it_is_a_store_when_nothing_is_encrypted() {
    conforms::<Passing>(&OTHERWISE[..2]);
}
