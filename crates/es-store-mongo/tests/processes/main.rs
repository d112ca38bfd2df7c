//! Several processes at one log: what they may not do to each other.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

mod checks;
mod eviction;
mod fairness;
#[path = "../transactions/log.rs"]
mod log;
#[path = "../support/options.rs"]
mod options;
mod starvation;
mod turn;
