//! Filters that take some of the events in a history.

use crate::testing::sample_event;
use crate::{EventFilter, Metadata, NewEvent};

/// The streams of all histories: two share a beginning, two a category.
pub(super) const STREAMS: [&str; 5] = ["Claim/1", "Claim/10", "Claim/1/2", "Policy/1", "claim/1"];

/// Which facets a filter has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Selection {
    pub(super) category: Option<&'static str>,
    pub(super) name_of: Option<u64>,
    pub(super) correlation: Option<&'static str>,
    pub(super) tenant: Option<&'static str>,
}

impl Selection {
    pub(super) const CATEGORIES: [&'static str; 4] = ["Claim", "Policy", "claim", "Nothing"];
    pub(super) const CORRELATIONS: [&'static str; 3] = ["flow-0", "flow-1", "nothing"];
    pub(super) const TENANTS: [&'static str; 3] = ["north", "south", "nothing"];

    pub(super) fn filter(self) -> EventFilter {
        let mut filter = EventFilter::all();
        if let Some(category) = self.category {
            filter = filter.category(category);
        }
        if let Some(number) = self.name_of {
            filter = filter.name(sample_event(number).name);
        }
        if let Some(correlation) = self.correlation {
            filter = filter.correlation(correlation);
        }
        match self.tenant {
            Some(tenant) => filter.header("tenant", tenant),
            None => filter,
        }
    }
}

/// A sample event with metadata that the filters ask for.
pub(super) fn event(number: u64) -> NewEvent {
    let mut metadata = Metadata::new();
    if !number.is_multiple_of(3) {
        metadata = metadata.with_correlation(format!("flow-{}", number % 2));
    }
    if !number.is_multiple_of(5) {
        let tenant = if number % 7 < 4 { "north" } else { "south" };
        metadata = metadata.with_header("tenant", tenant);
    }
    sample_event(number).with_metadata(metadata)
}
