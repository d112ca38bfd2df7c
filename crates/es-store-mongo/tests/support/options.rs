//! Options with which the store opens on whatever server the tests run on.
//!
//! `ES_TEST_MONGOD_VERSION` may choose a server that the store refuses for what it does to
//! acknowledged data when it starts again. The tests do not depend on that, and are run on it to see
//! that the store can do with what old servers have.

#![allow(
    dead_code,
    reason = "every program of tests that includes this uses a part of it"
)]

use std::sync::OnceLock;

use es_store_mongo::MongoOptions;
use es_testkit::mongo::{Located, Version, locate};

/// The default ones.
pub(crate) fn options() -> MongoOptions {
    accept(MongoOptions::default())
}

/// These, which also take a server that is refused otherwise, if such a one was chosen.
pub(crate) fn accept(options: MongoOptions) -> MongoOptions {
    options.accept_unsafe_server(server_is_unsafe())
}

/// Whether the chosen server is one that the default options refuse. One that runs already is of
/// the user's choice, and has to be a safe one.
pub(crate) fn server_is_unsafe() -> bool {
    static UNSAFE: OnceLock<bool> = OnceLock::new();
    *UNSAFE.get_or_init(|| match locate() {
        Ok(Located::Binary(mongod)) => is_unsafe(mongod.version()),
        _ => false,
    })
}

fn is_unsafe(version: Version) -> bool {
    let before_5_0 = version < Version(4, 4, 11);
    before_5_0 || (Version(5, 0, 0)..Version(5, 0, 6)).contains(&version)
}
