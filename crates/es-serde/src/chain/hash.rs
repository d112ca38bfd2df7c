//! The hash of the chain; see [`chain`](super) for its form.

use std::fmt;
use std::str::FromStr;

use es_core::{Metadata, RecordedEvent};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The hash over an event and all events before it: 32 bytes, shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChainHash([u8; 32]);

/// A text that is no hash: 64 hexadecimal digits are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a hash has 64 hexadecimal digits")]
pub struct InvalidHash;

impl ChainHash {
    /// Of no events at all.
    #[must_use]
    pub fn start() -> Self {
        Self(Sha256::digest(b"es-serde chain 1").into())
    }

    /// With one more event.
    #[must_use]
    pub fn then(self, event: &RecordedEvent) -> Self {
        let mut hash = Hash(Sha256::new());
        hash.0.update(self.0);
        hash.number(event.position.get());
        hash.text(event.stream.as_str());
        hash.number(event.version.get());
        hash.number(event.recorded_at.as_micros().cast_unsigned());
        hash.bytes(event.id.uuid().as_bytes());
        hash.text(event.name.as_str());
        hash.number(event.payload.version.major.into());
        hash.number(event.payload.version.minor.into());
        hash.text(event.payload.codec.as_str());
        hash.number(event.payload.flags.bits().into());
        hash.bytes(&event.payload.data);
        hash.metadata(&event.metadata);
        Self(hash.0.finalize().into())
    }
}

struct Hash(Sha256);

impl Hash {
    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn option(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.number(u64::MAX),
        }
    }

    fn metadata(&mut self, metadata: &Metadata) {
        let trace = metadata.trace();
        self.option(metadata.correlation());
        self.option(metadata.causation());
        self.option(metadata.actor());
        self.option(metadata.source());
        match metadata.occurred_at() {
            Some(time) => self.bytes(&time.as_micros().to_le_bytes()),
            None => self.number(u64::MAX),
        }
        self.option(trace.map(|trace| trace.parent.as_str()));
        self.option(trace.and_then(|trace| trace.state.as_deref()));
        self.number(metadata.headers().count() as u64);
        for (name, value) in metadata.headers() {
            self.text(name);
            self.text(value);
        }
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ChainHash {
    type Err = InvalidHash;

    fn from_str(text: &str) -> Result<Self, InvalidHash> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return Err(InvalidHash);
        }
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| InvalidHash)?;
        }
        Ok(Self(hash))
    }
}

impl TryFrom<String> for ChainHash {
    type Error = InvalidHash;

    fn try_from(text: String) -> Result<Self, InvalidHash> {
        text.parse()
    }
}

impl From<ChainHash> for String {
    fn from(hash: ChainHash) -> Self {
        hash.to_string()
    }
}
