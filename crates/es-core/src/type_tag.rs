//! What a payload is: a stable name and the version of its shape.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use smol_str::{SmolStr, ToSmolStr};

use crate::TypeName;

/// The version of a type's shape, as `major.minor`.
///
/// It starts at `1.0`, and is written with each event; a reader that expects another version
/// translates (es-versioning).
///
/// ```
/// use es_core::TypeVersion;
/// let version: TypeVersion = "2.1".parse()?;
/// assert!(version > TypeVersion::INITIAL);
/// assert_eq!(version.to_string(), "2.1");
/// # Ok::<(), es_core::InvalidTypeVersion>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "SmolStr", into = "SmolStr")]
pub struct TypeVersion {
    /// Grows when old readers cannot understand the new shape.
    pub major: u16,
    /// Grows when they can.
    pub minor: u16,
}

impl TypeVersion {
    /// `1.0`, the version of a type that has never changed.
    pub const INITIAL: Self = Self::new(1, 0);

    /// Makes a version of its two numbers.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl Default for TypeVersion {
    fn default() -> Self {
        Self::INITIAL
    }
}

impl fmt::Display for TypeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for TypeVersion {
    type Err = InvalidTypeVersion;

    fn from_str(text: &str) -> Result<Self, InvalidTypeVersion> {
        let invalid = || InvalidTypeVersion(text.chars().take(32).collect());
        let (major, minor) = text.split_once('.').ok_or_else(invalid)?;
        let number = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            if plain {
                digits.parse().map_err(|_| invalid())
            } else {
                Err(invalid())
            }
        };
        Ok(Self::new(number(major)?, number(minor)?))
    }
}

impl TryFrom<SmolStr> for TypeVersion {
    type Error = InvalidTypeVersion;

    fn try_from(text: SmolStr) -> Result<Self, InvalidTypeVersion> {
        text.parse()
    }
}

impl From<TypeVersion> for SmolStr {
    fn from(version: TypeVersion) -> Self {
        version.to_smolstr()
    }
}

/// A text that is not a type version. Write two numbers from 0 to 65535 with a dot, as in `2.0`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a type version; write two numbers with a dot, as in 2.0")]
pub struct InvalidTypeVersion(String);

/// A type's stable name together with the version of its shape.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TypeTag {
    /// The stable name.
    pub name: TypeName,
    /// The version of the shape.
    pub version: TypeVersion,
}

impl TypeTag {
    /// Makes a tag; usable in constants.
    #[must_use]
    pub const fn new(name: TypeName, version: TypeVersion) -> Self {
        Self { name, version }
    }
}

impl fmt::Display for TypeTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_two_plain_numbers() {
        for bad in [
            "", "1", "1.", ".1", "1.0.0", "+1.0", "1.-1", "1.65536", "a.b", "1. 0",
        ] {
            assert!(bad.parse::<TypeVersion>().is_err(), "{bad:?} was taken");
        }
        assert_eq!("10.3".parse(), Ok(TypeVersion::new(10, 3)));
    }
}
