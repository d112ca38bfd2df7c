//! The fixed part of a record: its place, its time, and the checksums.

use es_core::chain::ChainHash;
use es_core::{Position, StreamVersion, Timestamp};

use super::{CHAINED, Malformed, PLAIN, Reader, digest};

/// Bytes before the versions.
const FIXED: usize = 36;
/// Bytes of one version, and of the checksum.
const WORD: usize = 8;

/// Bytes of a hash.
const HASH: usize = 32;

/// How long the header of a record of `streams` streams is.
pub(super) fn length(streams: usize, chained: bool) -> usize {
    FIXED + WORD * streams + if chained { HASH } else { 0 } + WORD
}

/// What the writer thread adds to an encoded body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) events: u32,
    pub(super) first_position: Position,
    pub(super) recorded_at: Timestamp,
    pub(super) first_versions: Vec<StreamVersion>,
    /// The chain's hash after this append, where the log is chained.
    pub(super) chain: Option<ChainHash>,
    pub(super) body_length: u32,
    pub(super) body_digest: u64,
}

impl Header {
    /// How many bytes it takes.
    pub(super) fn length(&self) -> usize {
        length(self.first_versions.len(), self.chain.is_some())
    }

    /// Writes the header over the front of `record`, and returns its checksum.
    pub(super) fn write(&self, record: &mut [u8]) -> u64 {
        let mut front = Vec::with_capacity(self.length());
        let format = if self.chain.is_some() { CHAINED } else { PLAIN };
        front.extend_from_slice(&[format, 0]);
        front.extend_from_slice(&(self.first_versions.len() as u16).to_le_bytes());
        front.extend_from_slice(&self.events.to_le_bytes());
        front.extend_from_slice(&self.first_position.get().to_le_bytes());
        front.extend_from_slice(&self.recorded_at.as_micros().to_le_bytes());
        front.extend_from_slice(&self.body_length.to_le_bytes());
        front.extend_from_slice(&self.body_digest.to_le_bytes());
        for version in &self.first_versions {
            front.extend_from_slice(&version.get().to_le_bytes());
        }
        if let Some(hash) = &self.chain {
            front.extend_from_slice(hash.as_bytes());
        }
        let sum = digest(&front);
        front.extend_from_slice(&sum.to_le_bytes());
        record[..front.len()].copy_from_slice(&front);
        sum
    }

    /// Reads and verifies the header; also returns its checksum.
    pub(super) fn read(record: &[u8]) -> Result<(Self, u64), Malformed> {
        let mut reader = Reader::new(record);
        let chained = match reader.byte()? {
            PLAIN => false,
            CHAINED => true,
            other => return Err(Malformed::Format(other)),
        };
        reader.byte()?;
        let streams = usize::from(reader.u16()?);
        let events = reader.u32()?;
        let first_position = reader.u64()?;
        let recorded_at = Timestamp::from_micros(reader.i64()?);
        let body_length = reader.u32()?;
        let body_digest = reader.u64()?;
        if streams > reader.remaining() / WORD {
            return Err(Malformed::Short);
        }
        let first_versions = (0..streams)
            .map(|_| reader.u64().map(StreamVersion::new))
            .collect::<Result<_, _>>()?;
        let chain = chained.then(|| reader.array()).transpose()?;
        let expected = digest(&record[..reader.offset()]);
        let found = reader.u64()?;
        if expected != found || first_position > Position::MAX.get() {
            return Err(Malformed::Checksum);
        }
        let first_position = Position::new(first_position);
        let header = Self {
            events,
            first_position,
            recorded_at,
            first_versions,
            chain: chain.map(ChainHash::from),
            body_length,
            body_digest,
        };
        Ok((header, found))
    }
}
