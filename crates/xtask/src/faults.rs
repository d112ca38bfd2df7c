//! The faults against the MongoDB store: kills, partitions, full disks and what else there is.
//!
//! The runner is a test target of the store that plain `cargo test` leaves out; it decides, and
//! says the result in one line of JSON.

use std::{
    io::{self, Write},
    process::{ExitCode, ExitStatus},
};

use clap::{Args, ValueEnum};

use crate::{
    check::Done,
    mongo,
    process::{Call, Failure, passed_on},
    workspace::Workspace,
};

/// What to run.
#[derive(Debug, Default, Args)]
pub(crate) struct Choice {
    /// How much of it.
    #[arg(long, value_enum, default_value_t)]
    tier: Tier,
    /// Repeats a run: the same decisions in the same order.
    #[arg(long)]
    seed: Option<u64>,
    /// Passed to the runner as they are, e.g. `-- --list`.
    #[arg(last = true)]
    args: Vec<String>,
}

#[derive(Debug, Default, Clone, Copy, ValueEnum)]
enum Tier {
    /// Each fault a few times, in minutes: what CI does.
    #[default]
    Fast,
    /// As often as it takes to trust it: up to an hour.
    Full,
}

impl Tier {
    fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Full => "full",
        }
    }
}

/// Runs the chosen faults. Nothing is printed after the runner's last line.
pub(crate) fn run(workspace: &Workspace, choice: &Choice) -> Result<ExitCode, Failure> {
    stream(&call(workspace, choice)).map(|(status, _)| passed_on(status))
}

/// The fast tier as a step of the checks; the summary has the runner's last line.
pub(crate) fn check(workspace: &Workspace) -> Result<Done, Failure> {
    let call = call(workspace, &Choice::default());
    let (status, last) = stream(&call)?;
    call.expect_success(status)?;
    Ok(Some(last))
}

fn call(workspace: &Workspace, choice: &Choice) -> Call {
    // Of the whole workspace with all features, so that what the tests compiled is used again.
    let call = workspace
        .cargo()
        .args(["test", "--workspace", "--all-features", "--test", "faults"])
        .args(["--", "--tier", choice.tier.name()]);
    let seed = choice
        .seed
        .map(|seed| ["--seed".to_owned(), seed.to_string()]);
    mongo::may_fetch(call)
        .args(seed.into_iter().flatten())
        .args(&choice.args)
}

/// Passes the output on as it comes; returns the last line that was not empty.
fn stream(call: &Call) -> Result<(ExitStatus, String), Failure> {
    let mut lines = LastLine::default();
    let status = call.stream(|piece| {
        lines.read(piece);
        let mut stdout = io::stdout().lock();
        stdout.write_all(piece)?;
        stdout.flush()
    })?;
    Ok((status, lines.last()))
}

/// Follows output that comes in pieces, cut anywhere.
#[derive(Debug, Default)]
struct LastLine {
    finished: Vec<u8>,
    line: Vec<u8>,
}

