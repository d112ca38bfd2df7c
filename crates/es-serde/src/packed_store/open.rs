//! Decryption on the way out.

use bytes::Bytes;
use es_core::{Payload, PayloadFlags, ReadError, RecordedEvent, Snapshot, SnapshotError, TypeTag};

use super::unpack::{corrupt, restored};
use crate::seal::{OpeningKeys, SealContext, SealError, Sealer, fields};

/// Opens what is sealed in a page.
pub(super) async fn open_all(
    sealer: &Sealer,
    events: &mut [RecordedEvent],
) -> Result<(), ReadError> {
    // Each sealed content, with the event that it is in.
    let (mut sealed, mut holders) = (Vec::new(), Vec::new());
    for (index, event) in events.iter().enumerate() {
        if is_sealed(&event.payload) {
            let contents = contents(&event.payload);
            sealed.extend(contents.map_err(|error| unreadable(event, error))?);
            holders.resize(sealed.len(), index);
        }
    }
    let keys = sealer.opening_keys(&sealed).await;
    let keys = keys.map_err(|(of, error)| unreadable(&events[holders[of]], error))?;
    for event in events.iter_mut().filter(|event| is_sealed(&event.payload)) {
        event.payload = open_event(&keys, event).map_err(|error| unreadable(event, error))?;
        restored(&mut event.payload).map_err(|error| corrupt(event, error.into()))?;
    }
    Ok(())
}

/// A snapshot of which something was erased is none: the state is rebuilt from the events.
pub(super) async fn open_snapshot(
    sealer: &Sealer,
    mut snapshot: Snapshot,
) -> Result<Option<Snapshot>, SnapshotError> {
    if !is_sealed(&snapshot.payload) {
        return Ok(Some(snapshot));
    }
    let sealed = [snapshot.payload.data.clone()];
    let keys = sealer.opening_keys(&sealed).await;
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
    if snapshot.payload.flags.contains(PayloadFlags::ERASED) {
        return Ok(None);
    }
    restored(&mut snapshot.payload).map_err(|error| SnapshotError::Corrupt {
        stream: snapshot.stream.clone(),
        source: error.into(),
    })?;
    Ok(Some(snapshot))
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
    let mut opened = payload.clone();
    if !payload.flags.contains(PayloadFlags::ENCRYPTED) {
        opened.flags = payload.flags.without(PayloadFlags::SEALED_FIELDS);
        opened.data = fields::open(keys, context, &payload.data)?.into();
        return Ok(opened);
    }
    match keys.open(context, None, &payload.data)? {
        Some(content) => {
            opened.flags = payload.flags.without(PayloadFlags::ENCRYPTED);
            opened.data = content.into();
        }
        None => {
            opened.flags = PayloadFlags::ERASED;
            opened.data = Bytes::new();
        }
    }
    Ok(opened)
}

fn unreadable(event: &RecordedEvent, error: SealError) -> ReadError {
    let retryable = error.is_retryable();
    let source = error.into();
    match retryable {
        true => ReadError::Unavailable { source },
        false => corrupt(event, source),
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
