//! A server in the background, for people who try things out: it stays until it is told to end.

use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use mongodb::bson::doc;
use tokio::time::sleep;

use super::{ServerError, admin, binary::Mongod, locate::locate_binary, server::REPLICA_SET};

const LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// The local server of a port: where it keeps its data, and whether it runs.
#[derive(Debug, Clone)]
pub struct LocalServer {
    port: u16,
    directory: PathBuf,
}

/// What a local server is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocalState {
    /// It runs as this process.
    Runs(u32),
    /// It does not run.
    Down,
    /// It does not run, and another program listens on its port.
    PortTaken,
}

/// Why a local server cannot be started or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// Neither `XDG_DATA_HOME` nor `HOME` names a directory.
    #[error("there is no directory for data; set HOME, or name one with --data")]
    NoHome,
    /// End the other program, or choose another port.
    #[error("another program listens on port {port}; choose another one with --port")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// It does not start.
    #[error(transparent)]
    Start(#[from] ServerError),
    /// The file system or the system refused.
    #[error("{doing} failed")]
    System {
        /// What was to be done.
        doing: &'static str,
        /// What it said.
        source: io::Error,
    },
    /// It was told to end and goes on.
    #[error("process {process} does not end; see {log}", log = log.display())]
    GoesOn {
        /// Its id.
        process: u32,
        /// What it writes.
        log: PathBuf,
    },
}

impl LocalServer {
    /// The server of this port, which keeps its data in `root`, by default in the user's directory
    /// for data.
    ///
    /// # Errors
    /// [`LocalError::NoHome`].
    pub fn new(port: u16, root: Option<PathBuf>) -> Result<Self, LocalError> {
        let root = root.or_else(data_home).ok_or(LocalError::NoHome)?;
        let root = std::path::absolute(root).map_err(system("finding the directory"))?;
        Ok(Self {
            port,
            directory: root.join(port.to_string()),
        })
    }

    /// What a client connects with.
    pub fn uri(&self) -> String {
        format!(
            "mongodb://127.0.0.1:{}/?replicaSet={REPLICA_SET}",
            self.port
        )
    }

    /// Where data and log are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether it runs.
    pub fn state(&self) -> LocalState {
        match self.process() {
            Some(id) => LocalState::Runs(id),
            None if TcpStream::connect(self.address()).is_ok() => LocalState::PortTaken,
            None => LocalState::Down,
        }
    }

