//! What cargo knows about this workspace: its packages, their features, targets and dependencies.
//!
//! Only declared facts (`cargo metadata --no-deps`); nothing here resolves or downloads.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use crate::process::{Call, Failure};

/// The workspace the current directory belongs to.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
    pub(crate) targets: Vec<Target>,
}

/// A line of a dependency table.
#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Option<Kind>,
    #[serde(default)]
    pub(crate) optional: bool,
}

/// Which dependency table the line stands in; none for the normal one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Dev,
    Build,
}

/// A library, binary, example, test or bench of a package.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
}

impl Workspace {
    /// Asks cargo about the workspace of the current directory.
    pub(crate) fn load() -> Result<Self, Failure> {
        let here = PathBuf::from(".");
        let call = Call::cargo(&here).args(["metadata", "--no-deps", "--format-version=1"]);
        serde_json::from_str(&call.stdout()?).map_err(|source| Failure::Output {
            command: call.to_string(),
            source,
        })
    }

    /// A call of cargo in the root of the workspace.
    pub(crate) fn cargo(&self) -> Call {
        Call::cargo(&self.root)
    }
}

impl Package {
    /// Whether the package has a library, a procedural macro included.
    pub(crate) fn has_library(&self) -> bool {
        self.has_target(|kind| kind.ends_with("lib") || kind == "proc-macro")
    }

    /// Whether the package has a binary.
    pub(crate) fn has_binary(&self) -> bool {
        self.has_target(|kind| kind == "bin")
    }

    /// Whether the package has an example of this name.
    pub(crate) fn has_example(&self, name: &str) -> bool {
        self.targets
            .iter()
            .any(|target| target.name == name && target.kind.iter().any(|kind| kind == "example"))
    }

    fn has_target(&self, is: impl Fn(&str) -> bool) -> bool {
        self.targets
            .iter()
            .flat_map(|target| &target.kind)
            .any(|kind| is(kind))
    }
}
