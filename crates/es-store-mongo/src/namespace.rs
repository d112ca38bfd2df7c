//! Several logs in one database.

use std::fmt;

/// The longest name of a namespace, in bytes.
const MAX_BYTES: usize = 64;
/// Prefixes of collections, up to the first full stop, that the server keeps for itself: its own
/// collections, and those that belong to encrypted ones. It knows them in this spelling only.
const RESERVED: [&str; 2] = ["system", "enxcol_"];

/// Names one log in a database, with its snapshots, checkpoints, documents and archive: a prefix
/// of the names of its collections.
///
/// The default one has no name, and its collections no prefix.
///
/// ```
/// use es_store_mongo::Namespace;
/// assert!(Namespace::new("tenant-7").is_ok());
/// assert!(Namespace::new("a.b").is_err());
/// let refused = Namespace::new("system").unwrap_err();
/// assert!(refused.to_string().contains("MongoDB reserves"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Namespace(String);

impl Namespace {
    /// Checks a name.
    ///
    /// # Errors
    /// If it is not 1 to 64 ASCII letters, digits, `-` and `_`, or is `system` or `enxcol_`, which
    /// MongoDB reserves.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidNamespace> {
        let name = name.into();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let problem = if name.is_empty() || name.len() > MAX_BYTES || !name.bytes().all(plain) {
            "use 1 to 64 ASCII letters, digits, '-' and '_'"
        } else if RESERVED.contains(&name.as_str()) {
            "MongoDB reserves collections that begin with it; use another name"
        } else {
            return Ok(Self(name));
        };
        Err(InvalidNamespace {
            name: name.chars().take(MAX_BYTES).collect(),
            problem,
        })
    }

    /// The name; empty for the default namespace.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn collection(&self, name: &str) -> String {
        if self.0.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.0)
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that cannot name a namespace. Use 1 to 64 ASCII letters, digits, `-` and `_`, and no name
/// that MongoDB reserves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} cannot name a namespace: {problem}")]
pub struct InvalidNamespace {
    name: String,
    problem: &'static str,
}

/// The names of a namespace's collections.
#[derive(Debug)]
pub(crate) struct Collections {
    pub(crate) events: String,
    pub(crate) archive: String,
    pub(crate) snapshots: String,
    pub(crate) checkpoints: String,
    pub(crate) documents: String,
    pub(crate) meta: String,
    pub(crate) turns: String,
}

impl Collections {
    pub(crate) fn of(namespace: &Namespace) -> Self {
        Self {
            events: namespace.collection("events"),
            archive: namespace.collection("events_archive"),
            snapshots: namespace.collection("snapshots"),
            checkpoints: namespace.collection("checkpoints"),
            documents: namespace.collection("documents"),
            meta: namespace.collection("meta"),
            turns: namespace.collection("turns"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_a_prefix_of_its_collections() {
        let named = Namespace::new("tenant_7").unwrap();
        assert_eq!(Collections::of(&named).events, "tenant_7.events");
        assert_eq!(Collections::of(&Namespace::default()).events, "events");
    }

    #[test]
    fn what_could_hit_a_collection_of_another_namespace_is_refused() {
        for name in ["", "a.b", "a$b", "ä", "a b", "system.", &"x".repeat(65)] {
            assert!(Namespace::new(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn what_the_server_keeps_for_itself_is_refused_with_the_reason() {
        for name in ["system", "enxcol_"] {
            let refused = Namespace::new(name).unwrap_err().to_string();
            assert!(refused.contains("MongoDB reserves"), "{refused}");
        }
        for name in ["systems", "System", "enxcol", "local", "admin", "fs"] {
            assert!(Namespace::new(name).is_ok(), "{name:?}");
        }
    }
}
