//! Features are additive: every package builds without any, with each alone, and with its defaults.
//!
//! `cargo test --all-features` hides a missing `cfg` or a forgotten dependency feature, because some
//! other feature or crate switches it on. These checks do not. Combinations of several features are
//! left out; all of them together is what the tests run with. What a build without features has to
//! say is tested here, too, by tests that are named `..._off`.

use std::time::Instant;

use crate::{
    check::{Done, seconds},
    process::{Call, Failure, plural},
    workspace::{Package, Workspace},
};

/// Checks every package of the workspace in every combination.
pub(crate) fn run(workspace: &Workspace) -> Result<Done, Failure> {
    let mut checked = 0;
    let mut problems = Vec::new();
    for package in &workspace.packages {
        for flags in combinations(package) {
            checked += 1;
            problems.extend(check(workspace, package, &flags)?);
        }
    }
    for package in &workspace.packages {
        for test in tests_without_features(package) {
            let call = workspace.cargo().args(["test", "--quiet", "--color=never"]);
            let call = call.args(["--package", &package.name, "--no-default-features"]);
            let shown = format!("{} {test}: --no-default-features", package.name);
            problems.extend(outcome(&call.args(["--test", test]), &shown)?);
        }
    }
    Failure::unless_empty(problems)?;
    Ok(Some(plural(checked, "combination")))
}

fn tests_without_features(package: &Package) -> impl Iterator<Item = &str> {
    let tests = package.targets.iter();
    let tests = tests.filter(|target| target.kind.iter().any(|kind| kind == "test"));
    let names = tests.map(|target| target.name.as_str());
    names.filter(|name| name.ends_with("_off"))
}

/// The flags of each combination to check, the one without features first.
fn combinations(package: &Package) -> Vec<Vec<&str>> {
    let without = vec!["--no-default-features"];
    let alone = package
        .features
        .keys()
        .filter(|feature| *feature != "default")
        .map(|feature| vec!["--no-default-features", "--features", feature]);
    let mut all: Vec<_> = std::iter::once(without).chain(alone).collect();
    if package
        .features
        .get("default")
        .is_some_and(|enabled| !enabled.is_empty())
    {
        all.push(Vec::new());
    }
    all
}

/// The part of a package that its users build: the library, or whatever there is instead.
fn targets(package: &Package) -> &'static str {
    match (package.has_library(), package.has_binary()) {
        (true, _) => "--lib",
        (false, true) => "--bins",
        (false, false) => "--all-targets",
    }
}

/// Checks one combination.
fn check(
    workspace: &Workspace,
    package: &Package,
    flags: &[&str],
) -> Result<Option<String>, Failure> {
    let call = workspace
        .cargo()
        .args([
            "check",
            "--quiet",
            "--color=never",
            "--package",
            &package.name,
            targets(package),
        ])
        .args(flags);
    let shown = if flags.is_empty() {
        "default features".to_owned()
    } else {
        flags.join(" ")
    };
    let shown = format!("{} {}: {shown}", package.name, targets(package));
    outcome(&call, &shown)
}

/// Runs it; prints one line if all is well, the compiler's words if not.
fn outcome(call: &Call, shown: &str) -> Result<Option<String>, Failure> {
    let started = Instant::now();
    let output = call.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let problem = if !output.status.success() {
        format!("`{call}` failed")
    } else if said.lines().any(|line| line.starts_with("warning")) {
        format!("`{call}` warns; put the code under the feature that uses it")
    } else {
        println!("    {shown}: ok in {}", seconds(started.elapsed()));
        return Ok(None);
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    println!("    {shown}: FAILED\n{said}{printed}");
    Ok(Some(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(features: &str, kinds: &str) -> Package {
        serde_json::from_str(&format!(
            r#"{{"name": "es-x", "dependencies": [], "features": {features},
                 "targets": [{{"name": "es_x", "kind": {kinds}}}]}}"#
        ))
        .unwrap()
    }

    #[test]
    fn each_feature_is_checked_alone_besides_none_and_the_defaults() {
        let package = package(
            r#"{"default": ["json"], "json": [], "zstd": ["dep:zstd"]}"#,
            r#"["lib"]"#,
        );
        let lines: Vec<_> = combinations(&package)
            .iter()
            .map(|flags| flags.join(" "))
            .collect();
        assert_eq!(
            lines,
            [
                "--no-default-features",
                "--no-default-features --features json",
                "--no-default-features --features zstd",
                "",
            ]
        );
    }

    #[test]
    fn empty_defaults_are_the_same_as_no_features_and_checked_once() {
        assert_eq!(
            combinations(&package(r#"{"default": []}"#, r#"["lib"]"#)).len(),
            1
        );
        assert_eq!(combinations(&package("{}", r#"["lib"]"#)).len(), 1);
    }

    #[test]
    fn no_kind_of_package_is_left_out() {
        assert_eq!(targets(&package("{}", r#"["lib"]"#)), "--lib");
        assert_eq!(targets(&package("{}", r#"["proc-macro"]"#)), "--lib");
        assert_eq!(targets(&package("{}", r#"["bin"]"#)), "--bins");
        assert_eq!(targets(&package("{}", r#"["example"]"#)), "--all-targets");
    }
}
