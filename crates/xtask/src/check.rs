//! The list of steps, and running them with a header, a duration and a summary.
//!
//! A failed step does not stop the others: one run shows everything that is wrong.

use std::{
    env,
    io::{self, IsTerminal},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};

use crate::{
    deny, direction, faults, features, process::Failure, readme, test, workspace::Workspace,
};

/// Names steps to leave out, like `--skip`, for machines that cannot run them: `ES_SKIP=deny`.
const SKIP_VARIABLE: &str = "ES_SKIP";

/// What CI checks, in the order it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Step {
    /// Formatting.
    Fmt,
    /// Clippy on all targets with all features, warnings denied.
    Clippy,
    /// Documentation, broken links denied.
    Doc,
    /// Every package without features, with each feature alone, and with its defaults.
    Features,
    /// Which crate may depend on which.
    Direction,
    /// Licences, bans, sources and advisories of all dependencies.
    Deny,
    /// The commands the README promises.
    Readme,
    /// The fast tier of the faults against the MongoDB store.
    Faults,
    /// All tests, doc tests included.
    Test,
}

impl Step {
    fn run(self, workspace: &Workspace) -> Result<Done, Failure> {
        match self {
            Self::Fmt => fmt(workspace),
            Self::Clippy => cargo(
                workspace,
                &[
                    "clippy",
                    "--workspace",
                    "--all-targets",
                    "--all-features",
                    "--",
                    "-D",
                    "warnings",
                ],
            ),
            Self::Doc => doc(workspace),
            Self::Features => features::run(workspace),
            Self::Direction => direction::run(workspace),
            Self::Deny => deny::run(workspace),
            Self::Readme => readme::run(workspace),
            Self::Faults => faults::check(workspace),
            Self::Test => tests(workspace),
        }
    }

    fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

/// Which steps to run.
#[derive(Debug, Default, Args)]
pub(crate) struct Selection {
    /// Run just these steps.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    only: Vec<Step>,
    /// Leave these steps out; the variable ES_SKIP does the same.
    #[arg(long, value_name = "STEP", value_delimiter = ',')]
    skip: Vec<Step>,
    /// Print the steps and stop.
    #[arg(long)]
    pub(crate) list: bool,
}

impl Selection {
    /// Just one step.
    pub(crate) fn only(step: Step) -> Self {
        Self {
            only: vec![step],
            ..Self::default()
        }
    }

    fn wants(&self, step: Step) -> bool {
        self.only.is_empty() || self.only.contains(&step)
    }
}

/// What a step that succeeded has to say in the summary, if anything.
pub(crate) type Done = Option<String>;

enum Outcome {
    Passed(Duration, Done),
    Failed(Duration, String),
    Skipped,
}

/// Prints the steps in order.
pub(crate) fn list() {
    for value in Step::value_variants()
        .iter()
        .filter_map(|step| step.to_possible_value())
    {
        let about = value
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        println!("{:<10} {about}", value.get_name());
    }
}

/// Runs the selected steps and prints the summary.
pub(crate) fn run(workspace: &Workspace, selection: &Selection) -> Result<ExitCode, Failure> {
    let mut skip = selection.skip.clone();
    skip.extend(skipped_by(&env::var(SKIP_VARIABLE).unwrap_or_default())?);
    let outcomes: Vec<(Step, Outcome)> = Step::value_variants()
        .iter()
        .filter(|step| selection.wants(**step))
        .map(|step| {
            let skipped = skip.contains(step);
            (
                *step,
                if skipped {
                    Outcome::Skipped
                } else {
                    timed(*step, workspace)
                },
            )
        })
        .collect();
    summarise(&outcomes);
    let failed = outcomes
        .iter()
        .any(|(_, outcome)| matches!(outcome, Outcome::Failed(..)));
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Prints the line that starts a step.
pub(crate) fn header(name: &str) {
    println!("==> {name}");
}

/// A duration as the summary shows it.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn skipped_by(list: &str) -> Result<Vec<Step>, Failure> {
    let names = list
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| {
            Step::from_str(name, false).map_err(|_| {
                Failure::Rules(vec![format!(
                    "{SKIP_VARIABLE} names an unknown step `{name}`; `cargo xtask check --list` names them"
                )])
            })
        })
        .collect()
}

fn timed(step: Step, workspace: &Workspace) -> Outcome {
    let name = step.name();
    header(&name);
    let started = Instant::now();
    let result = step.run(workspace);
    let took = started.elapsed();
    match result {
        Ok(done) => {
            println!("    {name}: ok in {}\n", seconds(took));
            Outcome::Passed(took, done)
        }
        Err(failure) => {
            let failure = failure.explain();
            println!("    {name}: FAILED after {}", seconds(took));
            println!("error: {failure}");
            println!("    rerun: cargo xtask check --only {name}\n");
            Outcome::Failed(took, failure)
        }
    }
}

fn summarise(outcomes: &[(Step, Outcome)]) {
    header("summary");
    for (step, outcome) in outcomes {
        let (state, took, note) = match outcome {
            Outcome::Passed(took, done) => ("ok", seconds(*took), done.clone().unwrap_or_default()),
            Outcome::Failed(took, why) => ("FAILED", seconds(*took), shortened(why)),
            Outcome::Skipped => ("SKIPPED", String::new(), "on request".to_owned()),
        };
        let line = format!("    {:<10} {state:<8} {took:>9}   {note}", step.name());
        println!("{}", line.trim_end());
    }
}

/// A message as one line of the summary; the whole of it stands with its step.
fn shortened(message: &str) -> String {
    const LENGTH: usize = 140;
    let line = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LENGTH {
        return line;
    }
    line.chars().take(LENGTH).chain("...".chars()).collect()
}

fn cargo(workspace: &Workspace, args: &[&str]) -> Result<Done, Failure> {
    workspace.cargo().args(args).run().map(|()| None)
}

fn fmt(workspace: &Workspace) -> Result<Done, Failure> {
    let mut call = workspace.cargo().args(["fmt", "--all", "--check"]);
    // rustfmt colours its differences even in a file.
    if !io::stdout().is_terminal() {
        call = call.args(["--", "--color=never"]);
    }
    call.run().map(|()| None)
}

fn doc(workspace: &Workspace) -> Result<Done, Failure> {
    let call = workspace
        .cargo()
        .args(["doc", "--workspace", "--no-deps", "--all-features"]);
    call.env("RUSTDOCFLAGS", "-D warnings").run().map(|()| None)
}

fn tests(workspace: &Workspace) -> Result<Done, Failure> {
    let run = test::run(workspace, &test::Choice::default())?;
    run.result()?;
    Ok(Some(run.tally.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_skipped_only_by_their_exact_names() {
        assert_eq!(skipped_by("").unwrap(), []);
        assert_eq!(skipped_by("deny, test").unwrap(), [Step::Deny, Step::Test]);
        let error = skipped_by("dney").unwrap_err().to_string();
        assert!(
            error.contains("dney") && error.contains("--list"),
            "{error}"
        );
    }

    #[test]
    fn only_narrows_and_nothing_said_means_everything() {
        assert!(Selection::default().wants(Step::Deny));
        assert!(Selection::only(Step::Fmt).wants(Step::Fmt));
        assert!(!Selection::only(Step::Fmt).wants(Step::Deny));
    }
}
