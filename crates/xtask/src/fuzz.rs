//! Hostile bytes for everything that reads bytes from outside, for a bounded time.
//!
//! The targets are a workspace of their own in `fuzz/`, which needs nightly and cargo-fuzz.

use std::{fs, process::ExitCode};

use clap::Args;

use crate::{
    check,
    process::{Call, Failure, plural},
    workspace::Workspace,
};

/// The most that a target may allocate at once, in MiB: the limit of the formats.
const MALLOC_LIMIT_MIB: u32 = 16;

/// What to run.
#[derive(Debug, Args)]
pub(crate) struct Choice {
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only this target; all of them without it.
    #[arg(long)]
    target: Option<String>,
}

/// Runs the targets one after the other, and stops at the first that fails.
pub(crate) fn run(workspace: &Workspace, choice: &Choice) -> Result<ExitCode, Failure> {
    let all = targets(workspace)?;
    let chosen: Vec<_> = match &choice.target {
        Some(target) if all.contains(target) => vec![target.clone()],
        Some(target) => {
            let known = all.join(", ");
            let message = format!("there is no target {target}; there are {known}");
            return Err(Failure::Rules(vec![message]));
        }
        None => all,
    };
    for target in &chosen {
        check::header(&format!("fuzz {target}, {} s", choice.seconds));
        let limits = [
            format!("-max_total_time={}", choice.seconds),
            format!("-malloc_limit_mb={MALLOC_LIMIT_MIB}"),
        ];
        Call::new("rustup", &workspace.root)
            .args(["run", "nightly", "cargo", "fuzz", "run", target, "--"])
            .args(limits)
            .run()?;
    }
    let ran = plural(chosen.len(), "target");
    println!("{ran}, {} s each: nothing was found", choice.seconds);
    Ok(ExitCode::SUCCESS)
}

/// The names of the targets: those of their files.
fn targets(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let directory = workspace.root.join("fuzz/fuzz_targets");
    let unreadable = |source| Failure::File {
        path: directory.clone(),
        source,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        names.extend(
            path.file_stem()
                .map(|name| name.to_string_lossy().into_owned()),
        );
    }
    names.sort_unstable();
    Ok(names)
}
