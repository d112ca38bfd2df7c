//! Which server versions keep what they acknowledge.

use std::fmt;

use crate::error::OpenError;

/// A version of the server, as in `6.0.27`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServerVersion {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) patch: u32,
}

impl ServerVersion {
    const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads `6.0.27`, and what vendors put behind it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let numbers = text.split(['-', '+', ' ']).next()?;
        let mut numbers = numbers.split('.').map(|number| number.parse().ok());
        let (major, minor) = (numbers.next()??, numbers.next()??);
        let patch = numbers.next().flatten().unwrap_or(0);
        Some(Self::new(major, minor, patch))
    }

    /// Whether collections can be clustered on `_id`.
    pub(crate) fn clusters_collections(self) -> bool {
        self >= Self::new(5, 3, 0)
    }

    /// Refuses versions with known bugs that lose or reorder acknowledged data.
    pub(super) fn refuse_unsafe(self) -> Result<(), OpenError> {
        let refused = |reason, remedy| {
            Err(OpenError::UnsafeServer {
                version: self.to_string(),
                reason,
                remedy,
            })
        };
        match (self.major, self.minor) {
            (..=3, _) | (4, ..=3) => refused(
                "transactions of these versions can apply twice or see the future \
                 (found by Jepsen in 4.2.6), and no fixes are made for them",
                "6.0 or later",
            ),
            (4, _) if self < Self::new(4, 4, 11) => refused(
                "acknowledged documents can be lost at a restart (WT-7995, WT-8395)",
                "4.4.11 or later",
            ),
            (5, 0) if self < Self::new(5, 0, 6) => refused(
                "acknowledged documents can be lost at a restart (WT-7984, WT-7995, WT-8395)",
                "5.0.6 or later",
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_safe(text: &str) -> bool {
        ServerVersion::parse(text).unwrap().refuse_unsafe().is_ok()
    }

    #[test]
    fn versions_that_lose_acknowledged_data_are_refused() {
        for text in ["3.6.23", "4.2.24", "4.4.0", "4.4.10", "5.0.0", "5.0.5"] {
            assert!(!is_safe(text), "{text}");
        }
    }

    #[test]
    fn repaired_and_later_versions_are_taken() {
        for text in [
            "4.4.11", "4.4.29", "5.0.6", "5.0.31", "5.3.1", "6.0.0", "8.0.4-1", "9.1",
        ] {
            assert!(is_safe(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in ["", "six", "6", "6.x"] {
            assert_eq!(ServerVersion::parse(text), None, "{text:?}");
        }
        let vendor = ServerVersion::parse("6.0.5-rc1+ent");
        assert_eq!(vendor, Some(ServerVersion::new(6, 0, 5)));
    }
}