    /// Starts the server unless it runs, with further arguments for `mongod`, and returns when it
    /// takes writes. It goes on after this process.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn up(&self, arguments: &[String]) -> Result<LocalState, LocalError> {
        let before = self.state();
        match before {
            LocalState::Runs(_) => {}
            LocalState::PortTaken => return Err(LocalError::PortTaken { port: self.port }),
            LocalState::Down => {
                self.start(&locate_binary().map_err(ServerError::from)?, arguments)
                    .await?
            }
        }
        self.initiate().await?;
        Ok(before)
    }

    /// Ends the server if it runs, and waits until it has. The data stays.
    ///
    /// # Errors
    /// [`LocalError`].
    pub async fn down(&self) -> Result<LocalState, LocalError> {
        let before = self.state();
        if let LocalState::Runs(process) = before {
            let call = format!("kill -TERM {process}");
            let told = Command::new("sh").args(["-c", &call]).status();
            told.map_err(system("ending the server"))?;
            let started = Instant::now();
            while self.process().is_some() {
                if started.elapsed() > LIMIT {
                    let log = self.log();
                    return Err(LocalError::GoesOn { process, log });
                }
                sleep(POLL).await;
            }
        }
        Ok(before)
    }

    /// Removes the data of a server that is down.
    ///
    /// # Errors
    /// [`LocalError::System`].
    pub fn remove_data(&self) -> Result<(), LocalError> {
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(system("removing the data")(error))
            }
            _ => Ok(()),
        }
    }

    async fn start(&self, mongod: &Mongod, arguments: &[String]) -> Result<(), LocalError> {
        let mut child = self
            .spawn(mongod, arguments)
            .map_err(system("starting the server"))?;
        let started = Instant::now();
        while TcpStream::connect(self.address()).is_err() {
            let ended = child.try_wait().map_err(system("starting the server"))?;
            if let Some(status) = ended {
                return Err(ServerError::exited(status, self.log_tail()).into());
            }
            if started.elapsed() > LIMIT {
                return Err(ServerError::Silent {
                    seconds: LIMIT.as_secs(),
                    log: self.log_tail(),
                }
                .into());
            }
            sleep(POLL).await;
        }
        Ok(())
    }

    fn spawn(&self, mongod: &Mongod, arguments: &[String]) -> io::Result<std::process::Child> {
        fs::create_dir_all(self.data())?;
        let console = File::create(self.directory.join("console.log"))?;
        let mut command = Command::new(mongod.path());
        command
            .args(["--port", &self.port.to_string()])
            .args(["--bind_ip", "127.0.0.1", "--nounixsocket"])
            .args(["--replSet", REPLICA_SET, "--oplogSize", "1024"])
            .arg("--dbpath")
            .arg(self.data())
            .arg("--logpath")
            .arg(self.log())
            .arg("--pidfilepath")
            .arg(self.process_file());
        if !arguments.iter().any(|given| given.contains("CacheSize")) {
            command.args(["--wiredTigerCacheSizeGB", "1"]);
        }
        command
            .args(["--setParameter", "transactionLifetimeLimitSeconds=10"])
            .args(arguments)
            // It goes on when this process and its terminal are gone.
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(console.try_clone()?)
            .stderr(console);
        mongod.prepare(&mut command);
        let child = command.spawn()?;
        fs::write(self.process_file(), format!("{}\n", child.id()))?;
        Ok(child)
    }

    /// Makes a set of it the first time, and waits until it takes writes.
    async fn initiate(&self) -> Result<(), LocalError> {
        let host = format!("127.0.0.1:{}", self.port);
        let client = admin::direct(&format!("mongodb://{host}/"))
            .await
            .map_err(ServerError::command("connecting"))?;
        let hello = admin::run(&client, doc! { "hello": 1 }).await;
        let hello = hello.map_err(ServerError::command("asking the server"))?;
        if !hello.contains_key("setName") {
            match admin::initiate(&client, REPLICA_SET, &[host], doc! {}).await {
                // Not known to itself yet, right after a start.
                Err(error) if error.explain().contains("already initialized") => {}
                result => result?,
            }
        }
        admin::writable(&client, LIMIT).await?;
        client.shutdown().immediate(true).await;
        Ok(())
    }

    /// The process of this server, if it is running.
    fn process(&self) -> Option<u32> {
        let text = fs::read_to_string(self.process_file()).ok()?;
        let id: u32 = text.trim().parse().ok()?;
        let output = Command::new("ps")
            .args(["-ww", "-o", "args=", "-p", &id.to_string()])
            .output();
        let arguments = match fs::read(format!("/proc/{id}/cmdline")) {
            Ok(arguments) => arguments,
            Err(_) => output.ok()?.stdout,
        };
        let arguments = String::from_utf8_lossy(&arguments);
        // An id is used again; the data directory in the arguments makes sure that it is ours.
        let data = self.data();
        arguments.contains(data.to_str()?).then_some(id)
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn log(&self) -> PathBuf {
        self.directory.join("mongod.log")
    }

    fn process_file(&self) -> PathBuf {
        self.directory.join("mongod.pid")
    }

    fn log_tail(&self) -> String {
        let text = |path| fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let log = text(self.log()).unwrap_or_default();
        let console = text(self.directory.join("console.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().chain(console.lines()).collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }
}

fn data_home() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let data = set("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| Some(PathBuf::from(set("HOME")?).join(".local/share")));
    Some(data?.join("es-mongo"))
}

fn system(doing: &'static str) -> impl FnOnce(io::Error) -> LocalError {
    move |source| LocalError::System { doing, source }
}
