//! The way out.

use es_core::{BoxError, Payload, PayloadFlags, ReadError, RecordedEvent, Snapshot, SnapshotError};

use super::Packing;
use crate::{DecompressError, MAX_PLAIN_BYTES, decompress};

impl Packing {
    /// Restores the payloads of a page.
    pub(super) async fn unpack(&self, events: &mut [RecordedEvent]) -> Result<(), ReadError> {
        for event in events.iter_mut() {
            restored(&mut event.payload).map_err(|error| corrupt(event, error.into()))?;
        }
        #[cfg(feature = "encrypt")]
        if let Some(sealer) = &self.sealer {
            super::open::open_all(sealer, events).await?;
        }
        Ok(())
    }

    pub(super) async fn unpack_snapshot(
        &self,
        mut snapshot: Snapshot,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        restored(&mut snapshot.payload).map_err(|error| SnapshotError::Corrupt {
            stream: snapshot.stream.clone(),
            source: error.into(),
        })?;
        #[cfg(feature = "encrypt")]
        if let Some(sealer) = &self.sealer {
            return super::open::open_snapshot(sealer, snapshot).await;
        }
        Ok(Some(snapshot))
    }
}

/// Undoes compression, unless it lies below encryption.
pub(super) fn restored(payload: &mut Payload) -> Result<(), DecompressError> {
    let flags = payload.flags;
    if !flags.contains(PayloadFlags::COMPRESSED) || flags.contains(PayloadFlags::ENCRYPTED) {
        return Ok(());
    }
    let mut packed = payload.clone();
    packed.flags = flags.without(PayloadFlags::SEALED_FIELDS);
    *payload = decompress(packed, MAX_PLAIN_BYTES)?;
    if flags.contains(PayloadFlags::SEALED_FIELDS) {
        payload.flags = payload.flags.with(PayloadFlags::SEALED_FIELDS);
    }
    Ok(())
}

pub(super) fn corrupt(event: &RecordedEvent, source: BoxError) -> ReadError {
    ReadError::Corrupt {
        position: event.position,
        source,
    }
}
