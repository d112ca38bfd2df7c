//! The checks of this workspace: `cargo xtask check` runs what CI runs, and nothing else does.
//!
//! Each step is a module with one entry point. A step reports what broke as a [`Failure`]; printing,
//! timing and the summary live in [`check`]. Releasing and publishing are not done here.
mod check;
mod deny;
mod direction;
mod faults;
mod features;
mod fuzz;
mod mongo;
mod process;
mod readme;
mod schema;
mod test;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    check::{Selection, Step},
    process::Failure,
    workspace::Workspace,
};

/// Checks of the event-sourcing workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything CI runs, and end with a summary.
    Check(Selection),
    /// Run all tests with all features, doc tests included, and sum up the results.
    ///
    /// The last line is always `N passed, N failed`, summed over all test binaries.
    Test {
        #[command(flatten)]
        choice: test::Choice,
    },
    /// Check which crate may depend on which.
    Direction,
    /// Harm the MongoDB store in all the ways there are, and judge what came of it.
    ///
    /// The last line is one line of JSON that sums it up. May fetch a mongod, as `test` may.
    Faults {
        #[command(flatten)]
        choice: faults::Choice,
    },
    /// Feed arbitrary bytes to everything that reads bytes from outside, for a bounded time.
    ///
    /// Needs the nightly toolchain and `cargo install cargo-fuzz`.
    Fuzz {
        #[command(flatten)]
        choice: fuzz::Choice,
    },
    /// Hold the shapes of persisted events to their committed files: `schema check [--update]`.
    Schema {
        #[command(subcommand)]
        action: schema::Action,
    },
    /// A MongoDB replica set on this machine, to try things out: `up`, `down`, `status`.
    ///
    /// `up` fetches a mongod (licence: SSPL-1.0) into the user's cache if there is none.
    #[command(disable_help_flag = true)] // es-mongo has its own, with all options
    Mongo {
        /// What to do; `--help` tells more.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    run(Cli::parse().command).unwrap_or_else(|failure| {
        eprintln!("error: {}", failure.explain());
        ExitCode::FAILURE
    })
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    if let Command::Check(Selection { list: true, .. }) = command {
        check::list();
        return Ok(ExitCode::SUCCESS);
    }
    let workspace = Workspace::load()?;
    match command {
        Command::Check(selection) => check::run(&workspace, &selection),
        Command::Direction => check::run(&workspace, &Selection::only(Step::Direction)),
        Command::Faults { choice } => faults::run(&workspace, &choice),
        Command::Fuzz { choice } => fuzz::run(&workspace, &choice),
        Command::Mongo { args } => mongo::run(&args),
        Command::Schema { action } => schema::run(&workspace, &action),
        Command::Test { choice } => {
            check::header("test");
            let run = test::run(&workspace, &choice)?;
            let code = run.exit_code();
            run.conclude();
            Ok(code)
        }
    }
}
