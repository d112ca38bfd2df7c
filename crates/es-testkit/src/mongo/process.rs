//! One `mongod` process, a child of ours that never outlives us.

use std::{
    fs::{self, File},
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tokio::{net::TcpStream, time::sleep};

use super::{
    ServerError,
    binary::{Mongod, Version},
};
use crate::watchdog;

/// How long a server may take to listen; it takes half a second on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(10);
/// How much of the log goes into an error.
const LOG_TAIL: usize = 15;
/// Set by the library, whatever the server is for.
///
/// Test commands are the fail points. A server that is told to end does so within a tenth of a
/// second and not after fifteen; diagnostic data would only cost disk.
const ALWAYS: &[&str] = &[
    "enableTestCommands=1",
    "diagnosticDataCollectionEnabled=false",
];
/// Before 5.0 a server does not wait, and does not know the parameter.
const QUICK_SHUTDOWN: &str = "shutdownTimeoutMillisForSignaledShutdown=100";

/// What a server is started with.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    pub(crate) mongod: Mongod,
    /// Where data and log lie; exists.
    pub(crate) directory: PathBuf,
    pub(crate) replica_set: Option<String>,
    /// Seconds after which the server gives up a transaction that nobody ends.
    pub(crate) transaction_seconds: u32,
    pub(crate) more: Vec<String>,
}

impl Launch {
    fn arguments(&self, port: u16) -> Vec<String> {
        let mut all: Vec<String> = [
            "--bind_ip",
            "127.0.0.1",
            "--nounixsocket",
            "--wiredTigerCacheSizeGB",
            "0.25",
        ]
        .map(str::to_owned)
        .into();
        all.extend(["--port".to_owned(), port.to_string()]);
        all.extend(["--dbpath".to_owned(), text(&self.data())]);
        all.extend([
            "--logpath".to_owned(),
            text(&self.log()),
            "--logappend".to_owned(),
        ]);
        if let Some(name) = &self.replica_set {
            all.extend(["--replSet", name, "--oplogSize", "64"].map(str::to_owned));
        }
        let transactions = format!(
            "transactionLifetimeLimitSeconds={}",
            self.transaction_seconds
        );
        let quick = (self.mongod.version() >= Version(5, 0, 0)).then_some(QUICK_SHUTDOWN);
        let parameters = ALWAYS.iter().copied().chain(quick).map(str::to_owned);
        for parameter in parameters.chain([transactions]) {
            all.extend(["--setParameter".to_owned(), parameter]);
        }
        all.extend(self.more.iter().cloned());
        all
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.directory.join("mongod.log")
    }

    fn console(&self) -> PathBuf {
        self.directory.join("console.log")
    }

    /// The last lines of what the server wrote.
    pub(crate) fn log_tail(&self) -> String {
        let console = fs::read_to_string(self.console()).unwrap_or_default();
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().chain(console.lines()).collect();
        lines[lines.len().saturating_sub(LOG_TAIL)..].join("\n")
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A running server; killed on drop.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    port: u16,
}

impl Process {
    /// Starts a server on a free port and waits until it listens.
    pub(crate) async fn start(launch: &Launch) -> Result<Self, ServerError> {
        const TRIES: usize = 5;
        let mut last = None;
        for _ in 0..TRIES {
            let port = free_port().map_err(ServerError::spawn)?;
            match Self::start_on(launch, port).await {
                // Somebody took the port between our look and the server's.
                Err(error) if error.is_port_taken() => last = Some(error),
                result => return result,
            }
        }
        Err(last.unwrap_or_else(|| ServerError::spawn(io::ErrorKind::AddrInUse.into())))
    }

    /// Starts a server on this port and waits until it listens.
    pub(crate) async fn start_on(launch: &Launch, port: u16) -> Result<Self, ServerError> {
        fs::create_dir_all(launch.data()).map_err(ServerError::spawn)?;
        let mut process = Self {
            child: spawn(launch, port).map_err(ServerError::spawn)?,
            port,
        };
        let started = Instant::now();
        loop {
            if let Some(status) = process.exited() {
                return Err(ServerError::exited(status, launch.log_tail()));
            }
            if TcpStream::connect(process.address()).await.is_ok() {
                return Ok(process);
            }
            if started.elapsed() > START_LIMIT {
                return Err(ServerError::Silent {
                    seconds: START_LIMIT.as_secs(),
                    log: launch.log_tail(),
                });
            }
            sleep(POLL).await;
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// How the process ended, if it has.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().ok().flatten();
        if status.is_some() {
            watchdog::ended(self.child.id());
        }
        status
    }

    /// Ends the process with SIGKILL, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        if self.child.wait().is_ok() {
            watchdog::ended(self.child.id());
        }
    }

    /// Sends a signal, `TERM`, `STOP` or `CONT`, and returns once it is sent.
    pub(crate) fn signal(&mut self, name: &str) -> io::Result<()> {
        if self.exited().is_some() {
            return Err(io::Error::other("the server has ended already"));
        }
        let call = format!("kill -{name} {}", self.id());
        let status = Command::new("sh").args(["-c", &call]).status()?;
        if status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("`{call}` failed")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts the server in such a way that it is registered before it runs: the shell that becomes the
/// server waits for a word, and if we are gone before, it ends.
fn spawn(launch: &Launch, port: u16) -> io::Result<Child> {
    let console = File::create(launch.console())?;
    let mut command = Command::new("sh");
    command
        .args(["-c", "read -r _ && exec \"$@\" </dev/null", "mongod"])
        .arg(launch.mongod.path())
        .args(launch.arguments(port))
        // Not in our group: an interrupt from the terminal is for the tests, not for the server.
        .process_group(0)
        .current_dir(&launch.directory)
        .stdin(Stdio::piped())
        .stdout(console.try_clone()?)
        .stderr(console);
    launch.mongod.prepare(&mut command);
    let mut child = command.spawn()?;
    let registered = watchdog::process(child.id());
    let go = registered.and_then(|()| match child.stdin.take() {
        Some(mut pipe) => pipe.write_all(b"go\n"),
        None => Err(io::ErrorKind::BrokenPipe.into()),
    });
    if let Err(error) = go {
        let _ = child.kill();
        let _ = child.wait();
        return Err(error);
    }
    Ok(child)
}

fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}
