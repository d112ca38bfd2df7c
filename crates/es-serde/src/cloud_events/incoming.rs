//! From CloudEvents to events of ours.

use std::collections::BTreeMap;

use bytes::Bytes;
use es_core::{
    CodecId, EventId, InvalidName, InvalidStreamId, InvalidTypeVersion, Metadata, NewEvent,
    Payload, PayloadFlags, Position, RecordedEvent, StreamId, StreamVersion, TraceContext,
    TypeName, TypeVersion,
};
use uuid::Uuid;

use super::extension::{
    ACTOR, CAUSATION, CODEC, CORRELATION, FLAGS, HEADERS, PARTITION, RECORDED, SEQUENCE,
    TRACE_PARENT, TRACE_STATE, TYPE_VERSION, VERSION,
};
use super::{CloudEvent, CloudEventData, CloudEventError, ExtensionValue, media_type, text};

impl CloudEvent {
    /// Makes an event to append of it, and says to which stream. `source` is what this store is
    /// known as.
    ///
    /// Without data the payload is a JSON `null`, or empty in any other format. Without
    /// `estypeversion` the version is `1.0`. Where and when another store recorded the event is
    /// left out, as this one will record it anew; the `time` is when it happened.
    ///
    /// # Errors
    /// [`CloudEventError`] if there is no subject, or an attribute does not mean what it should.
    pub fn into_new(mut self, source: &str) -> Result<(StreamId, NewEvent), CloudEventError> {
        if self.extensions.remove(VERSION).is_some() {
            self.extensions.remove(SEQUENCE);
            self.extensions.remove(RECORDED);
        }
        let stream = self.stream()?;
        let name = TypeName::new(&self.kind)
            .map_err(|error: InvalidName| CloudEventError::meaning("type", error))?;
        let id = event_id(&self.source, &self.id);
        let (payload, content_type) = self.take_payload()?;
        let metadata = self.into_metadata(id, source, content_type)?;
        let event = NewEvent::new(id, name, payload).with_metadata(metadata);
        Ok((stream, event))
    }

    /// Makes the recorded event of it that [`from_recorded`](Self::from_recorded) was given.
    ///
    /// One that happened when it was recorded does not say so twice: it has no time of its own.
    ///
    /// # Errors
    /// As [`into_new`](Self::into_new), and if `sequence`, `esversion` or `recordedtime` is
    /// missing or none of ours.
    pub fn into_recorded(mut self, source: &str) -> Result<RecordedEvent, CloudEventError> {
        let position = Position::new(self.take_number(SEQUENCE)?);
        let version = StreamVersion::new(self.take_number(VERSION)?);
        let recorded_at = text::time(RECORDED, &self.take_required(RECORDED)?)?;
        if self.time == Some(recorded_at) {
            self.time = None;
        }
        let (stream, event) = self.into_new(source)?;
        Ok(RecordedEvent::new(
            position,
            stream,
            version,
            recorded_at,
            event,
        ))
    }

    fn stream(&self) -> Result<StreamId, CloudEventError> {
        let attribute = "subject";
        let subject = self.subject.as_deref();
        let subject = subject.ok_or(CloudEventError::Missing { attribute })?;
        subject
            .parse()
            .map_err(|error: InvalidStreamId| CloudEventError::meaning(attribute, error))
    }

    /// The payload, and the content type if it says more than the payload does.
    fn take_payload(&mut self) -> Result<(Payload, Option<String>), CloudEventError> {
        let content_type = self.data_content_type.take();
        let codec = self.take_text(CODEC)?.map(CodecId::new);
        let codec = codec.unwrap_or_else(|| media_type::codec(content_type.as_deref()));
        let mut payload = Payload::new(codec, self.take_type_version()?, Bytes::new());
        payload.flags = self.take_flags()?;
        payload.data = match self.data.take() {
            Some(CloudEventData::Json(data) | CloudEventData::Text(data)) => data.into(),
            Some(CloudEventData::Binary(data)) => data,
            None if media_type::is_plain_json(&payload) => Bytes::from_static(b"null"),
            None => Bytes::new(),
        };
        let says_more =
            content_type.filter(|content_type| content_type != media_type::of(&payload));
        Ok((payload, says_more))
    }

    fn take_type_version(&mut self) -> Result<TypeVersion, CloudEventError> {
        let Some(version) = self.take_text(TYPE_VERSION)? else {
            return Ok(TypeVersion::INITIAL);
        };
        version
            .parse()
            .map_err(|error: InvalidTypeVersion| CloudEventError::meaning(TYPE_VERSION, error))
    }

