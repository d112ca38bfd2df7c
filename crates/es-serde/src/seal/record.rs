//! The stored keys of one subject: a JSON document of kind `subject-keys`.
//!
//! ```json
//! {"form":1,"next":3,"erased_at":null,"keys":[{"generation":2,"kek":"2026","wrapped":"..."}]}
//! ```
//! Generations count from 1; those below `next` that are not there were destroyed.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use es_core::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::subject::{KeyRef, Pseudonym};
use super::{KeyError, WrappedKey};

const FORM: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    form: u32,
    /// The generation of the next key.
    pub(super) next: u32,
    /// When the subject was erased, in microseconds since 1970, unless it was readmitted.
    pub(super) erased_at: Option<i64>,
    /// What there is, oldest first; the last one seals.
    pub(super) keys: Vec<Stored>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    pub(super) generation: u32,
    pub(super) kek: String,
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub(super) wrapped: Vec<u8>,
}

impl Record {
    /// Of a subject that was never heard of.
    pub(super) fn new() -> Self {
        Self {
            form: FORM,
            next: 1,
            erased_at: None,
            keys: Vec::new(),
        }
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        let record: Self =
            serde_json::from_slice(bytes).map_err(|error| KeyError::Damaged(error.into()))?;
        if record.form != FORM {
            let later = "they were written by a later version of this program";
            return Err(KeyError::Damaged(later.into()));
        }
        Ok(record)
    }

    pub(super) fn bytes(&self) -> Result<Vec<u8>, KeyError> {
        serde_json::to_vec(self).map_err(|error| KeyError::Damaged(error.into()))
    }

    pub(super) fn add(&mut self, wrapped: WrappedKey) {
        self.keys.push(Stored {
            generation: self.next,
            kek: wrapped.key_id,
            wrapped: wrapped.bytes,
        });
        self.next += 1;
    }

    /// Destroys all keys.
    pub(super) fn erase(&mut self, at: Timestamp) {
        self.keys.clear();
        self.erased_at = Some(at.as_micros());
    }
}

impl Stored {
    pub(super) fn key_ref(&self, subject: Pseudonym) -> KeyRef {
        KeyRef {
            subject,
            generation: self.generation,
        }
    }

    pub(super) fn wrapped_key(&self) -> WrappedKey {
        WrappedKey {
            key_id: self.kek.clone(),
            bytes: self.wrapped.clone(),
        }
    }
}

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64_STANDARD.decode(text).map_err(de::Error::custom)
}
