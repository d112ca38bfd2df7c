//! The tests: `cargo test` over the whole workspace, its output passed on live and summed up.

use std::{
    fmt,
    io::{self, Write},
    process::{ExitCode, ExitStatus},
    time::Instant,
};

use clap::Args;

use crate::{
    check::seconds,
    mongo,
    process::{Call, Failure, passed_on, plural},
    workspace::Workspace,
};

/// The versions of the server that tests can fetch; `es-testkit` pins them.
const SERVERS: [&str; 4] = ["4.4.2", "5.0.4", "6.0.5", "6.0.27"];

/// Which tests to run.
#[derive(Debug, Default, Args)]
pub(crate) struct Choice {
    /// Also run the slow tier: sets ES_TEST_TIER=slow, which the tests read.
    #[arg(long)]
    slow: bool,
    /// Run only the tests of es-store-mongo, on a server of this version, fetched if need be.
    ///
    /// All but 6.0.5 want OpenSSL 1.1: unpack it, and name the directory in ES_TEST_MONGOD_LIBS
    /// (docs/faults.md, "Other server versions"). Servers that ES_TEST_MONGODB_URI or
    /// ES_TEST_MONGOD names are not used.
    #[arg(long, value_name = "VERSION", value_parser = SERVERS)]
    server: Option<String>,
    /// Passed to `cargo test` as they are, e.g. `-- stream` or `-- -- --nocapture`.
    #[arg(last = true)]
    args: Vec<String>,
}

/// Runs all tests with all features, doc tests included, or those of the store that has servers.
///
/// No binary is left out because an earlier one failed, so the sum is over all of them. With `slow`
/// the tests also see `ES_TEST_TIER=slow`. They may fetch a server, unless they are told not to.
pub(crate) fn run(workspace: &Workspace, choice: &Choice) -> Result<TestRun, Failure> {
    let started = Instant::now();
    let call = call(workspace, choice);
    let mut tally = Tally::default();
    let status = call.stream(|piece| {
        tally.read(piece);
        let mut stdout = io::stdout().lock();
        stdout.write_all(piece)?;
        stdout.flush()
    })?;
    println!(
        "    {} in {}",
        plural(tally.binaries, "test binary run"),
        seconds(started.elapsed())
    );
    Ok(TestRun {
        call,
        status,
        tally,
    })
}

fn call(workspace: &Workspace, choice: &Choice) -> Call {
    let call = workspace.cargo().args(["test"]);
    let mut call = match &choice.server {
        None => call.args(["--workspace"]),
        // Empty is as if it was not set: the version is to decide.
        Some(version) => call
            .args(["--package", "es-store-mongo"])
            .env("ES_TEST_MONGOD_VERSION", version)
            .env("ES_TEST_MONGODB_URI", "")
            .env("ES_TEST_MONGOD", ""),
    };
    if choice.slow {
        call = call.env("ES_TEST_TIER", "slow");
    }
    let call = call.args(["--all-features", "--no-fail-fast"]);
    mongo::may_fetch(call).args(&choice.args)
}

/// A finished run of the tests, successful or not.
#[derive(Debug)]
pub(crate) struct TestRun {
    call: Call,
    status: ExitStatus,
    pub(crate) tally: Tally,
}

impl TestRun {
    /// The exit code of `cargo test` itself.
    pub(crate) fn exit_code(&self) -> ExitCode {
        passed_on(self.status)
    }

    /// Succeeds if all tests passed.
    pub(crate) fn result(&self) -> Result<(), Failure> {
        if self.status.success() {
            return Ok(());
        }
        Err(Failure::Tests {
            command: self.call.to_string(),
            status: self.status,
            tally: self.tally.to_string(),
            hint: self.tally.hint(),
        })
    }

    /// Prints what failed, if anything did, and the overall counts as the last line.
    pub(crate) fn conclude(&self) {
        if let Err(failure) = self.result() {
            println!("error: {failure}");
        }
        println!("{}", self.tally);
    }
}

/// Counts summed over the summary lines of all test binaries.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    binaries: usize,
    line: Vec<u8>,
}

impl Tally {
    /// Takes the next piece of output, cut anywhere.
    fn read(&mut self, piece: &[u8]) {
        for byte in piece {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                self.count(&String::from_utf8_lossy(&line));
            } else {
                self.line.push(*byte);
            }
        }
    }

    /// What to make of a failed run with these counts.
    fn hint(&self) -> &'static str {
        if self.failed > 0 {
            "the failed tests are listed above"
        } else {
            "no test reported a failure, so the build broke or a test binary died, and the counts are not complete"
        }
    }

    fn count(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else {
            return;
        };
        let number_before = |what: &str| {
            let (before, _) = counts.split_once(what)?;
            before.rsplit(' ').next()?.parse::<u64>().ok()
        };
        let (Some(passed), Some(failed)) = (number_before(" passed;"), number_before(" failed;"))
        else {
            return;
        };
        self.passed += passed;
        self.failed += failed;
        self.binaries += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
running 2 tests
test a ... ok
test b ... FAILED

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s

test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 0 filtered out; finished in 1.20s
test talks about a test result: ok. 9 passed; 9 failed; ... ok
";

    #[test]
    fn counts_are_summed_over_all_binaries() {
        let mut tally = Tally::default();
        tally.read(OUTPUT.as_bytes());
        assert_eq!(tally.to_string(), "13 passed, 1 failed");
        assert_eq!(tally.binaries, 2);
    }

    #[test]
    fn a_run_that_failed_without_a_failed_test_does_not_look_complete() {
        assert!(Tally::default().hint().contains("not complete"));
        assert!(
            !Tally {
                failed: 1,
                ..Tally::default()
            }
            .hint()
            .contains("not complete")
        );
    }

    #[test]
    fn one_version_of_the_server_is_for_the_store_that_has_servers() {
        let workspace = Workspace::load().unwrap();
        let choice = Choice {
            server: Some("4.4.2".to_owned()),
            args: vec!["--lib".to_owned()],
            ..Choice::default()
        };
        let line = call(&workspace, &choice).to_string();
        for part in [
            "ES_TEST_MONGOD_VERSION=4.4.2 ES_TEST_MONGODB_URI='' ES_TEST_MONGOD='' ",
            " cargo test --package es-store-mongo --all-features --no-fail-fast --lib",
        ] {
            assert!(line.contains(part), "{line}");
        }
        let all = call(&workspace, &Choice::default()).to_string();
        assert!(
            all.contains("cargo test --workspace --all-features"),
            "{all}"
        );
        assert!(!all.contains("ES_TEST_MONGOD_VERSION"), "{all}");
    }

    #[test]
    fn the_versions_to_choose_from_are_those_that_can_be_fetched() {
        let workspace = Workspace::load().unwrap();
        let pinned = workspace.root.join("crates/es-testkit/src/mongo/builds.rs");
        let pinned = std::fs::read_to_string(pinned).unwrap();
        let pinned = pinned.lines().filter_map(|line| {
            let version = line.trim().strip_prefix("version: \"")?;
            version.strip_suffix("\",")
        });
        let mut pinned: Vec<_> = pinned.collect();
        pinned.sort_unstable();
        let mut known = SERVERS;
        known.sort_unstable();
        assert_eq!(pinned, known);
    }

    #[test]
    fn it_does_not_matter_where_the_output_is_cut() {
        let mut tally = Tally::default();
        OUTPUT
            .as_bytes()
            .chunks(7)
            .for_each(|piece| tally.read(piece));
        assert_eq!(tally.to_string(), "13 passed, 1 failed");
    }
}
