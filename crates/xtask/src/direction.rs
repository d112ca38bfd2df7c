//! Which crate may depend on which: the rules of the architecture as data, and the check.
//!
//! Dependencies point down to `es-core`, and siblings do not know each other. Whoever wants a new
//! edge adds it here, where a reviewer sees it. Versions and licences of external crates are the
//! business of `deny.toml`.

use std::collections::BTreeSet;

use crate::{
    check::Done,
    process::{Failure, plural},
    workspace::{Dependency, Kind, Package, Workspace},
};

/// Where the rules stand, for the messages.
const HERE: &str = "crates/xtask/src/direction.rs";

/// The crates users depend on, the umbrella aside.
const LIBRARIES: &[&str] = &[
    "es-core",
    "es-cqrs",
    "es-macros",
    "es-monitor",
    "es-replay",
    "es-saga",
    "es-serde",
    "es-store-embedded",
    "es-store-mongo",
    "es-versioning",
];
const CORE: &[&str] = &["es-core"];
const UMBRELLA: &[&str] = &["event-sourcing"];
const TESTKIT: &[&str] = &["es-testkit"];
/// What a sibling may use in its tests.
const IN_TESTS: &[&str] = &["es-macros", "es-serde", "es-testkit"];

/// What one of our packages may depend on among our packages.
///
/// Tests, examples and benches (the dev-dependencies) may use whatever the package itself may, and
/// the package itself, which is how a crate switches its own features on for its tests.
struct Rule {
    package: &'static str,
    /// Always, build scripts included.
    normal: &'static [&'static [&'static str]],
    /// Only behind a feature: the dependency is `optional = true`.
    optional: &'static [&'static str],
    /// Only in dev-dependencies.
    dev: &'static [&'static str],
}

/// Every package, those to come included; one that is not listed here fails the check.
const RULES: &[Rule] = &[
    Rule {
        package: "es-core",
        normal: &[],
        optional: &["es-macros"],
        dev: &["es-serde"],
    },
    Rule {
        package: "es-macros",
        normal: &[],
        optional: &[],
        dev: &["es-core", "es-serde"],
    },
    Rule {
        package: "es-serde",
        normal: &[CORE],
        optional: &[],
        dev: &[],
    },
    sibling("es-cqrs"),
    sibling("es-monitor"),
    sibling("es-replay"),
    sibling("es-saga"),
    sibling("es-store-embedded"),
    sibling("es-store-mongo"),
    sibling("es-versioning"),
    Rule {
        package: "event-sourcing",
        normal: &[LIBRARIES],
        optional: &[],
        dev: &[],
    },
    application("es-benches"),
    application("es-cli"),
    application("es-examples"),
    Rule {
        package: "es-testkit",
        normal: &[CORE],
        optional: &[],
        dev: &[],
    },
    Rule {
        package: "xtask",
        normal: &[TESTKIT],
        optional: &[],
        dev: &[],
    },
];

/// A crate beside the others on top of `es-core`.
const fn sibling(package: &'static str) -> Rule {
    Rule {
        package,
        normal: &[CORE],
        optional: &[],
        dev: IN_TESTS,
    }
}

/// A package that uses the framework as a user does.
const fn application(package: &'static str) -> Rule {
    Rule {
        package,
        normal: &[UMBRELLA, LIBRARIES],
        optional: &[],
        dev: TESTKIT,
    }
}

/// External crates that may not be used outside tests, with the reason.
struct Ban {
    external: &'static [&'static str],
    applies: Applies,
    because: &'static str,
}

enum Applies {
    /// One package owns the crate, tests drive it, and the benchmarks measure it bare; no other may
    /// name it.
    ToAllBut(&'static [&'static str]),
    /// This package may have the crate only behind a feature.
    ToTheBaseOf(&'static str),
}

