//! One server for all tests of a process.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::UNIX_EPOCH,
};

use super::{Located, Server, ServerError, ServerOptions, locate::locate, uri::Uri};

static SHARED: OnceLock<Result<SharedServer, String>> = OnceLock::new();

/// A server that all tests of this process share, each with databases of its own.
///
/// It holds no client and no task, so tests with runtimes of their own can use it.
#[derive(Debug)]
pub struct SharedServer {
    uri: Uri,
    /// None if it is the user's.
    server: Option<Server>,
    /// Tells the databases of this process from those of others on the user's server.
    process: String,
    databases: AtomicU64,
}

/// The server of this process; the first call starts it.
///
/// # Panics
/// If there is none, with a message that says how to get one: a test that cannot run fails. A test
/// may be left out by name only, see [`skipped`](crate::skipped).
pub async fn shared() -> &'static SharedServer {
    match try_shared().await {
        Ok(server) => server,
        Err(message) => panic!("{message}"),
    }
}

/// As [`shared`], for those who want to say themselves that there is no server.
///
/// # Errors
/// The message that says how to get a server, or why it did not start.
pub async fn try_shared() -> Result<&'static SharedServer, &'static str> {
    // Blocks this thread for a second, once. A start that failed is not repeated for each test.
    SHARED.get_or_init(start).as_ref().map_err(String::as_str)
}

impl SharedServer {
    /// The URI without a database.
    pub fn uri(&self) -> String {
        self.uri.to_string()
    }

    /// The URI with a database.
    pub fn uri_for(&self, database: &str) -> String {
        self.uri.with_database(database)
    }

    /// The name of a database that nobody used before. It begins with `es_test_`.
    pub fn database(&self) -> String {
        let n = self.databases.fetch_add(1, Ordering::Relaxed);
        format!("es_test_{}_{n}", self.process)
    }

    /// The server itself, for tests that reach it past its URI.
    ///
    /// # Panics
    /// If it is one of the user's that `ES_TEST_MONGODB_URI` names, with what to do about it.
    pub fn own(&self) -> &Server {
        match &self.server {
            Some(server) => server,
            None => panic!(
                "this test needs a server of its own: unset ES_TEST_MONGODB_URI, or leave such tests out \
                 by ES_TEST_SKIP=own-server"
            ),
        }
    }

    /// The server itself, unless it is one of the user's that `ES_TEST_MONGODB_URI` names.
    pub fn server(&self) -> Option<&Server> {
        self.server.as_ref()
    }

    fn new(uri: &str, server: Option<Server>) -> Self {
        Self {
            uri: Uri::new(uri),
            server,
            process: process_name(),
            databases: AtomicU64::new(0),
        }
    }
}

/// Starts the server on a thread with a runtime of its own, which ends before the server is used.
fn start() -> Result<SharedServer, String> {
    let work = || {
        let server = match locate().map_err(ServerError::from)? {
            Located::Running(uri) => return Ok(SharedServer::new(&uri, None)),
            Located::Binary(mongod) => ServerOptions {
                mongod: Some(mongod),
                ..ServerOptions::default()
            },
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(ServerError::spawn)?;
        let server = runtime.block_on(Server::start(server))?;
        Ok(SharedServer::new(&server.uri(), Some(server)))
    };
    let result = thread::spawn(work).join();
    match result {
        Ok(result) => result.map_err(|error: ServerError| error.explain()),
        Err(_) => Err("starting the server panicked, see above".to_owned()),
    }
}

/// Tells this process from all others that ever used the same server.
#[allow(
    clippy::disallowed_methods,
    reason = "a name that is unlike those of earlier runs needs the real time"
)]
fn process_name() -> String {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}_{:x}", since.as_millis(), std::process::id())
}
