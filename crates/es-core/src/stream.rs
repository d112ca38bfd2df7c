//! Names of streams, and versions in them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::counter::counter;

/// The longest category, in bytes.
pub const MAX_CATEGORY_BYTES: usize = 128;
/// The longest stream name, `category/id`, in bytes.
pub const MAX_STREAM_ID_BYTES: usize = 512;

/// Names one stream: a category and an id in it, written `category/id` as in `Claim/42`.
///
/// The category holds no `/`; the id may. Neither is empty or holds a control character.
/// Comparison is byte by byte. Cloning is cheap.
///
/// ```
/// use es_core::StreamId;
/// let stream = StreamId::new("Claim", "42")?;
/// assert_eq!(stream.to_string(), "Claim/42");
/// assert_eq!("Claim/42".parse(), Ok(stream));
/// assert!("Claim".parse::<StreamId>().is_err());
/// # Ok::<(), es_core::InvalidStreamId>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Cow<'_, str>", into = "String")]
pub struct StreamId {
    text: Arc<str>,
    category_bytes: u8,
}

impl StreamId {
    /// Puts a category and an id together.
    ///
    /// # Errors
    /// If either is empty, holds a control character or is too long, or the category holds a `/`.
    pub fn new(category: &str, id: impl fmt::Display) -> Result<Self, InvalidStreamId> {
        if category.contains('/') {
            return Err(InvalidStreamId::new(
                category,
                "holds a '/' in its category",
            ));
        }
        Self::try_from(Cow::Owned(format!("{category}/{id}")))
    }

    /// The part before the first `/`: what kind of thing the stream is the history of.
    #[must_use]
    pub fn category(&self) -> &str {
        &self.text[..usize::from(self.category_bytes)]
    }

    /// The part after the first `/`: which one it is.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.text[usize::from(self.category_bytes) + 1..]
    }

    /// The whole name, `category/id`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<Cow<'_, str>> for StreamId {
    type Error = InvalidStreamId;

    fn try_from(text: Cow<'_, str>) -> Result<Self, InvalidStreamId> {
        let category_bytes = checked_category_bytes(&text)?;
        Ok(Self {
            text: text.into(),
            category_bytes,
        })
    }
}

impl FromStr for StreamId {
    type Err = InvalidStreamId;

    fn from_str(text: &str) -> Result<Self, InvalidStreamId> {
        Self::try_from(Cow::Borrowed(text))
    }
}

fn checked_category_bytes(text: &str) -> Result<u8, InvalidStreamId> {
    let invalid = |problem| Err(InvalidStreamId::new(text, problem));
    if text.len() > MAX_STREAM_ID_BYTES {
        return invalid("is longer than 512 bytes");
    }
    if text.chars().any(char::is_control) {
        return invalid("holds a control character");
    }
    match text.split_once('/') {
        None => invalid("has no '/' between category and id"),
        Some(("", _)) => invalid("has an empty category"),
        Some((_, "")) => invalid("has an empty id"),
        Some((category, _)) if category.len() > MAX_CATEGORY_BYTES => {
            invalid("has a category longer than 128 bytes")
        }
        Some((category, _)) => u8::try_from(category.len())
            .or_else(|_| invalid("has a category longer than 128 bytes")),
    }
}

impl From<StreamId> for String {
    fn from(stream: StreamId) -> Self {
        stream.as_str().to_owned()
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl PartialEq for StreamId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for StreamId {}

impl std::hash::Hash for StreamId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl PartialOrd for StreamId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for StreamId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

/// A text that cannot name a stream. Write `category/id`, as in `Claim/42`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stream id {shown:?} {problem}; write category/id, as in Claim/42")]
pub struct InvalidStreamId {
    shown: String,
    problem: &'static str,
}

impl InvalidStreamId {
    fn new(text: &str, problem: &'static str) -> Self {
        Self {
            shown: text.chars().take(64).collect(),
            problem,
        }
    }
}

counter! {
    /// The place of an event in its stream: 1, 2, 3 and so on, without a hole.
    ///
    /// As the version *of a stream* it is that of its last event; [`EMPTY`](Self::EMPTY) is the
    /// version of a stream without events.
    StreamVersion,
    /// The version of a stream that has no events.
    EMPTY
}

impl StreamVersion {
    /// The version of the first event.
    pub const FIRST: Self = Self(1);

    /// Whether this is the version of a stream without events.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_may_hold_slashes_and_the_category_may_not() {
        let stream: StreamId = "Claim/2026/42".parse().unwrap();
        assert_eq!((stream.category(), stream.id()), ("Claim", "2026/42"));
        assert!(StreamId::new("Cla/im", "42").is_err());
    }

    #[test]
    fn a_bad_name_is_refused_with_its_reason() {
        for (text, reason) in [
            ("Claim", "no '/'"),
            ("/42", "empty category"),
            ("Claim/", "empty id"),
            ("Claim/4\n2", "control character"),
        ] {
            let error = text.parse::<StreamId>().unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        assert!(StreamId::new(&"c".repeat(129), "1").is_err());
        assert!(StreamId::new("Claim", "1".repeat(507)).is_err());
        assert!(StreamId::new(&"c".repeat(128), "1".repeat(383)).is_ok());
    }
}
