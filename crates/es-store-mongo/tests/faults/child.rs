//! The other process, seen from the runner.

use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
    process::{Command as Blocking, Stdio},
    time::Duration,
};

use es_core::Position;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::oneshot,
    time::timeout,
};

use crate::{
    progress::Progress,
    writer_process::{RESOLVED, STOP},
};

/// How long the other process may take to its end after everything is mended.
const END_LIMIT: Duration = Duration::from_secs(120);

/// How to start the other process.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub(crate) uri: String,
    pub(crate) directory: PathBuf,
    pub(crate) seed: u64,
    pub(crate) indexed: bool,
}

/// A process with writers, a reader and a subscriber of its own. Killed when dropped.
#[derive(Debug)]
pub(crate) struct OtherProcess {
    child: Child,
    input: ChildStdin,
    progress: Progress,
    resolved: oneshot::Receiver<()>,
    history: PathBuf,
    errors: PathBuf,
}

impl Start {
    /// Starts the `n`th process, with a history of its own.
    pub(crate) fn start(&self, n: usize) -> std::io::Result<OtherProcess> {
        let history = self.directory.join(format!("other-{n:03}.jsonl"));
        let errors = self.directory.join(format!("other-{n:03}.err"));
        let mut child = Command::new(env::current_exe()?)
            .arg("--writer")
            .args(["--uri", &self.uri])
            .args([Path::new("--history"), &history])
            .args([
                "--seed",
                &self.seed.wrapping_add(n as u64 * 7_919).to_string(),
            ])
            .args(self.indexed.then_some("--indexed"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors)?)
            .kill_on_drop(true)
            .spawn()?;
        let input = child.stdin.take().expect("its input is a pipe");
        let output = child.stdout.take().expect("its output is a pipe");
        let progress = Progress::default();
        let (done, resolved) = oneshot::channel();
        tokio::spawn(listen(output, progress.clone(), done));
        Ok(OtherProcess {
            child,
            input,
            progress,
            resolved,
            history,
            errors,
        })
    }
}

impl OtherProcess {
    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Ends it as a crash does, and returns its history.
    pub(crate) async fn kill(mut self) -> std::io::Result<PathBuf> {
        self.child.kill().await?;
        Ok(self.history)
    }

    /// Freezes it, or lets it go on.
    pub(crate) fn signal(&self, signal: &str) -> std::io::Result<()> {
        let id = self.child.id().ok_or(std::io::ErrorKind::NotFound)?;
        let status = Blocking::new("kill")
            .args([signal, &id.to_string()])
            .status()?;
        status
            .success()
            .then_some(())
            .ok_or_else(|| std::io::ErrorKind::Other.into())
    }

    /// Returns when it writes no more and has resolved its appends.
    pub(crate) async fn finish_writing(&mut self) -> Result<(), String> {
        let told = self.input.write_all(format!("{STOP}\n").as_bytes()).await;
        told.map_err(|error| self.failure(&error.to_string()))?;
        match timeout(END_LIMIT, &mut self.resolved).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.failure("ended early")),
            Err(_) => Err(self.failure("does not come to its end")),
        }
    }

    /// Returns when its subscriber was given everything up to `head`, and it is gone.
    pub(crate) async fn finish(mut self, head: Position) -> Result<(), String> {
        let told = self.input.write_all(format!("{head}\n").as_bytes()).await;
        told.map_err(|error| self.failure(&error.to_string()))?;
        match timeout(END_LIMIT, self.child.wait()).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(self.failure(&status.to_string())),
            Ok(Err(error)) => Err(self.failure(&error.to_string())),
            Err(_) => Err(self.failure("does not end")),
        }
    }

    fn failure(&self, what: &str) -> String {
        let said = std::fs::read_to_string(&self.errors).unwrap_or_default();
        format!("the other process: {what}: {}", said.trim())
    }
}

async fn listen(output: ChildStdout, progress: Progress, done: oneshot::Sender<()>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line == RESOLVED {
            let _ = done.send(());
            return;
        }
        if let Ok(count) = line.parse() {
            progress.set_acknowledged(count);
        }
    }
}
