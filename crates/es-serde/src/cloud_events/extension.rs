//! Extension attributes: their values, and the names that have a meaning here.

use std::fmt;

/// The value of an extension attribute. The other types that the specification has are text in
/// JSON.
///
/// `Debug` shows the type and never the value, `Display` the value.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtensionValue {
    /// True or false.
    Boolean(bool),
    /// A whole number; the specification has 32 bits for it, and some producers use more.
    Integer(i64),
    /// A text, also one that stands for a time, a URI, or bytes in base64.
    Text(String),
}

impl ExtensionValue {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for ExtensionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => fmt::Display::fmt(value, f),
            Self::Integer(value) => fmt::Display::fmt(value, f),
            Self::Text(value) => f.write_str(value),
        }
    }
}

impl fmt::Debug for ExtensionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean(_) => "Boolean",
            Self::Integer(_) => "Integer",
            Self::Text(_) => "Text",
        })
    }
}

pub(super) const CORRELATION: &str = "correlationid";
pub(super) const CAUSATION: &str = "causationid";
pub(super) const TRACE_PARENT: &str = "traceparent";
pub(super) const TRACE_STATE: &str = "tracestate";
pub(super) const PARTITION: &str = "partitionkey";
pub(super) const SEQUENCE: &str = "sequence";
pub(super) const RECORDED: &str = "recordedtime";
pub(super) const ACTOR: &str = "esactor";
pub(super) const CODEC: &str = "escodec";
pub(super) const FLAGS: &str = "esflags";
pub(super) const HEADERS: &str = "esheaders";
pub(super) const TYPE_VERSION: &str = "estypeversion";
pub(super) const VERSION: &str = "esversion";

/// Whether a header must not become the attribute of this name.
pub(super) fn is_taken(name: &str) -> bool {
    const EXTENSIONS: [&str; 13] = [
        CORRELATION,
        CAUSATION,
        TRACE_PARENT,
        TRACE_STATE,
        PARTITION,
        SEQUENCE,
        RECORDED,
        ACTOR,
        CODEC,
        FLAGS,
        HEADERS,
        TYPE_VERSION,
        VERSION,
    ];
    const OTHERS: [&str; 10] = [
        "specversion",
        "id",
        "source",
        "type",
        "subject",
        "time",
        "datacontenttype",
        "dataschema",
        "data",
        "sequencetype",
    ];
    EXTENSIONS.contains(&name) || OTHERS.contains(&name)
}
