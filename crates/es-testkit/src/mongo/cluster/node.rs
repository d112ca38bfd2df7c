//! One member of a set: a server that comes and goes, behind a proxy that stays.

use std::{io, path::PathBuf, process::ExitStatus};

use crate::{
    mongo::{
        ServerError,
        directory::Directory,
        process::{Launch, Process},
    },
    proxy::FaultProxy,
};

/// What a member is doing.
#[derive(Debug)]
enum State {
    Running(Process),
    /// By SIGSTOP: it is there and does nothing.
    Stopped(Process),
    Down,
}

#[derive(Debug)]
pub(super) struct Node {
    // Before the directory, which goes last.
    state: State,
    port: u16,
    launch: Launch,
    _directory: Directory,
}

impl Node {
    pub(super) async fn start(
        launch: Launch,
        directory: Directory,
    ) -> Result<(Self, FaultProxy), ServerError> {
        let process = Process::start(&launch).await?;
        let proxy = FaultProxy::start(process.address()).map_err(ServerError::spawn)?;
        let node = Self {
            port: process.port(),
            state: State::Running(process),
            launch,
            _directory: directory,
        };
        Ok((node, proxy))
    }

    /// The URI of this very server, past its proxy.
    pub(super) fn own_uri(&self) -> String {
        format!("mongodb://127.0.0.1:{}/?directConnection=true", self.port)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn launch(&self) -> &Launch {
        &self.launch
    }

    pub(super) fn data_dir(&self) -> PathBuf {
        self.launch.data()
    }

    /// The id of the process, if there is one.
    pub(super) fn process_id(&self) -> Option<u32> {
        match &self.state {
            State::Running(process) | State::Stopped(process) => Some(process.id()),
            State::Down => None,
        }
    }

    /// Whether it runs, and can be asked. Sees that a server ended by itself.
    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.state, State::Running(_)) && self.exited().is_none()
    }

    /// How the server ended, if it has since the last question.
    pub(super) fn exited(&mut self) -> Option<ExitStatus> {
        let status = match &mut self.state {
            State::Running(process) | State::Stopped(process) => process.exited(),
            State::Down => None,
        };
        if status.is_some() {
            self.state = State::Down;
        }
        status
    }

    /// Whether no process is there any more.
    pub(super) fn is_down(&mut self) -> bool {
        self.exited();
        matches!(self.state, State::Down)
    }

    /// Ends the server at once, if it is there.
    pub(super) fn kill(&mut self) {
        // Dropping the process kills it and waits for its end.
        self.state = State::Down;
    }

    /// Tells the server to end; it does so in about a second.
    pub(super) fn terminate(&mut self) -> io::Result<()> {
        self.process()?.signal("TERM")
    }

    pub(super) fn stop(&mut self) -> io::Result<()> {
        self.process()?.signal("STOP")?;
        self.turn(State::Stopped);
        Ok(())
    }

    pub(super) fn cont(&mut self) -> io::Result<()> {
        self.process()?.signal("CONT")?;
        self.turn(State::Running);
        Ok(())
    }

    /// Takes over a server that was started in place of the one that is down.
    pub(super) fn restarted(&mut self, process: Process) {
        self.port = process.port();
        self.state = State::Running(process);
    }

    fn process(&mut self) -> io::Result<&mut Process> {
        match &mut self.state {
            State::Running(process) | State::Stopped(process) => Ok(process),
            State::Down => Err(io::Error::other("the server is down")),
        }
    }

    fn turn(&mut self, into: fn(Process) -> State) {
        let state = std::mem::replace(&mut self.state, State::Down);
        self.state = match state {
            State::Running(process) | State::Stopped(process) => into(process),
            State::Down => State::Down,
        };
    }
}
