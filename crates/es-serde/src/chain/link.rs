//! Links: a position, and the hash of the history up to it.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use bytes::Bytes;
use es_core::{DocumentName, Position};
use serde::{Deserialize, Serialize};

use super::ChainError;
use super::hash::{ChainHash, InvalidHash};

/// The history up to a position, as one hash. As text: `position:hash`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The last event that the hash is over.
    pub position: Position,
    /// The hash.
    pub hash: ChainHash,
}

/// How it is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    form: u32,
    position: u64,
    hash: ChainHash,
}

const FORM: u32 = 1;

impl Link {
    /// Before the first event.
    #[must_use]
    pub fn start() -> Self {
        static START: LazyLock<ChainHash> = LazyLock::new(ChainHash::start);
        Self {
            position: Position::START,
            hash: *START,
        }
    }

    /// Names sort as positions do.
    pub(super) fn name(&self) -> Result<DocumentName, ChainError> {
        let name = format!("{:020}", self.position.get());
        DocumentName::new(name).map_err(|error| ChainError::Link(error.into()))
    }

    pub(super) fn bytes(&self) -> Bytes {
        let (position, hash) = (self.position.get(), self.hash);
        format!(r#"{{"form":{FORM},"position":{position},"hash":"{hash}"}}"#).into()
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ChainError> {
        let stored: Stored =
            serde_json::from_slice(bytes).map_err(|error| ChainError::Link(error.into()))?;
        if stored.form != FORM {
            return Err(ChainError::Link("its form is of a later version".into()));
        }
        Ok(Self {
            position: Position::new(stored.position),
            hash: stored.hash,
        })
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.position, self.hash)
    }
}

impl FromStr for Link {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let (position, hash) = text.split_once(':').ok_or(InvalidHash)?;
        Ok(Self {
            position: Position::new(position.parse().map_err(|_| InvalidHash)?),
            hash: hash.parse()?,
        })
    }
}
