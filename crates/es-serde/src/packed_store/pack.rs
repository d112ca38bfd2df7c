//! The way in: encrypted if it is personal, compressed if it is large.

use es_core::{Append, AppendError, Payload, Snapshot, SnapshotError};

use super::Packing;

impl Packing {
    pub(super) async fn pack(&self, append: Append) -> Result<Append, AppendError> {
        #[cfg(feature = "encrypt")]
        if let Some(sealer) = &self.sealer {
            return self.seal(sealer, append).await;
        }
        // What is personal goes on as it is, and is refused by the store.
        append.try_map_events(|_, mut event| {
            event.payload = self.compressed(event.payload);
            Ok(event)
        })
    }

    pub(super) async fn pack_snapshot(
        &self,
        mut snapshot: Snapshot,
    ) -> Result<Snapshot, SnapshotError> {
        snapshot.payload = self.compressed(snapshot.payload);
        #[cfg(feature = "encrypt")]
        if let Some(sealer) = &self.sealer {
            return super::sealing::seal_snapshot(sealer, snapshot).await;
        }
        Ok(snapshot)
    }

    #[cfg(any(feature = "lz4", feature = "zstd"))]
    pub(super) fn compressed(&self, payload: Payload) -> Payload {
        match &self.compression {
            Some(compression) => compression.compress(payload),
            None => payload,
        }
    }

    #[cfg(not(any(feature = "lz4", feature = "zstd")))]
    pub(super) fn compressed(&self, payload: Payload) -> Payload {
        payload
    }
}
