//! Processes that this one has started.

use std::path::Path;
use std::process::Stdio;

use es_core::BoxError;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::Failure;
use crate::mongo::URI_VARIABLE;
use crate::options::{Options, Role};
use crate::worker::{Outcome, READY};

/// An es-bench that works for this one; it is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    /// Starts one on a database, and waits until it is ready.
    pub(crate) async fn start(
        executable: &Path,
        options: &Options,
        role: Role,
        database: &str,
    ) -> Result<Self, Failure> {
        let started = Self::spawn(executable, options, role, database).await;
        started.map_err(Failure::broken("start another process"))
    }

    async fn spawn(
        executable: &Path,
        options: &Options,
        role: Role,
        database: &str,
    ) -> Result<Self, BoxError> {
        let mut child = Command::new(executable)
            .args(arguments(options, role, database))
            // Not among the arguments, which everybody on the machine can see.
            .env(URI_VARIABLE, options.server_uri())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take().ok_or("it has no input")?;
        let output = child.stdout.take().ok_or("it has no output")?;
        let output = BufReader::new(output).lines();
        let mut worker = Self {
            child,
            input,
            output,
        };
        match worker.line().await? {
            line if line == READY => Ok(worker),
            line => Err(format!("it said {line} in place of {READY}").into()),
        }
    }

    /// Lets it begin.
    pub(crate) async fn go(&mut self) -> Result<(), Failure> {
        let told = self.input.write_all(b"go\n").await;
        told.map_err(Failure::broken("talk to another process"))
    }

    /// Waits until it has done its work.
    pub(crate) async fn outcome(mut self) -> Result<Outcome, Failure> {
        let line = self.next_line().await?;
        let outcome = serde_json::from_str(&line);
        let outcome = outcome.map_err(Failure::broken("understand another process"))?;
        drop(self.input);
        let ended = self.child.wait().await;
        ended.map_err(Failure::broken("wait for another process"))?;
        Ok(outcome)
    }

    /// What it says next.
    pub(crate) async fn next_line(&mut self) -> Result<String, Failure> {
        let line = self.line().await;
        line.map_err(Failure::broken("listen to another process"))
    }

    async fn line(&mut self) -> Result<String, BoxError> {
        let line = self.output.next_line().await?;
        Ok(line.ok_or("it has ended")?)
    }
}

fn arguments(options: &Options, role: Role, database: &str) -> Vec<String> {
    let arguments = [
        ("--store", options.store.to_string()),
        ("--workload", options.workload.to_string()),
        ("--role", role.to_string()),
        ("--database", database.to_owned()),
        ("--concurrency", options.concurrency.to_string()),
        ("--events-per-append", options.events_per_append.to_string()),
        ("--payload-bytes", options.payload_bytes.to_string()),
        ("--seconds", options.seconds.to_string()),
    ];
    let arguments = arguments.into_iter();
    arguments
        .flat_map(|(name, value)| [name.to_owned(), value])
        .chain(options.chained.then(|| "--chained".to_owned()))
        .collect()
}
