//! Taking snapshots in the background, and starting from them.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::snapshot_policy::{Growth, SnapshotPolicy};
use crate::codec::CodecExt;
use crate::event_coding::reader;
use crate::{
    Aggregate, AggregateRoot, BoxError, CodecError, CodecSet, Payload, Snapshot, SnapshotStore,
    StreamId, StreamVersion, Timestamp, TypeName, TypeTag,
};

/// How many snapshots one repository writes at a time; while all are busy no new one is begun.
const MAX_IN_FLIGHT: u32 = 4;

pub(super) struct Snapshots<A> {
    store: Arc<dyn SnapshotStore>,
    policy: SnapshotPolicy,
    permits: Arc<Semaphore>,
    encode: fn(&CodecSet, &TypeTag, &A) -> Result<Payload, CodecError>,
    decode: fn(&CodecSet, &TypeTag, &Payload) -> Result<A, BoxError>,
}

impl<A> Clone for Snapshots<A> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            permits: Arc::clone(&self.permits),
            ..*self
        }
    }
}

impl<A: Aggregate> Snapshots<A> {
    pub(super) fn new(store: Arc<dyn SnapshotStore>, policy: SnapshotPolicy) -> Self
    where
        A: Serialize + DeserializeOwned,
    {
        let permits = Arc::new(Semaphore::new(MAX_IN_FLIGHT as usize));
        Self {
            store,
            policy,
            permits,
            encode: encode::<A>,
            decode: decode::<A>,
        }
    }

    /// The newest usable snapshot at or below a version. One that cannot be used is a cache miss.
    pub(super) async fn newest(
        &self,
        codecs: &CodecSet,
        stream: &StreamId,
        at_most: StreamVersion,
    ) -> Option<AggregateRoot<A>> {
        let snapshot = match self.store.load_snapshot(stream, at_most).await {
            Ok(snapshot) => snapshot?,
            Err(error) => {
                warn(stream, &error, "a snapshot could not be loaded");
                return None;
            }
        };
        match self.restore(codecs, snapshot) {
            Ok(root) => Some(root),
            Err(reason) => {
                self.discard(stream, reason).await;
                None
            }
        }
    }

    /// Drops the snapshots of a stream, since one of them cannot be used.
    pub(super) async fn discard(&self, stream: &StreamId, reason: impl Into<BoxError>) {
        warn(stream, &*reason.into(), "snapshots are dropped");
        if let Err(error) = self.store.delete_snapshots(stream).await {
            warn(stream, &error, "snapshots could not be dropped");
        }
    }

    /// Takes a snapshot in the background if it is time.
    pub(super) fn take_if_due(
        &self,
        codecs: &CodecSet,
        root: &mut AggregateRoot<A>,
        now: Timestamp,
    ) {
        if !self.policy.is_due(&root.growth, now) {
            return;
        }
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return;
        };
        let stream = root.stream().clone();
        let snapshot = match self.snapshot(codecs, root, now) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                return warn(&stream, &error, "a snapshot could not be encoded");
            }
        };
        root.growth = Growth::after_snapshot(now);
        let (store, keep) = (Arc::clone(&self.store), self.policy.keep);
        tokio::spawn(async move {
            if let Err(error) = store.save_snapshot(snapshot, keep).await {
                warn(&stream, &error, "a snapshot could not be saved");
            }
            drop(permit);
        });
    }

    /// Returns once nothing is being written.
    pub(super) async fn settled(&self) {
        // The semaphore is never closed, so this only waits.
        let _all = self.permits.acquire_many(MAX_IN_FLIGHT).await;
    }

    fn snapshot(
        &self,
        codecs: &CodecSet,
        root: &AggregateRoot<A>,
        taken_at: Timestamp,
    ) -> Result<Snapshot, CodecError> {
        let tag = self
            .tag()
            .map_err(|error| CodecError::encode(&UNNAMED, error))?;
        let payload = (self.encode)(codecs, &tag, root.state())?;
        let (stream, version) = (root.stream().clone(), root.version());
        Ok(Snapshot {
            stream,
            version,
            name: tag.name,
            payload,
            taken_at,
            privacy: root.state().privacy(),
        })
    }

    fn restore(&self, codecs: &CodecSet, snapshot: Snapshot) -> Result<AggregateRoot<A>, BoxError> {
        let tag = self.tag()?;
        let found = TypeTag::new(snapshot.name, snapshot.payload.version);
        if found != tag {
            return Err(format!("the snapshot is of {found}, and the program wants {tag}").into());
        }
        let state = (self.decode)(codecs, &tag, &snapshot.payload)?;
        let mut root = AggregateRoot::restored(snapshot.stream, snapshot.version, state);
        root.growth = Growth::after_snapshot(snapshot.taken_at);
        Ok(root)
    }

    fn tag(&self) -> Result<TypeTag, BoxError> {
        Ok(TypeTag::new(
            TypeName::new(A::CATEGORY)?,
            self.policy.state_version,
        ))
    }
}

/// Snapshots fail without consequence, so the log is where it shows.
fn warn(stream: &StreamId, error: &(dyn std::error::Error + 'static), what: &str) {
    tracing::warn!(%stream, error, "{what}");
}

/// Stands for a state whose category cannot be a name.
static UNNAMED: TypeTag = TypeTag::new(
    TypeName::from_static("snapshot"),
    crate::TypeVersion::INITIAL,
);

fn encode<A: Serialize>(
    codecs: &CodecSet,
    tag: &TypeTag,
    state: &A,
) -> Result<Payload, CodecError> {
    let data = codecs.writer().encode(tag, state)?;
    Ok(Payload::new(codecs.writer().id(), tag.version, data))
}

fn decode<A: DeserializeOwned>(
    codecs: &CodecSet,
    tag: &TypeTag,
    payload: &Payload,
) -> Result<A, BoxError> {
    Ok(reader(codecs, payload)?.decode_value(tag, &payload.data)?)
}
