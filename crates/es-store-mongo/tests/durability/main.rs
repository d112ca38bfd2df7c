//! What an acknowledgement is worth (I4): a majority has the append in its journal, whatever is
//! slow, full or cut off meanwhile.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

mod concern;
mod disk_full;
mod documents;
mod half_open;
#[path = "../transactions/log.rs"]
mod log;
#[path = "../support/options.rs"]
mod options;
mod partial_reply;
mod replication;
mod unconfirmed;
mod weaker;
