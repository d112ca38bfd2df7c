//! A replica set of three servers that can be harmed in many ways.

mod node;
mod partition;
mod watch;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use mongodb::{
    Client,
    bson::{Document, doc},
};
use tokio::time::sleep;

use self::{
    node::Node,
    partition::{From, Partitions},
    watch::Watch,
};
use super::{
    FailPoint, ServerError, admin,
    binary::{Mongod, Version},
    directory::Directory,
    locate::locate_binary,
    process::{Launch, Process},
    server::REPLICA_SET,
    sockets,
    uri::Uri,
};
use crate::proxy::FaultProxy;

/// How many members a set has.
const NODES: usize = 3;
/// How long a server that was told to end may take.
const END_LIMIT: Duration = Duration::from_secs(30);
/// How long a member that stepped down is no candidate; above the election time-out, or it would be
/// elected again.
const STEP_DOWN_SECONDS: i32 = 5;

/// A member of the set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(usize);

impl NodeId {
    /// All members.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..NODES).map(Self)
    }

    /// The number of the member, from 0.
    pub fn index(self) -> usize {
        self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node {}", self.0)
    }
}

/// How a [`Cluster`] is to be.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClusterOptions {
    /// The program; by default the one that [`locate_binary`] finds.
    pub mongod: Option<Mongod>,
    /// In which directory the members' own are made, e.g. a small disk; by default where all
    /// servers have theirs.
    pub data_root: Option<PathBuf>,
    /// How long the members wait for a silent primary before they elect another: 1 s by default.
    pub election_timeout: Duration,
    /// Seconds after which the server ends a transaction that nobody commits: 5 by default.
    pub transaction_seconds: u32,
    /// Further arguments of `mongod`.
    pub arguments: Vec<String>,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            mongod: None,
            data_root: None,
            election_timeout: Duration::from_secs(1),
            transaction_seconds: 5,
            arguments: Vec::new(),
        }
    }
}

impl ClusterOptions {
    /// Settings with which a new primary is there soon after the old one is gone; with the server's
    /// own it takes ten times as long.
    fn settings(&self) -> Document {
        let millis = i32::try_from(self.election_timeout.as_millis()).unwrap_or(i32::MAX);
        doc! {
            "electionTimeoutMillis": millis,
            "heartbeatIntervalMillis": (millis / 5).max(1),
            "heartbeatTimeoutSecs": 1,
            "catchUpTimeoutMillis": millis,
        }
    }
}

/// Three servers, each behind a proxy through which clients and the other members reach it.
///
/// Dropped, or when this process is gone, all of them end and their data is removed. The members
/// keep to themselves what runtime they were started in, so a cluster may be used from any.
///
/// Methods that harm return when the harm is done; what follows from it, e.g. an election, takes
/// its time, and [`wait_steady`](Self::wait_steady) and the like wait for it. None of them may be
/// called for the same member at the same time.
pub struct Cluster {
    nodes: Vec<Mutex<Node>>,
    proxies: Vec<FaultProxy>,
    partitions: Arc<Partitions>,
    version: Version,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}

impl Cluster {
    /// Starts the servers and returns when one takes writes and two follow: in some two seconds.
    ///
    /// # Errors
    /// [`ServerError`], with the end of the server's log.
    pub async fn start(options: ClusterOptions) -> Result<Self, ServerError> {
        let mongod = match &options.mongod {
            Some(mongod) => mongod.clone(),
            None => locate_binary()?,
        };
        let version = mongod.version();
        let (one, two, three) = tokio::try_join!(
            start_node(&options, &mongod),
            start_node(&options, &mongod),
            start_node(&options, &mongod),
        )?;
        let (nodes, proxies) = [one, two, three]
            .into_iter()
            .map(|(node, proxy)| (Mutex::new(node), proxy))
            .unzip();
        let cluster = Self {
            nodes,
            proxies,
            partitions: Arc::default(),
            version,
        };
        NodeId::all().for_each(|node| cluster.note_process(node));
        let client = cluster.admin_client(NodeId(0)).await?;
        admin::initiate(&client, REPLICA_SET, &cluster.hosts(), options.settings()).await?;
        cluster.wait_steady().await?;
        Ok(cluster)
    }

    /// The URI without a database, with all members.
    pub fn uri(&self) -> String {
        self.address().to_string()
    }

    /// The URI with a database.
    pub fn uri_for(&self, database: &str) -> String {
        self.address().with_database(database)
    }

