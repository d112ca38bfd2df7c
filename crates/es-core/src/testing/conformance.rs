//! Conformance suites: what every store must do, as tests that any store can run.
//!
//! Write a [`StoreFixture`] for the store, and call [`conformance!`](crate::conformance) once. A
//! case that is added here reaches every store with no edit.
//!
//! Nothing is skipped: a case that needs an [`Ability`] which the fixture does not declare checks
//! that the store refuses it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a case says what the store did wrong"
)]

mod ability;
mod case;
mod concurrency;
mod fixture;
mod list;
mod material;
pub(super) mod observe;
mod refusal;
pub(super) mod subject;
mod suites;

pub use ability::Ability;
pub use case::{Case, cases, check};
pub use fixture::StoreFixture;
