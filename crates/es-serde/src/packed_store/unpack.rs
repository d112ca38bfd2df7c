//! The way out.

use bytes::Bytes;
use es_core::{Payload, PayloadFlags, ReadError, RecordedEvent, Snapshot, SnapshotError, TypeTag};

use super::Packing;
use crate::seal::{OpeningKeys, SealContext, SealError, fields};

impl Packing {
    /// Restores the payloads of a page.
    pub(super) async fn unpack(&self, events: &mut [RecordedEvent]) -> Result<(), ReadError> {
        // Each sealed content, with the event that it is in.
        let (mut sealed, mut holders) = (Vec::new(), Vec::new());
        for (index, event) in events.iter().enumerate() {
            if is_sealed(&event.payload) {
                let contents = contents(&event.payload);
                sealed.extend(contents.map_err(|error| unreadable(event, error))?);
                holders.resize(sealed.len(), index);
            }
        }
        let keys = self.sealer.opening_keys(&sealed).await;
        let keys = keys.map_err(|(of, error)| unreadable(&events[holders[of]], error))?;
        for event in events.iter_mut().filter(|event| is_sealed(&event.payload)) {
            let payload = open_event(&keys, event).map_err(|error| unreadable(event, error))?;
            event.payload = payload;
        }
        Ok(())
    }

    /// A snapshot of which something was erased is none: the state is rebuilt from the events.
    pub(super) async fn unpack_snapshot(
        &self,
        mut snapshot: Snapshot,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        if !is_sealed(&snapshot.payload) {
            return Ok(Some(snapshot));
        }
        let sealed = [snapshot.payload.data.clone()];
        let keys = self.sealer.opening_keys(&sealed).await;
        let keys = keys.map_err(|(_, error)| unusable(&snapshot, error))?;
        let tag = TypeTag::new(snapshot.name.clone(), snapshot.payload.version);
        let context = SealContext::Snapshot {
            stream: &snapshot.stream,
            version: snapshot.version,
            tag: &tag,
            codec: &snapshot.payload.codec,
        };
        let payload = open(&keys, &context, &snapshot.payload);
        snapshot.payload = payload.map_err(|error| unusable(&snapshot, error))?;
        let erased = snapshot.payload.flags.contains(PayloadFlags::ERASED);
        Ok((!erased).then_some(snapshot))
    }
}

fn is_sealed(payload: &Payload) -> bool {
    payload.flags.contains(PayloadFlags::ENCRYPTED)
        || payload.flags.contains(PayloadFlags::SEALED_FIELDS)
}

/// The sealed contents in a payload.
fn contents(payload: &Payload) -> Result<Vec<Bytes>, SealError> {
    if payload.flags.contains(PayloadFlags::ENCRYPTED) {
        return Ok(vec![payload.data.clone()]);
    }
    let contents = fields::sealed_in(&payload.data)?;
    Ok(contents.into_iter().map(Bytes::from).collect())
}

fn open_event(keys: &OpeningKeys, event: &RecordedEvent) -> Result<Payload, SealError> {
    let tag = event.type_tag();
    let context = SealContext::Event {
        stream: &event.stream,
        id: event.id,
        tag: &tag,
        codec: &event.payload.codec,
        version: Some(event.version),
    };
    open(keys, &context, &event.payload)
}

fn open(
    keys: &OpeningKeys,
    context: &SealContext<'_>,
    payload: &Payload,
) -> Result<Payload, SealError> {
    let mut payload = payload.clone();
    if payload.flags.contains(PayloadFlags::ENCRYPTED) {
        payload.flags = payload.flags.without(PayloadFlags::ENCRYPTED);
        match keys.open(context, None, &payload.data)? {
            Some(content) => payload.data = content.into(),
            None => {
                payload.flags = PayloadFlags::ERASED;
                payload.data = Bytes::new();
            }
        }
    } else {
        payload.flags = payload.flags.without(PayloadFlags::SEALED_FIELDS);
        payload.data = fields::open(keys, context, &payload.data)?.into();
    }
    Ok(payload)
}

fn unreadable(event: &RecordedEvent, error: SealError) -> ReadError {
    let retryable = error.is_retryable();
    let source = error.into();
    match retryable {
        true => ReadError::Unavailable { source },
        false => ReadError::Corrupt {
            position: event.position,
            source,
        },
    }
}

fn unusable(snapshot: &Snapshot, error: SealError) -> SnapshotError {
    let retryable = error.is_retryable();
    let source = error.into();
    match retryable {
        true => SnapshotError::Unavailable { source },
        false => SnapshotError::Corrupt {
            stream: snapshot.stream.clone(),
            source,
        },
    }
}