    fn take_flags(&mut self) -> Result<PayloadFlags, CloudEventError> {
        let bits = match self.extensions.remove(FLAGS) {
            None => Some(0),
            Some(ExtensionValue::Integer(bits)) => u8::try_from(bits).ok(),
            Some(_) => None,
        };
        bits.map(PayloadFlags::from_bits)
            .ok_or_else(|| CloudEventError::invalid(FLAGS, "is no number from 0 to 255"))
    }

    fn into_metadata(
        mut self,
        id: EventId,
        source: &str,
        content_type: Option<String>,
    ) -> Result<Metadata, CloudEventError> {
        let mut metadata = self.known_facts()?;
        if self.source != source {
            metadata = metadata.with_source(&self.source);
        }
        let id = Some(self.id).filter(|text| *text != id.to_string());
        let attributes = [
            ("id", id),
            ("datacontenttype", content_type),
            ("dataschema", self.data_schema),
        ];
        for (name, value) in attributes {
            if let Some(value) = value {
                metadata = metadata.with_header(name, value);
            }
        }
        let headers = self.extensions.remove(HEADERS);
        for (name, value) in self.extensions {
            metadata = metadata.with_header(name, value.to_string());
        }
        match headers {
            Some(headers) => with_headers(metadata, &headers),
            None => Ok(metadata),
        }
    }

    /// What has a place of its own in the metadata.
    fn known_facts(&mut self) -> Result<Metadata, CloudEventError> {
        let mut metadata = Metadata::new();
        if let Some(time) = self.time {
            metadata = metadata.with_occurred_at(time);
        }
        if let Some(id) = self.take_text(CORRELATION)? {
            metadata = metadata.with_correlation(id);
        }
        if let Some(id) = self.take_text(CAUSATION)? {
            metadata = metadata.with_causation(id);
        }
        if let Some(actor) = self.take_text(ACTOR)? {
            metadata = metadata.with_actor(actor);
        }
        if let Some(parent) = self.take_text(TRACE_PARENT)? {
            let state = self.take_text(TRACE_STATE)?.map(Into::into);
            let parent = parent.into();
            metadata = metadata.with_trace(TraceContext { parent, state });
        }
        let key = self.extension(PARTITION).and_then(ExtensionValue::as_text);
        if key.is_some() && key == self.subject() {
            self.extensions.remove(PARTITION);
        }
        Ok(metadata)
    }

    fn take_text(&mut self, name: &'static str) -> Result<Option<String>, CloudEventError> {
        match self.extensions.remove(name) {
            None => Ok(None),
            Some(ExtensionValue::Text(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(CloudEventError::invalid(name, "is empty or not a text")),
        }
    }

    fn take_required(&mut self, attribute: &'static str) -> Result<String, CloudEventError> {
        self.take_text(attribute)?
            .ok_or(CloudEventError::Missing { attribute })
    }

    fn take_number(&mut self, attribute: &'static str) -> Result<u64, CloudEventError> {
        let text = self.take_required(attribute)?;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text
            .parse()
            .ok()
            .filter(|number| digits && *number <= Position::MAX.get());
        let problem = "is no number from 0 to 9223372036854775807";
        number.ok_or_else(|| CloudEventError::invalid(attribute, problem))
    }
}

/// A UUID stays as it is. Anything else is unique together with its source only, so the two make
/// a name-based UUID (version 5): the same two always make the same one.
fn event_id(source: &str, id: &str) -> EventId {
    Uuid::try_parse(id).map_or_else(
        |_| EventId::derived(Uuid::new_v5(&Uuid::NAMESPACE_URL, source.as_bytes()), id),
        EventId::new,
    )
}

fn with_headers(
    mut metadata: Metadata,
    object: &ExtensionValue,
) -> Result<Metadata, CloudEventError> {
    let invalid = |problem| CloudEventError::invalid(HEADERS, problem);
    let headers: BTreeMap<String, String> = object
        .as_text()
        .and_then(|text| serde_json::from_str(text).ok())
        .ok_or_else(|| invalid("is no JSON object of texts, as text"))?;
    for (name, value) in headers {
        if metadata.header(&name).is_some() {
            return Err(invalid(
                "has a header that stands there as an attribute too",
            ));
        }
        metadata = metadata.with_header(name, value);
    }
    Ok(metadata)
}
