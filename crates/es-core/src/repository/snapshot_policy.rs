//! When to take a snapshot.

use std::time::Duration;

use crate::{RecordedEvent, Timestamp, TypeVersion};

/// When a repository takes a snapshot: after an append, as soon as one of the limits is reached.
///
/// ```
/// use es_core::repository::SnapshotPolicy;
/// use std::time::Duration;
/// let policy = SnapshotPolicy::every_events(100).or_every(Duration::from_secs(3600));
/// # let _ = policy;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotPolicy {
    /// After so many events.
    pub events: Option<u64>,
    /// After so many bytes of payload.
    pub bytes: Option<u64>,
    /// When the last snapshot, or the first event after it, is so old.
    pub age: Option<Duration>,
    /// How many snapshots of a stream to keep; older ones serve time travel.
    pub keep: usize,
    /// The version of the state's shape. Raise it when the state, or how events change it,
    /// changes: snapshots of other versions are not used.
    pub state_version: TypeVersion,
}

impl SnapshotPolicy {
    /// Takes none; those that are there are used.
    #[must_use]
    pub const fn never() -> Self {
        Self {
            events: None,
            bytes: None,
            age: None,
            keep: 2,
            state_version: TypeVersion::INITIAL,
        }
    }

    /// Takes one every `events` events.
    #[must_use]
    pub const fn every_events(events: u64) -> Self {
        Self {
            events: Some(events),
            ..Self::never()
        }
    }

    /// Takes one every `bytes` bytes of payload.
    #[must_use]
    pub const fn every_bytes(bytes: u64) -> Self {
        Self {
            bytes: Some(bytes),
            ..Self::never()
        }
    }

    /// Takes one also when the last is older than `age`.
    #[must_use]
    pub const fn or_every(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }

    /// Keeps so many of each stream, at least one.
    #[must_use]
    pub const fn keep(mut self, snapshots: usize) -> Self {
        self.keep = snapshots;
        self
    }

    /// Sets the version of the state's shape.
    #[must_use]
    pub const fn state_version(mut self, version: TypeVersion) -> Self {
        self.state_version = version;
        self
    }

    pub(super) fn is_due(&self, growth: &Growth, now: Timestamp) -> bool {
        growth.events > 0
            && (self.events.is_some_and(|limit| growth.events >= limit)
                || self.bytes.is_some_and(|limit| growth.bytes >= limit)
                || self.age.is_some_and(|age| growth.is_older_than(age, now)))
    }
}

/// What came to an aggregate since its last snapshot.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Growth {
    pub(super) events: u64,
    pub(super) bytes: u64,
    since: Option<Timestamp>,
}

impl Growth {
    pub(super) fn after_snapshot(taken_at: Timestamp) -> Self {
        Self {
            since: Some(taken_at),
            ..Self::default()
        }
    }

    pub(super) fn add_recorded(&mut self, event: &RecordedEvent) {
        self.add(1, event.payload.data.len() as u64, event.recorded_at);
    }

    pub(super) fn add(&mut self, events: u64, bytes: u64, at: Timestamp) {
        self.events += events;
        self.bytes += bytes;
        self.since.get_or_insert(at);
    }

    fn is_older_than(&self, age: Duration, now: Timestamp) -> bool {
        self.since.is_some_and(|since| now.since(since) >= age)
    }
}