const BANS: &[Ban] = &[
    Ban {
        external: &["bson", "mongodb"],
        applies: Applies::ToAllBut(&["es-store-mongo", "es-testkit", "es-benches"]),
        because: "only the MongoDB store and what tests it know the driver",
    },
    Ban {
        external: &["fjall"],
        applies: Applies::ToAllBut(&["es-store-embedded", "es-benches"]),
        because: "only the embedded store knows its engine",
    },
    Ban {
        external: &["apache-avro", "bincode", "postcard", "serde_json"],
        applies: Applies::ToTheBaseOf("es-core"),
        because: "formats belong to es-serde",
    },
];

/// How many crates a user of nothing but `es-core` compiles at most, itself included.
const CORE_CLOSURE_LIMIT: usize = 40;

/// Checks all rules and says what was looked at.
pub(crate) fn run(workspace: &Workspace) -> Result<Done, Failure> {
    let closure = core_closure(workspace)?;
    let mut problems = broken_rules(&workspace.packages);
    problems.extend(oversized(&closure));
    Failure::unless_empty(problems)?;
    let dependencies = workspace
        .packages
        .iter()
        .map(|package| package.dependencies.len())
        .sum();
    Ok(Some(format!(
        "{}, {} declared; es-core alone is {} of {CORE_CLOSURE_LIMIT} crates",
        plural(workspace.packages.len(), "package"),
        plural(dependencies, "dependency line"),
        closure.len(),
    )))
}

/// The declared dependencies that break a rule, each with what to do about it.
fn broken_rules(packages: &[Package]) -> Vec<String> {
    let mut problems = Vec::new();
    for package in packages {
        let Some(rule) = RULES.iter().find(|rule| rule.package == package.name) else {
            problems.push(format!(
                "package {} is unknown; add it to RULES in {HERE} with the edges it may have",
                package.name
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let ours = RULES.iter().any(|rule| rule.package == dependency.name)
                || packages
                    .iter()
                    .any(|package| package.name == dependency.name);
            problems.extend(if ours {
                rule.refusal(dependency)
            } else {
                banned(package, dependency)
            });
        }
    }
    problems
}

impl Rule {
    /// Why a dependency on one of our packages is not allowed, if it is not.
    fn refusal(&self, dependency: &Dependency) -> Option<String> {
        let Dependency {
            name,
            kind,
            optional,
        } = dependency;
        let to = name.as_str();
        let dev = *kind == Some(Kind::Dev);
        let behind_a_feature = self.optional.contains(&to);
        let in_tests = behind_a_feature || self.dev.contains(&to) || to == self.package;
        let allowed = self.normal.iter().any(|group| group.contains(&to))
            || (dev && in_tests)
            || (*optional && behind_a_feature);
        if allowed {
            return None;
        }
        let remedy = if behind_a_feature {
            "make it optional, behind a feature".to_owned()
        } else if in_tests {
            "move it to dev-dependencies".to_owned()
        } else {
            format!("put what both need into es-core, or argue the new edge and add it in {HERE}")
        };
        Some(format!(
            "{} may not depend on {to}{}; {remedy}",
            self.package,
            in_table(*kind)
        ))
    }
}

/// Why a dependency on an external crate is not allowed, if it is not.
fn banned(package: &Package, dependency: &Dependency) -> Option<String> {
    if dependency.kind == Some(Kind::Dev) {
        return None;
    }
    let ban = BANS.iter().find(|ban| {
        ban.external.contains(&dependency.name.as_str())
            && match ban.applies {
                Applies::ToAllBut(owners) => !owners.contains(&package.name.as_str()),
                Applies::ToTheBaseOf(core) => package.name == core && !dependency.optional,
            }
    })?;
    Some(format!(
        "{} may not depend on {}{}: {}; reach it through that crate, or change BANS in {HERE}",
        package.name,
        dependency.name,
        in_table(dependency.kind),
        ban.because
    ))
}

fn in_table(kind: Option<Kind>) -> &'static str {
    match kind {
        None => "",
        Some(Kind::Dev) => " in dev-dependencies",
        Some(Kind::Build) => " in build-dependencies",
    }
}

/// The crates a user of `es-core` without features compiles, as cargo resolves them here.
fn core_closure(workspace: &Workspace) -> Result<BTreeSet<String>, Failure> {
    const TREE: [&str; 8] = [
        "tree",
        "--package",
        "es-core",
        "--edges",
        "normal",
        "--no-default-features",
        "--prefix",
        "none",
    ];
    Ok(distinct_crates(&workspace.cargo().args(TREE).stdout()?))
}

/// Name and version of each crate in the output of `cargo tree`, repeats and marks left out.
fn distinct_crates(tree: &str) -> BTreeSet<String> {
    tree.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            Some(format!("{} {}", words.next()?, words.next()?))
        })
        .collect()
}

