//! Random histories against the reference model.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

mod support;

use support::MongoFixture;

es_core::model_test! { name: mongo_is_as_the_model, fixture: MongoFixture<false>, cases: 32 }
es_core::model_test! {
    name: mongo_with_all_indexes_is_as_the_model, fixture: MongoFixture<true>, cases: 32,
}
