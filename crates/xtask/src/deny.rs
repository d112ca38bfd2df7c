//! Licences, bans, sources and advisories of every dependency, by `cargo-deny` and `deny.toml`.
//!
//! The tool is taken from PATH, or else installed below the target directory, so that nothing
//! outside this checkout changes. The advisory database is a git repository on a public host: where
//! that cannot be reached, a warning names what was not checked. An advisory that is found fails.

use std::{
    env,
    path::{Path, PathBuf},
    process::Output,
};

use crate::{
    check::Done,
    process::{Call, Failure},
    workspace::Workspace,
};

const VERSION: &str = "0.20.2";
/// Names a directory with a clone of the advisory database, for machines without access to it.
const DATABASE_VARIABLE: &str = "ES_ADVISORY_DB";
/// Where cargo-deny fetches the advisory database from.
const DATABASE: &str = "https://github.com/RustSec/advisory-db";

/// Runs all checks of cargo-deny.
pub(crate) fn run(workspace: &Workspace) -> Result<Done, Failure> {
    let tool = Tool::find_or_install(workspace)?;
    tool.call(["--all-features", "check", "bans", "licenses", "sources"])
        .run()?;
    let local = env::var_os(DATABASE_VARIABLE).map(PathBuf::from);
    let fetched = tool.fetch_advisories(local.as_deref())?;
    if !fetched.status.success() {
        let why = String::from_utf8_lossy(&fetched.stderr);
        return match local {
            None => Ok(Some(warn(why.trim()))),
            Some(clone) => Err(unusable(&clone, why.trim())),
        };
    }
    // What could be fetched is here now, so whatever fails below is a finding.
    tool.call(["--all-features", "--offline", "check", "advisories"])
        .run()?;
    Ok(None)
}

/// A cargo-deny that can be run.
struct Tool<'a> {
    program: PathBuf,
    workspace: &'a Workspace,
}

impl<'a> Tool<'a> {
    fn find_or_install(workspace: &'a Workspace) -> Result<Self, Failure> {
        let root = workspace.target.join("tools");
        let installed = root
            .join("bin")
            .join(format!("cargo-deny{}", env::consts::EXE_SUFFIX));
        let on_path = Self {
            program: "cargo-deny".into(),
            workspace,
        };
        if on_path.works() {
            return Ok(on_path);
        }
        let own = Self {
            program: installed,
            workspace,
        };
        if !own.works() {
            install(workspace, &root)?;
        }
        Ok(own)
    }

    fn call<const N: usize>(&self, args: [&str; N]) -> Call {
        Call::new(&self.program, &self.workspace.root).args(args)
    }

    fn works(&self) -> bool {
        let version = self.call(["--version"]).output();
        version.is_ok_and(|version| {
            print!("    {}", String::from_utf8_lossy(&version.stdout));
            version.status.success()
        })
    }

    /// Brings the advisory database up to date, from the clone at `local` if there is one.
    ///
    /// cargo-deny fetches with git, which can be told to read one address from another.
    fn fetch_advisories(&self, local: Option<&Path>) -> Result<Output, Failure> {
        let mut call = self.call(["fetch", "db"]).env("GIT_TERMINAL_PROMPT", "0");
        if let Some(clone) = local {
            let clone = self.workspace.root.join(clone);
            call = call
                .env("GIT_CONFIG_COUNT", "1")
                .env(
                    "GIT_CONFIG_KEY_0",
                    format!("url.{}.insteadOf", clone.display()),
                )
                .env("GIT_CONFIG_VALUE_0", DATABASE);
        }
        println!("    {call}");
        call.output()
    }
}

/// Installs into `root`, without optimising: that takes a third of the time and the checks take seconds.
fn install(workspace: &Workspace, root: &Path) -> Result<(), Failure> {
    println!(
        "    cargo-deny is not on PATH; installing {VERSION} into {}",
        root.display()
    );
    let call = workspace
        .cargo()
        .args([
            "install",
            "cargo-deny",
            "--locked",
            "--debug",
            "--version",
            VERSION,
            "--root",
        ])
        .args([root]);
    call.run().map_err(|failure| {
        Failure::Rules(vec![format!(
            "cargo-deny could not be installed, so licences, bans, sources and advisories are \
             NOT CHECKED; put cargo-deny {VERSION} on PATH, or leave this step out by name with \
             ES_SKIP=deny ({})",
            failure.explain()
        )])
    })
}

/// Prints that advisories were not checked, and returns the short form for the summary.
fn warn(why: &str) -> String {
    println!();
    println!("WARNING: security advisories were NOT CHECKED.");
    println!("WARNING: the advisory database could not be fetched from {DATABASE}:");
    why.lines().for_each(|line| println!("WARNING:     {line}"));
    println!(
        "WARNING: bans, licences and sources were checked; known vulnerabilities, unsound and"
    );
    println!("WARNING: unmaintained crates, and yanked versions were not.");
    println!(
        "WARNING: to check them, clone that repository where it can be reached, copy the clone"
    );
    println!(
        "WARNING: here and run: {DATABASE_VARIABLE}=/path/to/advisory-db cargo xtask check --only deny"
    );
    println!();
    "WARNING: advisories NOT CHECKED, the database could not be fetched".to_owned()
}

fn unusable(clone: &Path, why: &str) -> Failure {
    Failure::Rules(vec![format!(
        "{DATABASE_VARIABLE} names {}, which cannot be used; it must be a git clone of {DATABASE} \
         with its branch main: {why}",
        clone.display()
    )])
}
