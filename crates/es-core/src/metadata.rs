//! What is known about an event besides its content: who, why, from where.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::Timestamp;

/// Facts about an event that are not part of it: who caused it, by what, in which trace.
///
/// Cloning is cheap: clones share their content until one of them is changed, so giving all
/// events of an append the same metadata costs nothing. An empty one allocates nothing.
///
/// ```
/// use es_core::Metadata;
/// let metadata = Metadata::new().with_correlation("claim-42").with_actor("assessor:7");
/// assert_eq!(metadata.correlation(), Some("claim-42"));
/// assert_eq!(metadata.header("tenant"), None);
/// ```
///
/// `Debug` shows which facts are there, and no values: they may be personal.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Fields", into = "Fields")]
pub struct Metadata(Option<Arc<Fields>>);

#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<SmolStr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    causation: Option<SmolStr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<SmolStr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SmolStr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<TraceContext>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<SmolStr, SmolStr>,
}

/// The place of an event in a distributed trace (W3C Trace Context, Recommendation of 2021).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceContext {
    /// The `traceparent` field.
    pub parent: SmolStr,
    /// The `tracestate` field, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<SmolStr>,
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceContext").finish_non_exhaustive()
    }
}

impl Metadata {
    /// Metadata that says nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|fields| **fields == Fields::default())
    }

    /// Whether the two are known to be one value, without comparing it. A store may then write
    /// it once.
    #[must_use]
    pub fn shares(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// Sets the id of the business process that the event belongs to.
    #[must_use]
    pub fn with_correlation(self, id: impl AsRef<str>) -> Self {
        self.with(|fields| fields.correlation = Some(SmolStr::new(id)))
    }

    /// Sets the id of the command or event that caused this event.
    #[must_use]
    pub fn with_causation(self, id: impl AsRef<str>) -> Self {
        self.with(|fields| fields.causation = Some(SmolStr::new(id)))
    }

    /// Sets who acted.
    #[must_use]
    pub fn with_actor(self, actor: impl AsRef<str>) -> Self {
        self.with(|fields| fields.actor = Some(SmolStr::new(actor)))
    }

    /// Sets which system the event comes from.
    #[must_use]
    pub fn with_source(self, source: impl AsRef<str>) -> Self {
        self.with(|fields| fields.source = Some(SmolStr::new(source)))
    }

    /// Sets when it happened, where that is not when it was recorded, as in an import.
    #[must_use]
    pub fn with_occurred_at(self, time: Timestamp) -> Self {
        self.with(|fields| fields.occurred_at = Some(time))
    }

    /// Sets the place in a distributed trace.
    #[must_use]
    pub fn with_trace(self, trace: TraceContext) -> Self {
        self.with(|fields| fields.trace = Some(trace))
    }

    /// Sets one header; a second value for the same name takes the place of the first.
    #[must_use]
    pub fn with_header(self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        self.with(|fields| {
            fields
                .headers
                .insert(SmolStr::new(name), SmolStr::new(value));
        })
    }

    /// The id of the business process that the event belongs to.
    #[must_use]
    pub fn correlation(&self) -> Option<&str> {
        self.0.as_ref()?.correlation.as_deref()
    }

    /// The id of the command or event that caused this event.
    #[must_use]
    pub fn causation(&self) -> Option<&str> {
        self.0.as_ref()?.causation.as_deref()
    }

    /// Who acted.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        self.0.as_ref()?.actor.as_deref()
    }

    /// Which system the event comes from.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        self.0.as_ref()?.source.as_deref()
    }

    /// When it happened, where that is not when it was recorded.
    #[must_use]
    pub fn occurred_at(&self) -> Option<Timestamp> {
        self.0.as_ref()?.occurred_at
    }

    /// The place in a distributed trace.
    #[must_use]
    pub fn trace(&self) -> Option<&TraceContext> {
        self.0.as_ref()?.trace.as_ref()
    }

    /// The value of one header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.as_ref()?.headers.get(name).map(SmolStr::as_str)
    }

    /// All headers, sorted by name.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|fields| &fields.headers)
            .map(|(name, value)| (&**name, &**value))
    }

    /// About how many bytes it takes in a store.
    #[must_use]
    pub fn approximate_bytes(&self) -> usize {
        let Some(fields) = &self.0 else { return 0 };
        let texts = [
            &fields.correlation,
            &fields.causation,
            &fields.actor,
            &fields.source,
        ];
        let trace = fields
            .trace
            .iter()
            .map(|trace| trace.parent.len() + trace.state.as_ref().map_or(0, |state| state.len()));
        texts
            .into_iter()
            .flatten()
            .map(|text| text.len())
            .sum::<usize>()
            + trace.sum::<usize>()
            + fields
                .headers
                .iter()
                .map(|(name, value)| name.len() + value.len())
                .sum::<usize>()
    }

    fn with(mut self, change: impl FnOnce(&mut Fields)) -> Self {
        change(Arc::make_mut(self.0.get_or_insert_default()));
        self
    }
}

impl From<Fields> for Metadata {
    fn from(fields: Fields) -> Self {
        if fields == Fields::default() {
            Self(None)
        } else {
            Self(Some(Arc::new(fields)))
        }
    }
}

impl From<Metadata> for Fields {
    fn from(metadata: Metadata) -> Self {
        metadata.0.map(Arc::unwrap_or_clone).unwrap_or_default()
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = [
            ("correlation", self.correlation().is_some()),
            ("causation", self.causation().is_some()),
            ("actor", self.actor().is_some()),
            ("source", self.source().is_some()),
            ("occurred_at", self.occurred_at().is_some()),
            ("trace", self.trace().is_some()),
            ("headers", self.headers().next().is_some()),
        ];
        f.write_str("Metadata")?;
        f.debug_set()
            .entries(
                facts
                    .iter()
                    .filter(|(_, there)| *there)
                    .map(|(name, _)| name),
            )
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changing_a_clone_leaves_the_original() {
        let original = Metadata::new().with_actor("a");
        let changed = original.clone().with_actor("b");
        assert_eq!((original.actor(), changed.actor()), (Some("a"), Some("b")));
        assert!(original.shares(&original.clone()) && !original.shares(&changed));
    }

    #[test]
    fn debug_names_the_facts_and_hides_their_values() {
        let shown = format!(
            "{:?}",
            Metadata::new().with_actor("jane").with_header("ssn", "1")
        );
        assert_eq!(shown, r#"Metadata{"actor", "headers"}"#);
    }
}
