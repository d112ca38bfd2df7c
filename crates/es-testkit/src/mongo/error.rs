//! Why a server did not start.

use std::{fmt, io, process::ExitStatus};

use super::LocateError;

/// Why there is no running server. Servers are for tests, so the messages are long: they hold the
/// end of the server's log. `Debug` is the message too, since that is what an `unwrap` shows.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// There is no server to start.
    #[error(transparent)]
    Locate(#[from] LocateError),
    /// The system did not let us: no shell, no directory, no port.
    #[error("mongod could not be started")]
    Spawn {
        /// What it said.
        source: io::Error,
    },
    /// The server ended while it started.
    #[error("mongod ended with {status}; the end of its log:\n{log}")]
    Exited {
        /// How it ended.
        status: ExitStatus,
        /// The last lines it wrote.
        log: String,
    },
    /// The server runs and does not listen.
    #[error("mongod did not listen within {seconds} s; the end of its log:\n{log}")]
    Silent {
        /// How long it was waited for.
        seconds: u64,
        /// The last lines it wrote.
        log: String,
    },
    /// The server refused a command that sets it up.
    #[error("{doing} failed")]
    Command {
        /// What was to be done.
        doing: &'static str,
        /// What the driver said.
        source: Box<mongodb::error::Error>,
    },
    /// The server takes no fail points from us: it was not started for tests.
    #[error(
        "the server takes no fail points: start it with --setParameter enableTestCommands=1 and let the \
         user set them, or unset ES_TEST_MONGODB_URI; ES_TEST_SKIP=fail-points leaves out the tests that \
         need them"
    )]
    NoFailPoints {
        /// What it said.
        source: Box<mongodb::error::Error>,
    },
    /// The set has no member that takes writes, or not the state that was waited for.
    #[error("{what} not seen within {seconds} s{log}")]
    Late {
        /// What was waited for.
        what: &'static str,
        /// How long.
        seconds: u64,
        /// What else is known.
        log: String,
    },
    /// Another program that helps, e.g. openssl, failed or is missing.
    #[error("{program} failed: {reason}")]
    Program {
        /// Which one.
        program: &'static str,
        /// What it said.
        reason: String,
    },
}

impl fmt::Debug for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.explain())
    }
}

impl ServerError {
    pub(crate) fn spawn(source: io::Error) -> Self {
        Self::Spawn { source }
    }

    pub(crate) fn exited(status: ExitStatus, log: String) -> Self {
        Self::Exited { status, log }
    }

    pub(crate) fn command(doing: &'static str) -> impl FnOnce(mongodb::error::Error) -> Self {
        move |source| Self::Command {
            doing,
            source: Box::new(source),
        }
    }

    /// Whether another port may help.
    pub(crate) fn is_port_taken(&self) -> bool {
        matches!(self, Self::Exited { log, .. } if log.contains("Address already in use"))
    }

    /// The message with every cause behind it.
    pub fn explain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_unwraps_it_says_what_to_do() {
        let missing = || LocateError::Missing {
            version: "6.0.5",
            needs: "a CPU",
        };
        for shown in [
            format!("{:?}", missing()),
            format!("{:?}", ServerError::from(missing())),
        ] {
            assert!(shown.contains("ES_TEST_SKIP=own-server"), "{shown}");
        }
        let cause = io::Error::other("no port");
        let shown = format!("{:?}", ServerError::spawn(cause));
        assert_eq!(shown, "mongod could not be started: no port");
    }
}
