//! From events of ours to CloudEvents.

use std::collections::BTreeMap;

use es_core::{NewEvent, Payload, PayloadFlags, RecordedEvent, StreamId, Timestamp};
use serde_json::value::RawValue;

use super::extension::{
    ACTOR, CAUSATION, CODEC, CORRELATION, FLAGS, HEADERS, PARTITION, RECORDED, SEQUENCE,
    TRACE_PARENT, TRACE_STATE, TYPE_VERSION, VERSION, is_taken,
};
use super::{CloudEvent, CloudEventData, CloudEventError, ExtensionValue, media_type, text};

impl CloudEvent {
    /// Makes one of an event that is not recorded yet. `source` is what the store is known as; an
    /// event whose metadata names another one keeps that.
    ///
    /// # Errors
    /// [`CloudEventError`] if an attribute cannot hold what the event has.
    pub fn from_new(
        stream: &StreamId,
        event: &NewEvent,
        source: &str,
    ) -> Result<Self, CloudEventError> {
        let NewEvent {
            id,
            name,
            payload,
            metadata,
            privacy: _,
        } = event;
        let subject = text::checked("subject", stream.as_str())?;
        let made = Self {
            id: id.to_string(),
            source: uri(metadata.source().unwrap_or(source))?,
            kind: text::checked("type", name.as_str())?,
            time: metadata.occurred_at(),
            data_content_type: Some(media_type::of(payload).to_owned()),
            data_schema: None,
            extensions: extensions(event, &subject)?,
            data: Some(data(payload)?),
            subject: Some(subject),
        };
        made.with_writable_time()
    }

    /// Makes one of a recorded event: that of [`from_new`](Self::from_new), with where and when it
    /// was recorded.
    ///
    /// # Errors
    /// [`CloudEventError`] if an attribute cannot hold what the event has.
    pub fn from_recorded(event: &RecordedEvent, source: &str) -> Result<Self, CloudEventError> {
        let new = NewEvent::new(event.id, event.name.clone(), event.payload.clone())
            .with_metadata(event.metadata.clone());
        let mut made = Self::from_new(&event.stream, &new, source)?;
        made.time = Some(event.occurred_at());
        let place = [
            (SEQUENCE, format!("{:019}", event.position.get())),
            (VERSION, event.version.to_string()),
            (RECORDED, writable(RECORDED, event.recorded_at)?),
        ];
        let place = place.map(|(name, value)| (name.to_owned(), ExtensionValue::Text(value)));
        made.extensions.extend(place);
        made.with_writable_time()
    }

    fn with_writable_time(self) -> Result<Self, CloudEventError> {
        self.time.map(|time| writable("time", time)).transpose()?;
        Ok(self)
    }
}

fn extensions(
    event: &NewEvent,
    subject: &str,
) -> Result<BTreeMap<String, ExtensionValue>, CloudEventError> {
    let NewEvent {
        payload, metadata, ..
    } = event;
    let trace = metadata.trace();
    let derived = media_type::codec(Some(media_type::of(payload)));
    let codec = (derived != payload.codec).then_some(payload.codec.as_str());
    let mut extensions = BTreeMap::new();
    for (name, value) in [
        (PARTITION, Some(subject)),
        (TYPE_VERSION, Some(&*payload.version.to_string())),
        (CODEC, codec),
        (CORRELATION, metadata.correlation()),
        (CAUSATION, metadata.causation()),
        (ACTOR, metadata.actor()),
        (TRACE_PARENT, trace.map(|trace| &*trace.parent)),
        (TRACE_STATE, trace.and_then(|trace| trace.state.as_deref())),
    ] {
        if let Some(value) = value {
            let value = ExtensionValue::Text(text::checked(name, value)?);
            extensions.insert(name.to_owned(), value);
        }
    }
    if payload.flags != PayloadFlags::PLAIN {
        let bits = ExtensionValue::Integer(payload.flags.bits().into());
        extensions.insert(FLAGS.to_owned(), bits);
    }
    add_headers(&mut extensions, event)?;
    Ok(extensions)
}

fn add_headers(
    extensions: &mut BTreeMap<String, ExtensionValue>,
    event: &NewEvent,
) -> Result<(), CloudEventError> {
    let attribute = |&(name, value): &(&str, &str)| {
        text::is_good_name(name) && !is_taken(name) && text::is_text(value)
    };
    let (attributes, others): (Vec<_>, Vec<_>) = event.metadata.headers().partition(attribute);
    let attributes = attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), ExtensionValue::Text(value.to_owned())));
    extensions.extend(attributes);
    if !others.is_empty() {
        let others = others
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()));
        let object = serde_json::Value::Object(others.collect()).to_string();
        let object = ExtensionValue::Text(text::checked(HEADERS, &object)?);
        extensions.insert(HEADERS.to_owned(), object);
    }
    Ok(())
}

fn data(payload: &Payload) -> Result<CloudEventData, CloudEventError> {
    if !media_type::is_plain_json(payload) {
        return Ok(CloudEventData::Binary(payload.data.clone()));
    }
    let json: &RawValue = serde_json::from_slice(&payload.data)
        .map_err(|_| CloudEventError::invalid("data", "should be JSON, and the payload is none"))?;
    Ok(CloudEventData::Json(json.get().to_owned()))
}

fn uri(source: &str) -> Result<String, CloudEventError> {
    let source = text::checked("source", source)?;
    if text::is_uri_reference(&source) {
        Ok(source)
    } else {
        let problem = "is no URI reference (RFC 3986), as urn:claims is one";
        Err(CloudEventError::invalid("source", problem))
    }
}

/// RFC 3339 has the years 0 to 9999, and a timestamp has more.
fn writable(attribute: &'static str, time: Timestamp) -> Result<String, CloudEventError> {
    let text = time.to_string();
    let read = text.parse().ok().filter(|_| !text.starts_with('-'));
    if read == Some(time) {
        Ok(text)
    } else {
        let problem = "is not within the years 0 to 9999";
        Err(CloudEventError::invalid(attribute, problem))
    }
}
