//! What a repository promises: decisions on the newest state, bounded retries, usable snapshots.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails in a helper of a test fails the test"
)]

mod cache;
mod claim;
mod commands;
mod decoding;
#[path = "../probe/mod.rs"]
mod probe;
mod snapshots;
mod time_travel;
