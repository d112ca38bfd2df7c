//! The checker of histories: honest histories pass, and each sort of lie is found.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

mod case;
mod chance;
mod doctored;
mod files;
mod flaky;
mod lies;
mod properties;
mod stores;
