//! Appends that are transactions on the server: over several streams, or with other documents.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

mod clocks;
mod closures;
mod commit_replies;
mod gate;
mod log;
mod open_transaction;
#[path = "../support/options.rs"]
mod options;
mod servers;
