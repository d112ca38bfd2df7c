//! The gate for persisted shapes: runs the tests that `events_lock_test!` makes, in every package
//! that has one.

use std::process::ExitCode;

use clap::Subcommand;

use crate::{
    process::{Call, Failure, passed_on},
    workspace::Workspace,
};

/// The name of the test that the macro makes.
const TEST: &str = "events_are_as_their_lock_says";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Fail where a shape in an `events.lock` has changed, or has no path to its newest version.
    Check {
        /// Add new shapes to the files first. What is in them is never changed.
        #[arg(long)]
        update: bool,
    },
}

/// Runs the tests, and nothing else.
pub(crate) fn run(workspace: &Workspace, action: &Action) -> Result<ExitCode, Failure> {
    let Action::Check { update } = action;
    let call = Call::cargo(&workspace.root)
        .args(["test", "--workspace", "--all-features", "--lib", "--tests"])
        .args(["--quiet", "--no-fail-fast", "--", TEST]);
    let call = if *update {
        call.env("UPDATE_EVENTS_LOCK", "1")
    } else {
        call
    };
    call.status().map(passed_on)
}
