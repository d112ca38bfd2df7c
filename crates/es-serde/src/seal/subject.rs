//! Subjects, by a pseudonym.

use es_core::DocumentName;
use sha2::{Digest, Sha256};

use super::KeyError;

pub(super) const PSEUDONYM_BYTES: usize = 16;

/// What stands for a subject in sealed content and in the store of the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Pseudonym(pub(super) [u8; PSEUDONYM_BYTES]);

impl Pseudonym {
    pub(super) fn of(subject: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"es-serde subject 1\0");
        hash.update(subject.as_bytes());
        let mut pseudonym = [0; PSEUDONYM_BYTES];
        pseudonym.copy_from_slice(&hash.finalize()[..PSEUDONYM_BYTES]);
        Self(pseudonym)
    }

    /// The name of the document with the subject's keys.
    pub(super) fn document(self) -> Result<DocumentName, KeyError> {
        let name = format!("{:032x}", u128::from_be_bytes(self.0));
        DocumentName::new(name).map_err(|error| KeyError::Damaged(error.into()))
    }

    /// The subject of the document with this name.
    pub(super) fn of_document(name: &DocumentName) -> Result<Self, KeyError> {
        let number = u128::from_str_radix(name.as_str(), 16);
        let number = number.map_err(|error| KeyError::Damaged(error.into()))?;
        Ok(Self(number.to_be_bytes()))
    }
}

/// Which data key: of whom, and the how many-eth of his.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct KeyRef {
    pub(super) subject: Pseudonym,
    pub(super) generation: u32,
}

impl KeyRef {
    /// What a wrapped key is bound to.
    pub(super) fn context(self) -> [u8; PSEUDONYM_BYTES + 4] {
        let mut context = [0; PSEUDONYM_BYTES + 4];
        context[..PSEUDONYM_BYTES].copy_from_slice(&self.subject.0);
        context[PSEUDONYM_BYTES..].copy_from_slice(&self.generation.to_le_bytes());
        context
    }
}
