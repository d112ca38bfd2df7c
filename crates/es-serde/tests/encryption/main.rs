//! Encryption at rest: what is sealed, what opens, and what is left after an erasure.

#![cfg(all(feature = "encrypt", feature = "lz4"))]
#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

mod conforms;
mod erasure;
mod golden;
mod keys;
mod laws;
mod material;
mod tampering;
