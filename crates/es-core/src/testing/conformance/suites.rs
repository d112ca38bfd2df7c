//! The suites, one file each; [`list`](super::list) says which cases there are.

pub(super) mod checkpoints;
pub(super) mod checks;
pub(super) mod documents;
pub(super) mod dropped_futures;
pub(super) mod event_ids;
pub(super) mod filters;
pub(super) mod hash_chain;
pub(super) mod positions;
pub(super) mod races;
pub(super) mod reading_all;
pub(super) mod reading_streams;
pub(super) mod reading_while_writing;
pub(super) mod recorded_events;
pub(super) mod repeats;
pub(super) mod restart;
pub(super) mod reused_ids;
pub(super) mod several_streams;
pub(super) mod snapshots;
pub(super) mod subscriptions;
pub(super) mod versions;
pub(super) mod waiting;