impl LastLine {
    fn read(&mut self, piece: &[u8]) {
        for byte in piece {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.line);
            if !line.is_empty() {
                self.finished = line;
            }
        }
    }

    fn last(self) -> String {
        let line = if self.line.is_empty() {
            self.finished
        } else {
            self.line
        };
        String::from_utf8_lossy(&line).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    fn last_of(pieces: &[&str]) -> String {
        let mut lines = LastLine::default();
        pieces.iter().for_each(|piece| lines.read(piece.as_bytes()));
        lines.last()
    }

    #[test]
    fn the_last_line_is_found_wherever_the_output_is_cut() {
        assert_eq!(
            last_of(&["one\ntw", "o\n{\"lost\"", ":0}\n"]),
            "{\"lost\":0}"
        );
        assert_eq!(last_of(&["one\n{\"lost\":0}\n\n"]), "{\"lost\":0}");
        assert_eq!(last_of(&["one\nno end"]), "no end");
        assert_eq!(last_of(&[]), "");
    }

    #[test]
    fn the_seed_and_further_arguments_go_to_the_runner() {
        let workspace = Workspace::load().unwrap();
        let choice = Choice {
            tier: Tier::Full,
            seed: Some(7),
            args: vec!["--only".to_owned(), "kill".to_owned()],
        };
        let line = call(&workspace, &choice).to_string();
        assert!(
            line.ends_with("--test faults -- --tier full --seed 7 --only kill"),
            "{line}"
        );
    }

    fn is_left_out() -> bool {
        let slow = env::var("ES_TEST_TIER").is_ok_and(|tier| tier == "slow");
        if !slow {
            println!("left out, since ES_TEST_TIER is not slow");
        }
        !slow
    }

    /// A run of the runner with these arguments.
    fn runner(args: &[&str]) -> Call {
        let workspace = Workspace::load().unwrap();
        let choice = Choice {
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Choice::default()
        };
        call(&workspace, &choice)
    }

    /// Whether all was well, the whole output and its last line.
    fn ran(call: &Call) -> (bool, String, String) {
        let output = call.output().unwrap();
        let mut lines = LastLine::default();
        lines.read(&output.stdout);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (output.status.success(), said, lines.last())
    }

    #[test]
    fn damage_to_what_is_stored_is_found_and_counted() {
        if is_left_out() {
            return;
        }
        // How many appends are lost, events there twice, and positions or versions missing.
        let cases = [
            (None, 0..=0, 0..=0, 0..=0),
            (Some("delete-newest"), 1..=1, 0..=0, 0..=0),
            (Some("delete-middle"), 1..=1, 0..=0, 1..=2),
            (Some("change-payload"), 0..=0, 0..=0, 0..=0),
            (Some("copy-newest"), 0..=0, 1..=8, 0..=0),
        ];
        for (damage, lost, duplicated, holes) in cases {
            let damaging = damage.map(|damage| ["--break", damage]);
            let args: Vec<_> = damaging.into_iter().flatten().collect();
            let (ok, said, last) = ran(&runner(&[&["--only", "none"], &*args].concat()));
            assert_eq!(ok, damage.is_none(), "{damage:?}: {said}");
            let summary: serde_json::Value = serde_json::from_str(&last).unwrap();
            let count = |what: &str| summary[what].as_u64().unwrap();
            assert!(lost.contains(&count("lost")), "{damage:?}: {said}");
            assert!(
                duplicated.contains(&count("duplicated")),
                "{damage:?}: {said}"
            );
            assert!(holes.contains(&count("holes")), "{damage:?}: {said}");
            let wrong = ["lost", "duplicated", "holes", "out_of_order", "problems"];
            let wrong: u64 = wrong.into_iter().map(count).sum();
            assert_eq!(wrong == 0, damage.is_none(), "the last line alone: {said}");
        }
    }

    #[test]
    fn a_fault_that_cannot_be_played_is_a_problem_and_does_not_end_the_run() {
        if is_left_out() {
            return;
        }
        let nothing = "\"acknowledged\":0,\"lost\":0,\"duplicated\":0,\"holes\":0,\
                       \"out_of_order\":0,\"unknown_resolved\":0";
        let no_server = runner(&["--only", "none", "--only", "kill-primary"])
            .env("ES_TEST_MONGOD", "/bin/false");
        let (ok, said, last) = ran(&no_server);
        assert!(!ok && said.contains("/bin/false"), "{said}");
        assert_eq!(said.matches("WRONG").count(), 2, "{said}");
        assert_eq!(last, format!("{{\"faults\":0,{nothing},\"problems\":2}}"));

        let (ok, said, last) = ran(&runner(&["--only", "no-such-fault"]));
        assert!(!ok && said.contains("there is no fault no-such-fault"));
        assert_eq!(last, format!("{{\"faults\":0,{nothing},\"problems\":1}}"));
    }
}
