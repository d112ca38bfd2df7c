//! The README's promise: two commands to type after cloning, and both exist.
//!
//! CI takes the test command out of the README and runs that, so the two cannot drift apart; this
//! step makes sure that there is something to take.

use std::fs;

use crate::{check::Done, process::Failure, workspace::Workspace};

/// The example a newcomer runs first.
const DEMONSTRATION: &str = "cargo run --release --example claims";
/// The command that runs all tests; `.ci/run` looks for it too.
const TESTS: &str = "cargo xtask test";
/// The example behind [`DEMONSTRATION`].
const EXAMPLE: &str = "claims";

/// Checks that the README shows both commands in code blocks, and that the example is there.
pub(crate) fn run(workspace: &Workspace) -> Result<Done, Failure> {
    let path = workspace.root.join("README.md");
    let text = fs::read_to_string(&path).map_err(|source| Failure::File { path, source })?;
    let mut problems = missing_commands(&text);
    problems.extend(misplaced_example(workspace));
    Failure::unless_empty(problems)?;
    Ok(None)
}

fn missing_commands(readme: &str) -> Vec<String> {
    let shown: Vec<_> = commands(readme).collect();
    [DEMONSTRATION, TESTS]
        .into_iter()
        .filter(|command| !shown.contains(command))
        .map(|command| {
            format!("README.md shows no `{command}`; put it on a line of its own in a code block")
        })
        .collect()
}

fn misplaced_example(workspace: &Workspace) -> Option<String> {
    let homes: Vec<_> = workspace
        .packages
        .iter()
        .filter(|package| package.has_example(EXAMPLE))
        .map(|package| package.name.as_str())
        .collect();
    match homes.as_slice() {
        [_] => None,
        [] => Some(format!(
            "no package has an example `{EXAMPLE}`, but the README runs it; add it"
        )),
        _ => Some(format!(
            "`{EXAMPLE}` is an example of {}; keep one, or cargo cannot tell which is meant",
            homes.join(" and ")
        )),
    }
}

/// The lines of all fenced code blocks, without a shell prompt and a trailing comment.
fn commands(markdown: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    markdown.lines().map(str::trim).filter_map(move |line| {
        if line.starts_with("```") {
            fenced = !fenced;
            return None;
        }
        let command = line.strip_prefix("$ ").unwrap_or(line);
        let command = command
            .split_once(" #")
            .map_or(command, |(command, _)| command);
        fenced.then(|| command.trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_commands_in_code_blocks_satisfy_the_check() {
        let readme = "# X\n\n```sh\n$ cargo run --release --example claims\n```\n\
                      then\n```\ncargo xtask test   # some minutes\n```\n";
        assert_eq!(missing_commands(readme), Vec::<String>::new());
    }

    #[test]
    fn a_command_in_prose_or_with_other_words_does_not_count() {
        let readme = "cargo xtask test\n```sh\ncargo run --release --example claims --quiet\n```\n";
        let problems = missing_commands(readme);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains(DEMONSTRATION) && problems[1].contains(TESTS));
    }
}
