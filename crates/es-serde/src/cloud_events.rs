//! CloudEvents 1.0: how events leave for, and come from, systems that know nothing of this one.
//!
//! The attributes are those of the [specification] 1.0.2, the documents those of its
//! [JSON format]. Four of its [extensions] are used: *correlation*, *distributed tracing*,
//! *partitioning* and *sequence*, and *recorded time*.
//!
//! # What becomes of what
//! | here | CloudEvents |
//! |---|---|
//! | the event's id | `id` |
//! | the metadata's source, else that of the whole store | `source` |
//! | the event's name | `type` |
//! | the stream | `subject`, and `partitionkey` |
//! | when it happened | `time` |
//! | the payload, if it is JSON and nothing was done to it | `data`, byte for byte |
//! | any other payload | `data_base64` |
//! | the codec | `datacontenttype`: `application/json`; a codec that is named like a media type; else `application/octet-stream` and `escodec` |
//! | payload flags, if there are any | `esflags` |
//! | the version of the type | `estypeversion`; `dataschema` would have to be a URI, which the framework has not |
//! | correlation, causation | `correlationid`, `causationid` |
//! | the place in a trace | `traceparent`, `tracestate` |
//! | the actor | `esactor` |
//! | headers that are named and filled like an attribute | extensions of the same names |
//! | all other headers | `esheaders`: a JSON object as text |
//! | the position, of a recorded event | `sequence`, 19 digits, so that it sorts as text |
//! | the version in the stream, of a recorded event | `esversion` |
//! | when it was recorded, of a recorded event | `recordedtime` |
//!
//! Nothing is dropped: what no attribute can hold, such as a source that is no URI reference or an
//! actor with a line break in it, is refused with the name of the attribute.
//!
//! On the way back an `id` that is no UUID makes one together with its `source` (version 5), and
//! stays as the header `id`. A `source` that is the store's own becomes none. Attributes without a
//! place of their own become headers of their names, and numbers among them become text. Times
//! are cut to microseconds, and kept in UTC.
//!
//! [specification]: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
//! [JSON format]: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
//! [extensions]: https://github.com/cloudevents/spec/tree/main/cloudevents/extensions

mod batch;
mod error;
mod extension;
mod incoming;
mod json;
mod media_type;
mod outgoing;
mod text;

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use es_core::Timestamp;

pub use self::batch::{BatchError, CloudEventBatch};
pub use self::error::CloudEventError;
pub use self::extension::ExtensionValue;

/// An event as CloudEvents 1.0 describe it.
///
/// ```
/// use es_core::{EventId, NewEvent, Payload, StreamId, TypeName, TypeVersion};
/// use es_serde::{CloudEvent, Json};
/// # let id = EventId::new("72961a84-e177-52a5-9a7e-0fef147cfe2a".parse()?);
///
/// let stream = StreamId::new("Claim", 7)?;
/// let payload = Payload::new(Json::ID, TypeVersion::INITIAL, &br#"{"amount":1.50}"#[..]);
/// let event = NewEvent::new(id, TypeName::new("ClaimCreated")?, payload);
///
/// let json = CloudEvent::from_new(&stream, &event, "urn:claims")?.to_json();
/// assert!(json.contains(r#""type":"ClaimCreated","subject":"Claim/7""#));
/// assert!(json.ends_with(r#""data":{"amount":1.50}}"#));
///
/// let read = CloudEvent::from_json(json.as_bytes())?;
/// assert_eq!(read.into_new("urn:claims")?, (stream, event));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// `Debug` shows no values but the id, the type and the length of the data.
#[derive(Clone, PartialEq)]
pub struct CloudEvent {
    id: String,
    source: String,
    kind: String,
    subject: Option<String>,
    time: Option<Timestamp>,
    data_content_type: Option<String>,
    data_schema: Option<String>,
    extensions: BTreeMap<String, ExtensionValue>,
    data: Option<CloudEventData>,
}

/// What a [`CloudEvent`] carries.
///
/// `Debug` shows the length and never the content.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloudEventData {
    /// A JSON value, as it was written.
    Json(String),
    /// Text in a format that is not JSON, as the content type says.
    Text(String),
    /// Bytes, in the format that the content type says.
    Binary(Bytes),
}

impl CloudEvent {
    /// The `id`: with the source, it identifies the event.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The `source`: where the event happened, a URI reference.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The `type`: what happened.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The `subject`: to what it happened.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The `time`: when it happened.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// The `datacontenttype`: the media type of the data. Without one it is JSON.
    #[must_use]
    pub fn data_content_type(&self) -> Option<&str> {
        self.data_content_type.as_deref()
    }

    /// The `dataschema`: a URI that names the schema of the data.
    #[must_use]
    pub fn data_schema(&self) -> Option<&str> {
        self.data_schema.as_deref()
    }

    /// The value of one extension attribute.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&ExtensionValue> {
        self.extensions.get(name)
    }

    /// All extension attributes, sorted by name.
    pub fn extensions(&self) -> impl Iterator<Item = (&str, &ExtensionValue)> {
        self.extensions
            .iter()
            .map(|(name, value)| (name.as_str(), value))
    }

    /// What the event carries. A JSON `null` is something.
    #[must_use]
    pub fn data(&self) -> Option<&CloudEventData> {
        self.data.as_ref()
    }
}

impl CloudEventData {
    fn len(&self) -> usize {
        match self {
            Self::Json(text) | Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }
}

impl fmt::Debug for CloudEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudEvent")
            .field("id", &self.id)
            .field("type", &self.kind)
            .field("extensions", &self.extensions.keys())
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CloudEventData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Json(_) => "Json",
            Self::Text(_) => "Text",
            Self::Binary(_) => "Binary",
        };
        f.debug_struct(kind).field("bytes", &self.len()).finish()
    }
}
