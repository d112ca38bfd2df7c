//! A `mongod` program on this machine that was seen to start.

use std::{
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

use super::LocateError;

/// The oldest server the driver talks to.
const OLDEST: Version = Version(4, 4, 0);
/// Names a directory of shared libraries for the server alone.
const LIBRARIES_VARIABLE: &str = "ES_TEST_MONGOD_LIBS";

/// The version of a server: major, minor, patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Version {
    /// Finds the version in what `mongod --version` prints, `db version v6.0.5`.
    fn in_output(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("db version v")?;
        let word = rest.split(|c: char| c != '.' && !c.is_ascii_digit()).next();
        let mut parts = word?.split('.').map(str::parse);
        let mut next = || parts.next()?.ok();
        Some(Self(next()?, next()?, next()?))
    }
}

/// A `mongod` that answered when it was asked for its version.
#[derive(Debug, Clone)]
pub struct Mongod {
    path: PathBuf,
    libraries: Option<PathBuf>,
    version: Version,
}

impl Mongod {
    /// Starts the program once, to see that it can be run here.
    ///
    /// # Errors
    /// [`LocateError::Unusable`] with what the program or the system said, e.g. which shared library
    /// is missing.
    pub(crate) fn probe(path: &Path) -> Result<Self, LocateError> {
        let libraries = std::env::var_os(LIBRARIES_VARIABLE).map(PathBuf::from);
        let mut found = Self {
            path: path.to_owned(),
            libraries,
            version: OLDEST,
        };
        let unusable = |reason: String| LocateError::Unusable {
            path: path.to_owned(),
            reason,
        };
        let mut command = Command::new(path);
        found.prepare(&mut command);
        let output = command
            .arg("--version")
            .output()
            .map_err(|error| unusable(error.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(unusable(format!("{}: {}", output.status, said.trim())));
        }
        let said = String::from_utf8_lossy(&output.stdout);
        found.version = Version::in_output(&said)
            .ok_or_else(|| unusable("it does not say its version".to_owned()))?;
        if found.version < OLDEST {
            let reason = format!("{} is older than {OLDEST}", found.version);
            return Err(unusable(reason));
        }
        Ok(found)
    }

    /// Where the program is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it said its version is.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Gives a command the libraries of this server, if it has its own.
    pub(crate) fn prepare(&self, command: &mut Command) {
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_first_line() {
        let text = "db version v6.0.5\nBuild Info: {\n    \"version\": \"6.0.5\"";
        assert_eq!(Version::in_output(text), Some(Version(6, 0, 5)));
        assert_eq!(
            Version::in_output("db version v4.4.2-rc1"),
            Some(Version(4, 4, 2))
        );
        assert_eq!(Version::in_output("mongo 6"), None);
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(Version(6, 0, 27) > Version(6, 0, 5));
        assert_eq!(Version(6, 0, 27).to_string(), "6.0.27");
    }

    #[test]
    fn a_program_that_is_no_server_is_refused_with_the_reason() {
        let error = Mongod::probe(Path::new("/bin/false")).unwrap_err();
        assert!(
            error.to_string().contains("cannot be used") && error.to_string().contains("exit"),
            "{error}"
        );
        let error = Mongod::probe(Path::new("/no/such/mongod")).unwrap_err();
        assert!(error.to_string().contains("/no/such/mongod"), "{error}");
    }
}
