//! Short names that are stored: of types, and of checkpoints.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// The longest name, in bytes.
pub const MAX_NAME_BYTES: usize = 256;

macro_rules! name_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "SmolStr", into = "SmolStr")]
        pub struct $name(SmolStr);

        impl $name {
            /// Takes a name that is known to be valid, for tables made at compile time.
            ///
            /// # Panics
            /// If [`new`](Self::new) would refuse it; in a constant that is a compile error.
            #[must_use]
            pub const fn from_static(name: &'static str) -> Self {
                assert!(!name.is_empty(), "a name must not be empty");
                assert!(
                    name.len() <= MAX_NAME_BYTES,
                    "a name must fit in 256 bytes"
                );
                assert!(
                    !holds_control_character(name.as_bytes()),
                    "a name must not hold a control character"
                );
                Self(SmolStr::new_static(name))
            }

            /// Checks a name that comes from outside.
            ///
            /// # Errors
            /// If it is empty, too long, or holds a control character.
            pub fn new(name: impl AsRef<str>) -> Result<Self, InvalidName> {
                Self::try_from(SmolStr::new(name))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<SmolStr> for $name {
            type Error = InvalidName;

            fn try_from(name: SmolStr) -> Result<Self, InvalidName> {
                check(&name).map(|()| Self(name))
            }
        }

        impl From<$name> for SmolStr {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    };
}

name_newtype! {
    /// The stable name of an event type (or of an aggregate's state, in a snapshot).
    ///
    /// It is stored with every event, so it outlives the Rust type that it was made from:
    /// renaming the type must not rename the events.
    ///
    /// ```
    /// const NAME: es_core::TypeName = es_core::TypeName::from_static("ClaimPaid");
    /// assert_eq!(NAME.as_str(), "ClaimPaid");
    /// ```
    TypeName
}

name_newtype! {
    /// The name under which a consumer keeps its place, as in `claims-by-state`.
    CheckpointName
}

name_newtype! {
    /// What sort of document it is, as in `schemas`.
    DocumentKind
}

name_newtype! {
    /// The name of a document among those of its kind.
    DocumentName
}

/// A name that cannot be stored. Use 1 to 256 bytes without control characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name of {length} bytes {problem}; use 1 to 256 bytes without control characters")]
pub struct InvalidName {
    problem: &'static str,
    length: usize,
}

fn check(name: &str) -> Result<(), InvalidName> {
    let invalid = |problem| {
        Err(InvalidName {
            problem,
            length: name.len(),
        })
    };
    if name.is_empty() {
        invalid("is empty")
    } else if name.len() > MAX_NAME_BYTES {
        invalid("is too long")
    } else if name.chars().any(char::is_control) {
        invalid("holds a control character")
    } else {
        Ok(())
    }
}

/// As [`char::is_control`], which constants cannot call: in UTF-8 those are the bytes below 32,
/// 127, and 128 to 159 behind a byte 194.
const fn holds_control_character(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        let after_194 = at > 0 && text[at - 1] == 0xC2;
        if text[at] < 0x20 || text[at] == 0x7F || (after_194 && text[at] < 0xA0) {
            return true;
        }
        at += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_know_the_same_control_characters() {
        for character in '\0'..='\u{2FFF}' {
            let text = character.to_string();
            let found = holds_control_character(text.as_bytes());
            assert_eq!(found, character.is_control(), "{character:?}");
        }
    }

    #[test]
    fn a_name_is_bounded_and_printable() {
        assert!(TypeName::new("").is_err());
        assert!(TypeName::new("x".repeat(257)).is_err());
        assert!(TypeName::new("line\nbreak").is_err());
        assert!(TypeName::new("B register claim").is_ok());
    }
}
