//! Which events of a store a reader wants.

use crate::{RecordedEvent, Timestamp, TypeName};

/// Picks events; an empty filter takes all of them.
///
/// Facets of different kinds must all match; of several values of one kind one is enough. A store
/// uses its indexes where they help and [`matches`](Self::matches) otherwise: the result is the
/// same.
///
/// ```
/// use es_core::{EventFilter, TypeName};
/// let paid = EventFilter::all()
///     .category("Claim")
///     .name(TypeName::from_static("ClaimPaid"))
///     .name(TypeName::from_static("ClaimRejected"));
/// assert!(!paid.is_all());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventFilter {
    /// Categories of streams.
    pub categories: Vec<String>,
    /// Event types.
    pub names: Vec<TypeName>,
    /// Recorded at this time or later.
    pub recorded_from: Option<Timestamp>,
    /// Recorded before this time.
    pub recorded_before: Option<Timestamp>,
    /// The correlation id.
    pub correlation: Option<String>,
    /// Headers that must have these values.
    pub headers: Vec<(String, String)>,
}

impl EventFilter {
    /// Takes every event.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Takes events of streams in this category, too.
    #[must_use]
    pub fn category(mut self, category: impl Into<String>) -> Self {
        self.categories.push(category.into());
        self
    }

    /// Takes events of this type, too.
    #[must_use]
    pub fn name(mut self, name: TypeName) -> Self {
        self.names.push(name);
        self
    }

    /// Takes only events recorded at `time` or later.
    #[must_use]
    pub fn recorded_from(mut self, time: Timestamp) -> Self {
        self.recorded_from = Some(time);
        self
    }

    /// Takes only events recorded before `time`.
    #[must_use]
    pub fn recorded_before(mut self, time: Timestamp) -> Self {
        self.recorded_before = Some(time);
        self
    }

    /// Takes only events with this correlation id.
    #[must_use]
    pub fn correlation(mut self, id: impl Into<String>) -> Self {
        self.correlation = Some(id.into());
        self
    }

    /// Takes only events whose header `name` is `value`.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Whether it takes every event.
    #[must_use]
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it takes this event.
    #[must_use]
    pub fn matches(&self, event: &RecordedEvent) -> bool {
        let one_of = |list: &[String], value| list.is_empty() || list.iter().any(|v| v == value);
        one_of(&self.categories, event.stream.category())
            && (self.names.is_empty() || self.names.contains(&event.name))
            && self
                .recorded_from
                .is_none_or(|from| event.recorded_at >= from)
            && self
                .recorded_before
                .is_none_or(|before| event.recorded_at < before)
            && self
                .correlation
                .as_deref()
                .is_none_or(|id| event.metadata.correlation() == Some(id))
            && self
                .headers
                .iter()
                .all(|(name, value)| event.metadata.header(name) == Some(value))
    }
}
