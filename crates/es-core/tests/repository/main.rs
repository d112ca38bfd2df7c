//! What a repository promises: decisions on the newest state, bounded retries, usable snapshots.

mod cache;
mod claim;
mod commands;
mod decoding;
mod probe;
mod snapshots;
mod time_travel;