    /// The servers' version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The proxy in front of a member, for faults of the network.
    pub fn proxy(&self, node: NodeId) -> &FaultProxy {
        &self.proxies[node.0]
    }

    /// The member that takes writes; waits for one.
    ///
    /// # Errors
    /// [`ServerError::Late`] if there is none within a minute.
    pub async fn primary(&self) -> Result<NodeId, ServerError> {
        Watch::new(self).primary(|_| true).await
    }

    /// Waits until another member than this takes writes, and returns which.
    ///
    /// # Errors
    /// [`ServerError::Late`] if there is none within a minute.
    pub async fn wait_for_primary_other_than(&self, node: NodeId) -> Result<NodeId, ServerError> {
        Watch::new(self).primary(|other| other != node).await
    }

    /// Waits until one member takes writes and all others follow it; returns which takes writes.
    ///
    /// # Errors
    /// [`ServerError::Late`] if that is not so within a minute.
    pub async fn wait_steady(&self) -> Result<NodeId, ServerError> {
        Watch::new(self).steady().await
    }

    /// Ends a member at once, as a crash does (SIGKILL).
    pub fn kill(&self, node: NodeId) {
        self.with(node, Node::kill);
        self.note_process(node);
    }

    /// Ends a member in the proper way (SIGTERM), and waits until it is gone.
    ///
    /// # Errors
    /// [`ServerError`] if it is down already, or does not end.
    pub async fn terminate(&self, node: NodeId) -> Result<(), ServerError> {
        self.with(node, Node::terminate)
            .map_err(ServerError::spawn)?;
        let started = Instant::now();
        while !self.is_down(node) {
            if started.elapsed() > END_LIMIT {
                return Err(ServerError::Late {
                    what: "the end of a server",
                    seconds: END_LIMIT.as_secs(),
                    log: self.log_tail(node),
                });
            }
            sleep(Duration::from_millis(5)).await;
        }
        self.note_process(node);
        Ok(())
    }

    /// Freezes a member (SIGSTOP): its connections stay open and nothing answers.
    ///
    /// # Errors
    /// [`ServerError::Spawn`] if it is down.
    pub fn stop(&self, node: NodeId) -> Result<(), ServerError> {
        self.with(node, Node::stop).map_err(ServerError::spawn)
    }

    /// Lets a frozen member go on (SIGCONT).
    ///
    /// # Errors
    /// [`ServerError::Spawn`] if it is down.
    pub fn cont(&self, node: NodeId) -> Result<(), ServerError> {
        self.with(node, Node::cont).map_err(ServerError::spawn)
    }

    /// Starts a member that is down on the data it had, and returns when it listens.
    ///
    /// # Errors
    /// [`ServerError`] if it runs, or does not start.
    pub async fn restart(&self, node: NodeId) -> Result<(), ServerError> {
        if !self.is_down(node) {
            return Err(ServerError::spawn(io::Error::other("the server runs")));
        }
        let (launch, port) = self.with(node, |node| (node.launch().clone(), node.port()));
        let process = match Process::start_on(&launch, port).await {
            // Its port was given to somebody else meanwhile; only its proxy knows it.
            Err(error) if error.is_port_taken() => Process::start(&launch).await?,
            result => result?,
        };
        self.proxies[node.0].point_to(process.address());
        self.with(node, |node| node.restarted(process));
        self.note_process(node);
        Ok(())
    }

    /// Has the primary step down, and returns which it was. It is no candidate for some seconds.
    ///
    /// # Errors
    /// [`ServerError`] if there is none, or it refuses, e.g. since no other is up to date.
    pub async fn step_down(&self) -> Result<NodeId, ServerError> {
        let primary = self.primary().await?;
        let client = self.admin_client(primary).await?;
        let command = doc! {
            "replSetStepDown": STEP_DOWN_SECONDS,
            "secondaryCatchUpPeriodSecs": STEP_DOWN_SECONDS - 1,
        };
        admin::run(&client, command)
            .await
            .map_err(ServerError::command("the step-down"))?;
        Ok(primary)
    }

    /// Cuts a member off from everybody, clients and members, in both directions: what is sent gets
    /// lost, as far as anybody can tell, until it is healed.
    ///
    /// # Errors
    /// [`ServerError::Spawn`] where connections cannot be told apart: it takes Linux's `/proc`.
    pub fn partition(&self, node: NodeId) -> Result<(), ServerError> {
        self.cut(node, From::Everybody)
    }

