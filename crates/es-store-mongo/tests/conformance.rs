//! The suites that every store must pass: with no index but those it needs, and with all of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

mod support;

use support::MongoFixture;

es_core::conformance! { name: mongo, fixture: MongoFixture<false> }
es_core::conformance! { name: mongo_with_all_indexes, fixture: MongoFixture<true> }
