//! A replica set of one server.

use std::{fmt, path::PathBuf, time::Duration};

use mongodb::bson::doc;

use super::{
    ServerError, admin,
    binary::{Mongod, Version},
    directory::Directory,
    locate::locate_binary,
    process::{Launch, Process},
    uri::Uri,
};

/// The name of every replica set that this crate makes.
pub(crate) const REPLICA_SET: &str = "rs0";
/// How long the only member may take to become primary.
const ELECTION_LIMIT: Duration = Duration::from_secs(30);

/// How a [`Server`] is to be.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerOptions {
    /// The program; by default the one that [`locate_binary`] finds.
    pub mongod: Option<Mongod>,
    /// Whether it is a replica set of one member; otherwise it is a standalone server, without
    /// transactions and change streams. Yes by default.
    pub replica_set: bool,
    /// Seconds after which the server ends a transaction that nobody commits: 5 by default.
    pub transaction_seconds: u32,
    /// In which directory the server's own is made; by default as the module says.
    pub data_root: Option<PathBuf>,
    /// Further arguments of `mongod`.
    pub arguments: Vec<String>,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            mongod: None,
            replica_set: true,
            transaction_seconds: 5,
            data_root: None,
            arguments: Vec::new(),
        }
    }
}

/// A server of this process: killed on drop, its data removed.
///
/// It holds no client and no task, so it may be used from any runtime, and outlive the one it was
/// started in.
pub struct Server {
    // In this order: the server ends before its directory goes.
    process: Process,
    launch: Launch,
    /// What a client has to say besides the address.
    uri_options: String,
    _directory: Directory,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("id", &self.process.id())
            .field("port", &self.process.port())
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Starts a server, and returns when it takes writes: in about a second.
    ///
    /// # Errors
    /// [`ServerError`], with the end of the server's log.
    pub async fn start(options: ServerOptions) -> Result<Self, ServerError> {
        Self::start_with(options, String::new()).await
    }

    /// As [`start`](Self::start), for a server that wants certain options in the URI.
    pub(crate) async fn start_with(
        options: ServerOptions,
        uri_options: String,
    ) -> Result<Self, ServerError> {
        let mongod = match options.mongod {
            Some(mongod) => mongod,
            None => locate_binary()?,
        };
        let directory =
            Directory::create(options.data_root.as_deref()).map_err(ServerError::spawn)?;
        let launch = Launch {
            mongod,
            directory: directory.path().to_owned(),
            replica_set: options.replica_set.then(|| REPLICA_SET.to_owned()),
            transaction_seconds: options.transaction_seconds,
            more: options.arguments,
        };
        let process = Process::start(&launch).await?;
        let server = Self {
            process,
            launch,
            uri_options,
            _directory: directory,
        };
        if options.replica_set {
            server.initiate().await?;
        }
        Ok(server)
    }

    /// The URI without a database.
    pub fn uri(&self) -> String {
        self.address().to_string()
    }

    /// The URI with a database.
    pub fn uri_for(&self, database: &str) -> String {
        self.address().with_database(database)
    }

    /// The port on the loopback address.
    pub fn port(&self) -> u16 {
        self.process.port()
    }

    /// The id of the process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// The server's version.
    pub fn version(&self) -> Version {
        self.launch.mongod.version()
    }

    /// Where the server keeps its data.
    pub fn data_dir(&self) -> PathBuf {
        self.launch.data()
    }

    /// The last lines of the server's log.
    pub fn log_tail(&self) -> String {
        self.launch.log_tail()
    }

    fn address(&self) -> Uri {
        let set = self.launch.replica_set.as_ref();
        let set = set.map(|name| format!("replicaSet={name}"));
        self.address_with(set)
    }

    fn address_with(&self, option: Option<String>) -> Uri {
        let own = Some(self.uri_options.clone()).filter(|own| !own.is_empty());
        let options: Vec<_> = own.into_iter().chain(option).collect();
        let options = options.join("&");
        Uri::new(&format!("mongodb://127.0.0.1:{}/?{options}", self.port()))
    }

    async fn initiate(&self) -> Result<(), ServerError> {
        let host = format!("127.0.0.1:{}", self.port());
        let client = admin::direct(&self.address_with(None).to_string())
            .await
            .map_err(ServerError::command("connecting"))?;
        admin::initiate(&client, REPLICA_SET, &[host], doc! {}).await?;
        let elected = admin::writable(&client, ELECTION_LIMIT).await;
        client.shutdown().immediate(true).await;
        elected
    }
}
