//! Which versions each stream had, and which append made them.

use std::collections::HashMap;

use es_core::StreamId;

use super::{
    appends::Placed,
    moments::{Moments, Window},
    stored::Stored,
};

/// For each stream its appends: the version after it, and where the append is.
pub(super) struct Streams<'a> {
    made: HashMap<&'a StreamId, Vec<Made>>,
    /// First and last position of each append of more than one event.
    longer: Vec<(u64, u64)>,
}

struct Made {
    version: u64,
    position: u64,
}

/// Why a stream cannot have been at a version.
pub(super) enum Wrong {
    /// It was past it.
    Past(String),
    /// It never was, or not yet.
    Never(String),
}

impl<'a> Streams<'a> {
    pub(super) fn of(placed: &[Placed<'_, 'a>], stored: &Stored<'_>) -> Self {
        let mut made: HashMap<&StreamId, Vec<Made>> = HashMap::new();
        for append in placed {
            for write in &append.group.append.writes {
                let version = stored.version_before(&write.stream, append.last + 1).get();
                let position = append.first;
                let made = made.entry(&write.stream).or_default();
                made.push(Made { version, position });
            }
        }
        let longer = placed.iter().filter(|append| append.first < append.last);
        let longer = longer.map(|append| (append.first, append.last)).collect();
        Self { made, longer }
    }

    /// Whether an append begins at or before this position, and ends after it.
    pub(super) fn is_inside(&self, position: u64) -> bool {
        let begun = self.longer.partition_point(|(first, _)| *first <= position);
        let newest = begun.checked_sub(1).map(|newest| self.longer[newest]);
        newest.is_some_and(|(_, last)| position < last)
    }

    /// Whether a stream can have been at this version at a moment within the window, and not
    /// before the log reached what was `known`.
    pub(super) fn was_at(
        &self,
        stream: &StreamId,
        version: u64,
        known: u64,
        window: &Window<'_>,
        moments: &Moments<'_>,
    ) -> Result<(), Wrong> {
        let made = self.made.get(stream).map_or(&[][..], Vec::as_slice);
        let next = made.partition_point(|made| made.version <= version);
        let by = next.checked_sub(1).map(|by| &made[by]);
        let never = |why: &str| Err(Wrong::Never(format!("{stream} at {version}, {why}")));
        match by {
            None if version > 0 => return never("a version that no append ends with"),
            Some(by) if by.version != version => {
                return never("a version that no append ends with");
            }
            Some(by) if moments.begun(window.process, by.position) > window.end => {
                return never("which was appended only later");
            }
            _ => {}
        }
        match made.get(next) {
            Some(next) if known >= next.position => {
                let text = format!("{stream} at {version}, when it was known to be past that");
                Err(Wrong::Past(text))
            }
            _ => Ok(()),
        }
    }
}
