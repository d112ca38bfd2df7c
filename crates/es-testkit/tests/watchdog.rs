//! A test process that is killed leaves no server and no data behind.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a panic with a message is how a test fails, and processes run in real time"
)]

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use es_testkit::{mongo::shared, skipped};

/// Set for the process that is to be killed.
const ROLE: &str = "ES_TESTKIT_WATCHDOG_ROLE";
/// Begins the line in which that process tells its server.
const MARK: &str = "server: ";

/// Another process that runs the same test.
struct Other {
    child: Child,
    /// Held, or it could not print its result.
    stdout: BufReader<ChildStdout>,
    left: Left,
}

/// What the other process started.
struct Left {
    server: PathBuf,
    data: PathBuf,
}

impl Left {
    fn is_there(&self) -> (bool, bool) {
        // Of one that has ended and that nobody collected yet, the command line is empty.
        let command = std::fs::read(self.server.join("cmdline"));
        let runs = command.is_ok_and(|command| !command.is_empty());
        (runs, self.data.exists())
    }

    fn assert_gone_within(&self, limit: Duration) {
        let started = Instant::now();
        while self.is_there() != (false, false) {
            assert!(
                started.elapsed() < limit,
                "(server, data) are there after {limit:?}: {:?}",
                self.is_there()
            );
            sleep(Duration::from_millis(20));
        }
    }
}

impl Other {
    /// Runs this very test in another process, up to where it has a server.
    fn start(test: &str, role: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env(ROLE, role)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let left = Left::read(&mut stdout);
        assert_eq!(left.is_there(), (true, true));
        Self {
            child,
            stdout,
            left,
        }
    }
}

impl Left {
    fn read(stdout: &mut impl BufRead) -> Self {
        let line = stdout
            .lines()
            .map(|line| line.unwrap())
            .find_map(|line| line.split_once(MARK).map(|(_, rest)| rest.to_owned()))
            .unwrap();
        let (id, data) = line.split_once(' ').unwrap();
        Self {
            server: Path::new("/proc").join(id),
            data: PathBuf::from(data),
        }
    }
}

/// What the other process does: has a server, tells it, and waits, or ends.
fn be_other(role: &str) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(shared()).own();
    println!(
        "\n{MARK}{} {}",
        server.process_id(),
        server.data_dir().display()
    );
    if role == "wait" {
        loop {
            sleep(Duration::from_secs(1));
        }
    }
}

#[test]
fn a_killed_test_process_takes_its_server_along() {
    if skipped("own-server") {
        return;
    }
    if let Ok(role) = env::var(ROLE) {
        return be_other(&role);
    }
    let test = "a_killed_test_process_takes_its_server_along";
    let mut other = Other::start(test, "wait");
    other.child.kill().unwrap();
    other.child.wait().unwrap();
    other.left.assert_gone_within(Duration::from_secs(20));
}

#[test]
fn a_test_process_that_ends_takes_its_server_along() {
    if skipped("own-server") {
        return;
    }
    if let Ok(role) = env::var(ROLE) {
        return be_other(&role);
    }
    let test = "a_test_process_that_ends_takes_its_server_along";
    let mut other = Other::start(test, "end");
    std::io::copy(&mut other.stdout, &mut std::io::sink()).unwrap();
    assert!(other.child.wait().unwrap().success());
    other.left.assert_gone_within(Duration::from_secs(20));
}
