//! The way in.

use std::collections::HashMap;

use es_core::{
    Append, ExpectedVersion, NewEvent, Payload, PayloadFlags, Privacy, Snapshot, StreamVersion,
    StreamWrite, TypeTag,
};

use super::Packing;
use crate::Json;
use crate::seal::{SealContext, SealError, SealingKeys, fields};

impl Packing {
    pub(super) async fn pack(&self, append: Append) -> Result<Append, SealError> {
        let mut keys = HashMap::new();
        for privacy in append.events().filter_map(|event| event.privacy.as_ref()) {
            let subjects = subjects(privacy);
            if !keys.contains_key(&subjects) {
                keys.insert(subjects, self.sealer.sealing_keys(privacy).await?);
            }
        }
        append.try_map_events(|write, event| self.pack_event(write, event, &keys))
    }

    fn pack_event(
        &self,
        write: &StreamWrite,
        mut event: NewEvent,
        keys: &HashMap<Vec<String>, SealingKeys>,
    ) -> Result<NewEvent, SealError> {
        let Some(privacy) = event.privacy.take() else {
            return Ok(event);
        };
        let tag = TypeTag::new(event.name.clone(), event.payload.version);
        let context = SealContext::Event {
            stream: &write.stream,
            id: event.id,
            tag: &tag,
            codec: &event.payload.codec.clone(),
            version: expected_version(write),
        };
        if let Some(keys) = keys.get(&subjects(&privacy)) {
            event.payload = seal(keys, &context, &privacy, event.payload)?;
        }
        Ok(event)
    }

    pub(super) async fn pack_snapshot(
        &self,
        mut snapshot: Snapshot,
    ) -> Result<Snapshot, SealError> {
        let Some(privacy) = snapshot.privacy.take() else {
            return Ok(snapshot);
        };
        let keys = self.sealer.sealing_keys(&privacy).await?;
        let tag = TypeTag::new(snapshot.name.clone(), snapshot.payload.version);
        let context = SealContext::Snapshot {
            stream: &snapshot.stream,
            version: snapshot.version,
            tag: &tag,
            codec: &snapshot.payload.codec.clone(),
        };
        snapshot.payload = seal_whole(&keys, &context, snapshot.payload)?;
        Ok(snapshot)
    }
}

fn seal(
    keys: &SealingKeys,
    context: &SealContext<'_>,
    privacy: &Privacy,
    mut payload: Payload,
) -> Result<Payload, SealError> {
    let is_object = payload.codec == Json::ID && payload.data.starts_with(b"{");
    let Some(personal) = privacy.fields().filter(|_| is_object) else {
        return seal_whole(keys, context, payload);
    };
    let personal: Vec<&str> = personal.iter().map(AsRef::<str>::as_ref).collect();
    payload.data = fields::seal(keys, context, &personal, &payload.data)?.into();
    payload.flags = payload.flags.with(PayloadFlags::SEALED_FIELDS);
    Ok(payload)
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

fn subjects(privacy: &Privacy) -> Vec<String> {
    privacy.subjects().map(str::to_owned).collect()
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
