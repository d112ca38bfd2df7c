//! Running other programs, and saying exactly what was run when one of them fails.

use std::{
    env,
    error::Error,
    ffi::OsString,
    fmt,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Command, ExitCode, ExitStatus, Output, Stdio},
};

/// Why a step did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The program is not there or may not be run: install it, or put it on PATH.
    #[error("could not run `{command}`; is the program installed and on PATH?")]
    Start { command: String, source: io::Error },
    /// The program ran and said no: its own output, above, says why.
    #[error("`{command}` failed with {status}")]
    Exit { command: String, status: ExitStatus },
    /// Tests failed, or could not all run: the hint says which.
    #[error("`{command}` failed with {status}: {tally}; {hint}")]
    Tests {
        command: String,
        status: ExitStatus,
        tally: String,
        hint: &'static str,
    },
    /// The program's output is not what this version of the checks understands.
    #[error("could not understand the output of `{command}`")]
    Output {
        command: String,
        source: serde_json::Error,
    },
    /// A file is missing or cannot be read.
    #[error("could not read {path}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    /// Rules of this workspace are broken; each text names the place and the remedy.
    #[error("{}:{}", plural(.0.len(), "problem"), bullets(.0))]
    Rules(Vec<String>),
}

impl Failure {
    /// The message with every cause behind it, for a person to read.
    pub(crate) fn explain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        text
    }

    /// Succeeds when no rule is broken.
    pub(crate) fn unless_empty(problems: Vec<String>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self::Rules(problems))
        }
    }
}

/// The exit code that passes on what another program ended with.
pub(crate) fn passed_on(status: ExitStatus) -> ExitCode {
    if status.success() {
        return ExitCode::SUCCESS;
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

/// `1 problem`, `2 problems`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn bullets(items: &[String]) -> String {
    items.iter().map(|item| format!("\n  - {item}")).collect()
}

/// One run of a program; displays as the line to type to repeat it.
#[derive(Debug)]
pub(crate) struct Call {
    program: OsString,
    shown: String,
    args: Vec<OsString>,
    env: Vec<(&'static str, OsString)>,
    directory: PathBuf,
}

impl Call {
    /// The cargo that runs this program, in `directory`.
    pub(crate) fn cargo(directory: &Path) -> Self {
        let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Self {
            shown: "cargo".to_owned(),
            ..Self::new(program, directory)
        }
    }

    /// Any program, in `directory`.
    pub(crate) fn new(program: impl Into<OsString>, directory: &Path) -> Self {
        let program = program.into();
        Self {
            shown: program.to_string_lossy().into_owned(),
            program,
            args: Vec::new(),
            env: Vec::new(),
            directory: directory.to_owned(),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of the program's environment.
    #[must_use]
    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    /// Runs with our own output streams and expects success.
    pub(crate) fn run(&self) -> Result<(), Failure> {
        println!("    {self}");
        self.expect_success(self.status()?)
    }

    /// Runs with our own input and output streams, and says nothing itself.
    pub(crate) fn status(&self) -> Result<ExitStatus, Failure> {
        self.command()
            .status()
            .map_err(|source| self.not_run(source))
    }

    /// Runs and returns what was printed, whatever the exit status.
    pub(crate) fn output(&self) -> Result<Output, Failure> {
        self.command()
            .output()
            .map_err(|source| self.not_run(source))
    }

    /// Runs, expects success, and returns standard output; standard error passes through.
    pub(crate) fn stdout(&self) -> Result<String, Failure> {
        let output = self
            .command()
            .stderr(Stdio::inherit())
            .output()
            .map_err(|source| self.not_run(source))?;
        self.expect_success(output.status)?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs, handing standard output to `sink` piece by piece as it comes; pieces are cut anywhere.
    pub(crate) fn stream(
        &self,
        mut sink: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<ExitStatus, Failure> {
        println!("    {self}");
        let failed = |source| self.not_run(source);
        let mut child = self
            .command()
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        if let Some(mut pipe) = child.stdout.take() {
            let mut piece = [0; 8192];
            loop {
                let length = pipe.read(&mut piece).map_err(failed)?;
                if length == 0 {
                    break;
                }
                sink(&piece[..length]).map_err(failed)?;
            }
        }
        child.wait().map_err(failed)
    }

    /// The failure to report for an exit status, if it is one.
    pub(crate) fn expect_success(&self, status: ExitStatus) -> Result<(), Failure> {
        if status.success() {
            return Ok(());
        }
        Err(Failure::Exit {
            command: self.to_string(),
            status,
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).current_dir(&self.directory);
        for (name, _) in env::vars_os().filter(|(name, _)| describes_this_package(name.to_str())) {
            command.env_remove(name);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    fn not_run(&self, source: io::Error) -> Failure {
        Failure::Start {
            command: self.to_string(),
            source,
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.env {
            write!(f, "{name}={} ", quoted(&value.to_string_lossy()))?;
        }
        f.write_str(&self.shown)?;
        self.args
            .iter()
            .try_for_each(|arg| write!(f, " {}", quoted(&arg.to_string_lossy())))
    }
}

/// Whether `cargo run` set this variable to describe the package it runs, that is us.
///
/// Build scripts of some dependencies watch these, so passing them on would rebuild those crates
/// each time a developer goes from `cargo test` to `cargo xtask` and back.
fn describes_this_package(name: Option<&str>) -> bool {
    const PREFIXES: [&str; 3] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"];
    const NAMES: [&str; 3] = ["CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
    name.is_some_and(|name| {
        NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    })
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_failure_shows_the_command_as_it_can_be_typed_again() {
        let call = Call::new("false", Path::new("."))
            .env("RUSTDOCFLAGS", "-D warnings")
            .args(["doc", "it's"]);
        let failure = call
            .output()
            .map(|output| call.expect_success(output.status));
        let shown = failure.unwrap().unwrap_err().to_string();
        assert!(shown.starts_with(r"`RUSTDOCFLAGS='-D warnings' false doc 'it'\''s'` failed"));
    }

    #[test]
    fn a_missing_program_is_named_with_its_cause() {
        let call = Call::new("no-such-program-here", Path::new("."));
        let shown = call.output().unwrap_err().explain();
        assert!(
            shown.contains("no-such-program-here") && shown.contains("PATH"),
            "{shown}"
        );
    }

    #[test]
    fn streamed_output_reaches_the_sink_and_keeps_the_exit_status() {
        let mut seen = Vec::new();
        let status = Call::new("sh", Path::new("."))
            .args(["-c", "printf one; exit 3"])
            .stream(|piece| seen.write_all(piece))
            .unwrap();
        assert_eq!(
            (seen.as_slice(), status.code()),
            (b"one".as_slice(), Some(3))
        );
    }
}
