//! Encryption on the way in.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use es_core::{
    Append, AppendError, ExpectedVersion, NewEvent, Payload, PayloadFlags, Privacy, Snapshot,
    SnapshotError, StreamVersion, StreamWrite, TypeTag,
};

use super::Packing;
use crate::Json;
use crate::seal::{SealContext, SealError, Sealer, SealingKeys, fields};

/// The keys for each set of subjects in an append.
type Keys = HashMap<Vec<String>, SealingKeys>;

impl Packing {
    pub(super) async fn seal(
        &self,
        sealer: &Sealer,
        append: Append,
    ) -> Result<Append, AppendError> {
        let mut keys = Keys::new();
        for privacy in append.events().filter_map(|event| event.privacy.as_ref()) {
            if let Entry::Vacant(vacant) = keys.entry(privacy.subjects().to_vec()) {
                vacant.insert(sealer.sealing_keys(privacy).await.map_err(not_sealed)?);
            }
        }
        append
            .try_map_events(|write, event| self.seal_event(write, event, &keys))
            .map_err(not_sealed)
    }

    fn seal_event(
        &self,
        write: &StreamWrite,
        mut event: NewEvent,
        keys: &Keys,
    ) -> Result<NewEvent, SealError> {
        let privacy = event.privacy.take();
        let found = privacy.and_then(|privacy| Some((keys.get(privacy.subjects())?, privacy)));
        let Some((keys, privacy)) = found else {
            event.payload = self.compressed(event.payload);
            return Ok(event);
        };
        let tag = TypeTag::new(event.name.clone(), event.payload.version);
        let codec = event.payload.codec.clone();
        let context = SealContext::Event {
            stream: &write.stream,
            id: event.id,
            tag: &tag,
            codec: &codec,
            version: expected_version(write),
        };
        event.payload = match personal_fields(&privacy, &event.payload) {
            Some(personal) => self.seal_fields(keys, &context, &personal, event.payload)?,
            None => seal_whole(keys, &context, self.compressed(event.payload))?,
        };
        Ok(event)
    }

    /// Seals the fields, and compresses what comes of it.
    fn seal_fields(
        &self,
        keys: &SealingKeys,
        context: &SealContext<'_>,
        personal: &[&str],
        mut payload: Payload,
    ) -> Result<Payload, SealError> {
        payload.data = fields::seal(keys, context, personal, &payload.data)?.into();
        let mut packed = self.compressed(payload);
        packed.flags = packed.flags.with(PayloadFlags::SEALED_FIELDS);
        Ok(packed)
    }
}

pub(super) async fn seal_snapshot(
    sealer: &Sealer,
    mut snapshot: Snapshot,
) -> Result<Snapshot, SnapshotError> {
    let Some(privacy) = snapshot.privacy.take() else {
        return Ok(snapshot);
    };
    let keys = sealer.sealing_keys(&privacy).await.map_err(unsealed)?;
    let tag = TypeTag::new(snapshot.name.clone(), snapshot.payload.version);
    let codec = snapshot.payload.codec.clone();
    let context = SealContext::Snapshot {
        stream: &snapshot.stream,
        version: snapshot.version,
        tag: &tag,
        codec: &codec,
    };
    snapshot.payload = seal_whole(&keys, &context, snapshot.payload).map_err(unsealed)?;
    Ok(snapshot)
}

fn seal_whole(
    keys: &SealingKeys,
    context: &SealContext<'_>,
    mut payload: Payload,
) -> Result<Payload, SealError> {
    payload.data = keys.seal(context, None, &payload.data)?.into();
    payload.flags = payload.flags.with(PayloadFlags::ENCRYPTED);
    Ok(payload)
}

/// The fields to seal one by one, if the format allows it.
fn personal_fields<'p>(privacy: &'p Privacy, payload: &Payload) -> Option<Vec<&'p str>> {
    let is_object = payload.codec == Json::ID && payload.data.starts_with(b"{");
    let fields = privacy.fields().filter(|_| is_object)?;
    Some(fields.iter().map(AsRef::<str>::as_ref).collect())
}

/// The version that the next event of this write will have, if that is known before it is stored.
fn expected_version(write: &StreamWrite) -> Option<StreamVersion> {
    let before = match write.expected {
        ExpectedVersion::NoStream => StreamVersion::EMPTY,
        ExpectedVersion::Exact(version) => version,
        ExpectedVersion::Any | ExpectedVersion::Exists => return None,
    };
    let packed = write.events.len() as u64;
    Some(StreamVersion::new(before.get() + packed + 1))
}

fn not_sealed(error: SealError) -> AppendError {
    let retryable = error.is_retryable();
    let source = error.into();
    match retryable {
        true => AppendError::Unavailable { source },
        false => AppendError::Refused { source },
    }
}

fn unsealed(error: SealError) -> SnapshotError {
    SnapshotError::Unavailable {
        source: error.into(),
    }
}