fn oversized(closure: &BTreeSet<String>) -> Option<String> {
    let size = closure.len();
    (size > CORE_CLOSURE_LIMIT).then(|| {
        let list: Vec<_> = closure.iter().map(String::as_str).collect();
        format!(
            "es-core without features is {size} crates, over the limit of {CORE_CLOSURE_LIMIT}; \
             put the newest dependency behind a feature or drop it: {}",
            list.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_has_no_forbidden_edge() {
        let workspace = Workspace::load().unwrap();
        let problems = broken_rules(&workspace.packages);
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }

    #[test]
    fn es_core_alone_stays_small() {
        let closure = core_closure(&Workspace::load().unwrap()).unwrap();
        assert!(closure.len() > 1, "cargo tree listed nothing: {closure:?}");
        assert_eq!(oversized(&closure), None);
    }

    #[test]
    fn allowed_edges_pass() {
        assert_passes("es-core", normal("serde"));
        assert_passes("es-core", optional("es-macros"));
        assert_passes("es-core", dev("es-macros"));
        assert_passes("es-core", dev("es-core"));
        assert_passes("es-core", optional("serde_json"));
        assert_passes("es-core", dev("serde_json"));
        assert_passes("es-macros", dev("es-serde"));
        assert_passes("es-serde", normal("serde_json"));
        assert_passes("es-saga", normal("es-core"));
        assert_passes("es-saga", dev("es-testkit"));
        assert_passes("es-store-mongo", normal("mongodb"));
        assert_passes("es-store-embedded", normal("fjall"));
        assert_passes("event-sourcing", optional("es-store-mongo"));
        assert_passes("es-examples", normal("event-sourcing"));
        assert_passes("es-testkit", normal("mongodb"));
        assert_passes("es-benches", normal("mongodb"));
        assert_passes("xtask", normal("es-testkit"));
    }

    #[test]
    fn siblings_do_not_know_each_other() {
        assert_refused(
            "es-saga",
            normal("es-cqrs"),
            "es-saga may not depend on es-cqrs;",
        );
        assert_refused(
            "es-saga",
            dev("es-cqrs"),
            "es-cqrs in dev-dependencies; put what",
        );
        assert_refused(
            "es-store-embedded",
            optional("es-store-mongo"),
            "add it in crates/xtask",
        );
    }

    #[test]
    fn nothing_points_up() {
        assert_refused(
            "es-core",
            dev("event-sourcing"),
            "may not depend on event-sourcing",
        );
        assert_refused(
            "es-macros",
            normal("es-core"),
            "move it to dev-dependencies",
        );
        assert_refused(
            "event-sourcing",
            normal("es-examples"),
            "may not depend on es-examples",
        );
        assert_refused("es-cli", normal("xtask"), "may not depend on xtask");
    }

    #[test]
    fn the_core_has_its_macros_only_behind_a_feature() {
        assert_refused("es-core", normal("es-macros"), "make it optional");
    }

    #[test]
    fn the_test_kit_stays_in_tests() {
        assert_refused(
            "es-cqrs",
            normal("es-testkit"),
            "move it to dev-dependencies",
        );
        assert_refused(
            "es-cli",
            optional("es-testkit"),
            "move it to dev-dependencies",
        );
        assert_refused(
            "event-sourcing",
            normal("es-testkit"),
            "may not depend on es-testkit",
        );
    }

    #[test]
    fn build_scripts_count_as_normal_use() {
        assert_refused(
            "es-serde",
            build("es-macros"),
            "es-macros in build-dependencies",
        );
        assert_refused("es-saga", build("mongodb"), "mongodb in build-dependencies");
    }

    #[test]
    fn drivers_and_formats_stay_with_their_owners() {
        assert_refused("es-cqrs", optional("mongodb"), "only the MongoDB store");
        assert_refused("event-sourcing", normal("bson"), "only the MongoDB store");
        assert_refused("es-examples", normal("fjall"), "only the embedded store");
        assert_passes("es-benches", normal("fjall"));
        assert_refused(
            "es-core",
            normal("serde_json"),
            "formats belong to es-serde",
        );
    }

    #[test]
    fn a_package_without_rules_must_be_added() {
        assert_refused(
            "es-new",
            normal("es-core"),
            "package es-new is unknown; add it",
        );
        let packages = [
            with("es-cqrs", normal("es-new")),
            with("es-new", normal("serde")),
        ];
        let problems = broken_rules(&packages).join("\n");
        assert!(
            problems.contains("es-cqrs may not depend on es-new"),
            "{problems}"
        );
    }

    #[test]
    fn rules_name_only_packages_that_have_rules_and_each_once() {
        let known: BTreeSet<_> = RULES.iter().map(|rule| rule.package).collect();
        assert_eq!(known.len(), RULES.len());
        for rule in RULES {
            let named = rule
                .normal
                .iter()
                .copied()
                .chain([rule.optional, rule.dev])
                .flatten();
            named.for_each(|name| assert!(known.contains(name), "{name} in {}", rule.package));
        }
    }

    #[test]
    fn crates_of_a_tree_are_counted_once() {
        let tree = "es-core v0.1.0 (/some/where)\nserde v1.0.2\nserde_derive v1.0.2 (proc-macro)\n\
                    syn v3.0.1\nsyn v2.0.9\n\nserde v1.0.2 (*)\n";
        assert_eq!(distinct_crates(tree).len(), 5);
    }

    #[test]
    fn a_grown_core_is_refused_with_its_list() {
        let crates = |count: usize| (0..count).map(|n| format!("crate{n} v1.0.0")).collect();
        assert_eq!(oversized(&crates(CORE_CLOSURE_LIMIT)), None);
        let problem = oversized(&crates(CORE_CLOSURE_LIMIT + 1)).unwrap();
        assert!(
            problem.contains("41 crates") && problem.contains("crate40 v1.0.0"),
            "{problem}"
        );
    }

    fn assert_passes(package: &str, line: String) {
        assert_eq!(broken_rules(&[with(package, line)]), Vec::<String>::new());
    }

    #[track_caller]
    fn assert_refused(package: &str, line: String, saying: &str) {
        let problems = broken_rules(&[with(package, line)]).join("\n");
        assert!(problems.contains(saying), "{saying:?} not in {problems:?}");
    }

    fn with(package: &str, line: String) -> Package {
        let json = format!(
            r#"{{"name": "{package}", "features": {{}}, "targets": [], "dependencies": [{line}]}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn normal(name: &str) -> String {
        format!(r#"{{"name": "{name}", "kind": null, "optional": false}}"#)
    }

    fn optional(name: &str) -> String {
        format!(r#"{{"name": "{name}", "kind": null, "optional": true}}"#)
    }

    fn dev(name: &str) -> String {
        format!(r#"{{"name": "{name}", "kind": "dev", "optional": false}}"#)
    }

    fn build(name: &str) -> String {
        format!(r#"{{"name": "{name}", "kind": "build", "optional": false}}"#)
    }
}
