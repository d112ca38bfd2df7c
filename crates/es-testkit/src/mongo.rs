//! Real MongoDB servers for tests: found, fetched, started, and ended with the test process.
//!
//! Tests that need any replica set share one server per process by [`shared`], with a database per
//! test. Servers end when they are dropped, and also when the test process is killed; their data
//! goes with them. It lies in memory (`/dev/shm`) where there are 2 GiB of room, else in cargo's
//! target directory, or where `ES_TEST_MONGO_DIR` says.
//!
//! Where a server comes from is told at [`locate`]. Versions other than the default can be asked
//! for by `ES_TEST_MONGOD_VERSION` (4.4.2, 5.0.4, 6.0.5, 6.0.27). All but 6.0.5 want OpenSSL 1.1,
//! which current distributions do not have any more; the package of Debian 11 can be unpacked,
//! without installing it, for the server alone:
//!
//! ```text
//! dpkg -x libssl1.1_1.1.1w-0+deb11u1_amd64.deb openssl
//! export ES_TEST_MONGOD_LIBS=$PWD/openssl/usr/lib/x86_64-linux-gnu
//! ES_TEST_MONGOD_VERSION=4.4.2 cargo xtask test
//! ```
//!
//! The server is licensed under the SSPL-1.0. Nothing of it is part of this project: it is a program
//! on the developer's machine that tests talk to.
#![allow(
    clippy::disallowed_methods,
    reason = "servers run in real time, and so do those who wait for them"
)]

mod admin;
mod binary;
mod builds;
mod certificates;
mod cluster;
mod directory;
mod error;
mod fail_point;
mod fetch;
mod local;
mod locate;
mod process;
mod secure;
mod server;
mod shared;
mod sockets;
mod uri;

pub use binary::{Mongod, Version};
pub use certificates::Certificates;
pub use cluster::{Cluster, ClusterOptions, NodeId};
pub use error::ServerError;
pub use fail_point::FailPoint;
pub use local::{LocalError, LocalServer, LocalState};
pub use locate::{LocateError, Located, locate, locate_binary};
pub use secure::{SecureServer, User};
pub use server::{Server, ServerOptions};
pub use shared::{SharedServer, shared, try_shared};