    /// Cuts a member off from the other members; clients reach it still.
    ///
    /// # Errors
    /// As of [`partition`](Self::partition).
    pub fn partition_from_members(&self, node: NodeId) -> Result<(), ServerError> {
        self.cut(node, From::Members)
    }

    /// Ends the partition of a member. What was sent meanwhile arrives, as TCP has it.
    pub fn heal(&self, node: NodeId) {
        self.partitions.heal(node);
        self.apply_partitions();
    }

    /// Mends all that can be mended without waiting: partitions, proxies and frozen members. Members
    /// that are down stay down.
    pub fn heal_all(&self) {
        NodeId::all().for_each(|node| self.partitions.heal(node));
        self.proxies.iter().for_each(FaultProxy::heal);
        self.apply_partitions();
        for node in NodeId::all() {
            // Of one that is down it fails, and may.
            let _ = self.cont(node);
        }
    }

    /// Whether a member's process is gone: killed, ended or crashed.
    pub fn is_down(&self, node: NodeId) -> bool {
        self.with(node, Node::is_down)
    }

    /// A client of this very member, past its proxy.
    ///
    /// # Errors
    /// [`ServerError::Command`] if it cannot be made.
    pub async fn admin_client(&self, node: NodeId) -> Result<Client, ServerError> {
        admin::direct(&self.own_uri(node))
            .await
            .map_err(ServerError::command("connecting"))
    }

    /// Switches a fail point on at this member. `point` is the command: the point's name as
    /// `configureFailPoint`, its `mode`, its `data`.
    ///
    /// # Errors
    /// As of [`FailPoint::set`].
    pub async fn set_fail_point(
        &self,
        node: NodeId,
        point: Document,
    ) -> Result<FailPoint, ServerError> {
        FailPoint::set(&self.own_uri(node), point).await
    }

    /// Where a member keeps its data.
    pub fn data_dir(&self, node: NodeId) -> PathBuf {
        self.with(node, |node| node.data_dir())
    }

    /// The last lines of a member's log.
    pub fn log_tail(&self, node: NodeId) -> String {
        self.with(node, |node| node.launch().log_tail())
    }

    /// Copies the logs of all members into a directory, for those who look into a failure.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn save_logs(&self, directory: &Path) -> io::Result<()> {
        fs::create_dir_all(directory)?;
        for node in NodeId::all() {
            let log = self.with(node, |node| node.launch().log());
            fs::copy(log, directory.join(format!("mongod-{}.log", node.0)))?;
        }
        Ok(())
    }

    fn own_uri(&self, node: NodeId) -> String {
        self.with(node, |node| node.own_uri())
    }

    fn hosts(&self) -> Vec<String> {
        let addresses = self.proxies.iter().map(FaultProxy::address);
        addresses.map(|address| address.to_string()).collect()
    }

    fn address(&self) -> Uri {
        let hosts = self.hosts().join(",");
        Uri::new(&format!("mongodb://{hosts}/?replicaSet={REPLICA_SET}"))
    }

    fn cut(&self, node: NodeId, from: From) -> Result<(), ServerError> {
        sockets::known().map_err(ServerError::spawn)?;
        self.partitions.cut(node, from);
        self.apply_partitions();
        Ok(())
    }

    fn apply_partitions(&self) {
        for (node, proxy) in NodeId::all().zip(&self.proxies) {
            proxy.isolate(self.partitions.at_proxy_of(node));
        }
    }

    fn note_process(&self, node: NodeId) {
        let id = self.with(node, |node| node.process_id());
        self.partitions.process(node, id);
    }

    fn with<T>(&self, node: NodeId, act: impl FnOnce(&mut Node) -> T) -> T {
        act(&mut lock(&self.nodes[node.0]))
    }
}

async fn start_node(
    options: &ClusterOptions,
    mongod: &Mongod,
) -> Result<(Node, FaultProxy), ServerError> {
    let root = options.data_root.as_deref();
    let directory = Directory::create(root).map_err(ServerError::spawn)?;
    let launch = Launch {
        mongod: mongod.clone(),
        directory: directory.path().to_owned(),
        replica_set: Some(REPLICA_SET.to_owned()),
        transaction_seconds: options.transaction_seconds,
        more: options.arguments.clone(),
    };
    Node::start(launch, directory).await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
