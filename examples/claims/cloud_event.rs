//! From a CloudEvents line to an event of ours; `docs/import.md` says what becomes of what.

use std::collections::BTreeMap;

use event_sourcing::core::{
    EventId, InvalidName, InvalidStreamId, InvalidTimestamp, NewEvent, Payload, TraceContext,
    TypeName, TypeVersion,
};
use event_sourcing::serde::Json;
use event_sourcing::{Metadata, StreamId};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The version of CloudEvents that is understood.
const SPECVERSION: &str = "1.0";
/// Attributes without a place of their own become headers under this prefix.
const PREFIX: &str = "ce-";

/// The filter for everything that was imported: each such event has this header.
pub const IMPORTED: (&str, &str) = ("ce-specversion", SPECVERSION);

/// A line that is not a CloudEvent, or one that cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum CloudEventError {
    /// Not JSON, or no object.
    #[error("not a JSON object ({0})")]
    NotAnObject(String),
    /// A required attribute is missing or empty.
    #[error("attribute {0:?} is missing or empty")]
    Missing(&'static str),
    /// An attribute is no string.
    #[error("attribute {0:?} is not a string")]
    NotText(&'static str),
    /// Another version of CloudEvents.
    #[error("specversion {0:?} is not supported; only \"1.0\" is")]
    Version(String),
    /// Binary content.
    #[error("\"data_base64\" is not supported; only JSON in \"data\" is")]
    Binary,
    /// The subject is no name of a stream.
    #[error("the subject names no stream")]
    Subject(#[from] InvalidStreamId),
    /// The type is no name of an event.
    #[error("the type names no event")]
    Type(#[from] InvalidName),
    /// The time is none.
    #[error("the time cannot be read")]
    Time(#[from] InvalidTimestamp),
}

/// Reads one line: the stream that it belongs to, and the event.
///
/// # Errors
/// See [`CloudEventError`].
pub fn parse(line: &[u8]) -> Result<(StreamId, NewEvent), CloudEventError> {
    let mut attributes = Attributes::parse(line)?;
    let version = attributes.required("specversion")?;
    if version != SPECVERSION {
        return Err(CloudEventError::Version(version.chars().take(32).collect()));
    }
    if attributes.0.contains_key("data_base64") {
        return Err(CloudEventError::Binary);
    }
    let (id, source) = (attributes.required("id")?, attributes.required("source")?);
    let stream: StreamId = attributes.required("subject")?.parse()?;
    let name = TypeName::new(attributes.required("type")?)?;
    let data = attributes.0.remove("data").map_or("null", RawValue::get);
    let payload = Payload::new(Json::ID, TypeVersion::INITIAL, data.as_bytes().to_vec());

    let event_id = event_id(&source, &id);
    let mut metadata = Metadata::new()
        .with_source(source)
        .with_header(IMPORTED.0, IMPORTED.1);
    if event_id.uuid().to_string() != id {
        metadata = metadata.with_header("ce-id", id);
    }
    let metadata = attributes.into_metadata(metadata)?;
    Ok((
        stream,
        NewEvent::new(event_id, name, payload).with_metadata(metadata),
    ))
}

/// A UUID stays as it is. Anything else is unique together with its source only, so the two make
/// a name-based UUID (version 5): the same two always make the same one.
fn event_id(source: &str, id: &str) -> EventId {
    Uuid::try_parse(id).map_or_else(
        |_| EventId::derived(Uuid::new_v5(&Uuid::NAMESPACE_URL, source.as_bytes()), id),
        EventId::new,
    )
}

/// The attributes of an event that nobody has asked for yet.
struct Attributes<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Attributes<'a> {
    fn parse(line: &'a [u8]) -> Result<Self, CloudEventError> {
        if !line.starts_with(b"{") {
            return Err(CloudEventError::NotAnObject(
                "it does not start with '{'".to_owned(),
            ));
        }
        serde_json::from_slice(line).map(Self).map_err(|error| {
            // The line within the line is always 1, and would only confuse.
            let (text, column) = (error.to_string(), error.column());
            let text = text.split(" at line ").next().unwrap_or_default();
            CloudEventError::NotAnObject(format!("{text} at column {column}"))
        })
    }

    /// Takes a text that may be left out. A null stands for nothing.
    fn optional(&mut self, name: &'static str) -> Result<Option<String>, CloudEventError> {
        let Some(value) = self.0.remove(name) else {
            return Ok(None);
        };
        serde_json::from_str(value.get()).map_err(|_| CloudEventError::NotText(name))
    }

    fn required(&mut self, name: &'static str) -> Result<String, CloudEventError> {
        let text = self.optional(name)?.filter(|text| !text.is_empty());
        text.ok_or(CloudEventError::Missing(name))
    }

    fn into_metadata(mut self, mut metadata: Metadata) -> Result<Metadata, CloudEventError> {
        if let Some(time) = self.optional("time")? {
            metadata = metadata.with_occurred_at(time.parse()?);
        }
        if let Some(id) = self.optional("correlationid")? {
            metadata = metadata.with_correlation(id);
        }
        if let Some(id) = self.optional("causationid")? {
            metadata = metadata.with_causation(id);
        }
        if let Some(parent) = self.optional("traceparent")? {
            let state = self.optional("tracestate")?.map(Into::into);
            metadata = metadata.with_trace(TraceContext {
                parent: parent.into(),
                state,
            });
        }
        if self
            .0
            .get("datacontenttype")
            .is_some_and(|kind| kind.get() == "\"application/json\"")
        {
            self.0.remove("datacontenttype");
        }
        let others = self
            .0
            .into_iter()
            .filter(|(_, value)| value.get() != "null");
        Ok(others.fold(metadata, |metadata, (name, value)| {
            let text = serde_json::from_str(value.get());
            let text = text.unwrap_or_else(|_| value.get().to_owned());
            metadata.with_header(format!("{PREFIX}{name}"), text)
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    const LINE: &str = r#"{"specversion":"1.0","id":"72961a84-e177-52a5-9a7e-0fef147cfe2a",
        "source":"urn:log:claims","type":"incoming claim","subject":"Claim/7",
        "time":"2026-11-23T12:16:48+01:00","datacontenttype":"application/json",
        "correlationid":"c1","causationid":"c0","traceparent":"00-1-2-00",
        "priority":3,"team":"north","data":{"amount": 1.50}}"#;

    fn refused(replace: &str, by: &str) -> String {
        assert!(LINE.contains(replace), "{replace}");
        let error = parse(LINE.replace(replace, by).as_bytes()).unwrap_err();
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        format!("{error}: {source}")
    }

    #[test]
    fn each_attribute_has_its_place() {
        let (stream, event) = parse(LINE.as_bytes()).unwrap();
        assert_eq!(stream.as_str(), "Claim/7");
        assert_eq!(
            event.id.uuid().to_string(),
            "72961a84-e177-52a5-9a7e-0fef147cfe2a"
        );
        assert_eq!(event.name, "incoming claim");
        assert_eq!(event.payload.codec, Json::ID);
        assert_eq!(&event.payload.data[..], br#"{"amount": 1.50}"#);
        let metadata = event.metadata;
        assert_eq!(metadata.source(), Some("urn:log:claims"));
        assert_eq!(metadata.occurred_at(), "2026-11-23T11:16:48Z".parse().ok());
        assert_eq!(
            (metadata.correlation(), metadata.causation()),
            (Some("c1"), Some("c0"))
        );
        assert_eq!(
            metadata.trace().map(|trace| trace.parent.as_str()),
            Some("00-1-2-00")
        );
        let headers: Vec<_> = metadata.headers().collect();
        let expected = [
            ("ce-priority", "3"),
            ("ce-specversion", "1.0"),
            ("ce-team", "north"),
        ];
        assert_eq!(headers, expected);
    }

    #[test]
    fn an_id_that_is_no_uuid_makes_one_together_with_its_source() {
        let parse_id = |id: &str, source: &str| {
            let line = LINE.replace("72961a84-e177-52a5-9a7e-0fef147cfe2a", id);
            parse(line.replace("urn:log:claims", source).as_bytes())
                .unwrap()
                .1
        };
        let event = parse_id("17", "urn:a");
        assert_eq!(event.id, parse_id("17", "urn:a").id);
        assert_ne!(event.id, parse_id("17", "urn:b").id);
        assert_ne!(event.id, parse_id("18", "urn:a").id);
        assert_eq!(event.id.uuid().get_version_num(), 5);
        assert_eq!(event.metadata.header("ce-id"), Some("17"));
    }

    #[test]
    fn an_event_without_data_has_a_null() {
        let line = LINE.replace(r#","data":{"amount": 1.50}"#, "");
        assert_eq!(&parse(line.as_bytes()).unwrap().1.payload.data[..], b"null");
    }

    #[test]
    fn what_cannot_be_imported_is_refused_with_its_reason() {
        for (replace, by, reason) in [
            ("{\"spec", "[\"spec", "does not start with '{'"),
            ("1.50}}", "1.50}", "EOF while parsing an object at column"),
            ("1.50}}", "1.50}} x", "trailing characters at column"),
            (
                "\"subject\":\"Claim/7\",",
                "",
                "attribute \"subject\" is missing or empty",
            ),
            ("Claim/7", "", "attribute \"subject\" is missing or empty"),
            ("Claim/7", "Claim7", "no '/' between category and id"),
            ("\"Claim/7\"", "7", "attribute \"subject\" is not a string"),
            (
                "72961a84-e177-52a5-9a7e-0fef147cfe2a",
                "",
                "attribute \"id\" is missing",
            ),
            ("\"1.0\"", "\"0.3\"", "specversion \"0.3\" is not supported"),
            (
                "\"specversion\"",
                "\"version\"",
                "attribute \"specversion\" is missing",
            ),
            (
                "\"data\":{\"amount\": 1.50}",
                "\"data_base64\":\"AA==\"",
                "data_base64",
            ),
            (
                "incoming claim",
                &"x".repeat(257),
                "the type names no event",
            ),
            (
                "2026-11-23T12:16:48+01:00",
                "yesterday",
                "\"yesterday\" is not a time",
            ),
        ] {
            let error = refused(replace, by);
            assert!(error.contains(reason), "{error}");
        }
    }
}
