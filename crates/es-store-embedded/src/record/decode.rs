//! Opening a stored record: every bit is verified before anything in it is believed.

use std::fmt;

use bytes::Bytes;
use es_core::chain::ChainHash;
use es_core::{EventFilter, Position, Timestamp};

use super::body::Body;
use super::digest;
use super::header::Header;

/// What is wrong with a stored record. Its bytes are never shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the record is shorter than it says")]
    Short,
    #[error("the record is longer than it says")]
    Long,
    #[error("the checksum of the record does not match")]
    Checksum,
    #[error("the record belongs to position {found}, not here")]
    Moved { found: Position },
    #[error("the record has format {0}, which this version cannot read; use a newer version")]
    Format(u8),
    #[error("a number in the record is out of range")]
    Number,
    #[error("a text in the record is not valid UTF-8")]
    Text,
    #[error("a name in the record is not valid")]
    Name,
}

/// A verified record.
pub(crate) struct Record {
    pub(super) bytes: Bytes,
    pub(super) header: Header,
    pub(super) body_at: usize,
    digest: u64,
}

impl Record {
    /// Verifies a record that is stored under the position of its last event.
    pub(crate) fn open(bytes: Bytes, last_position: Position) -> Result<Self, Malformed> {
        let (header, digest) = Header::read(&bytes)?;
        let record = Self {
            body_at: header.length(),
            bytes,
            header,
            digest,
        };
        record.verify(last_position)?;
        Ok(record)
    }

    fn verify(&self, last_position: Position) -> Result<(), Malformed> {
        let body = self.body();
        let length = self.header.body_length as usize;
        match body.len().cmp(&length) {
            std::cmp::Ordering::Less => return Err(Malformed::Short),
            std::cmp::Ordering::Greater => return Err(Malformed::Long),
            std::cmp::Ordering::Equal => {}
        }
        if digest(body) != self.header.body_digest || self.header.events == 0 {
            return Err(Malformed::Checksum);
        }
        if self.last_position() != last_position {
            return Err(Malformed::Moved {
                found: self.last_position(),
            });
        }
        Ok(())
    }

    fn body(&self) -> &[u8] {
        self.bytes.get(self.body_at..).unwrap_or_default()
    }

    pub(crate) fn first_position(&self) -> Position {
        self.header.first_position
    }

    pub(crate) fn last_position(&self) -> Position {
        self.header
            .first_position
            .plus(u64::from(self.header.events) - 1)
    }

    pub(crate) fn recorded_at(&self) -> Timestamp {
        self.header.recorded_at
    }

    /// The hash of the chain after this append, where the log is chained.
    pub(crate) fn chain(&self) -> Option<ChainHash> {
        self.header.chain
    }

    /// The checksum of the header, which covers that of the body: names the record.
    pub(crate) fn digest(&self) -> u64 {
        self.digest
    }

    /// The body with everything but the events taken apart.
    pub(crate) fn parse(&self) -> Result<Body<'_>, Malformed> {
        let body = Body::parse(self, None)?;
        body.ok_or(Malformed::Short)
    }

    /// The same, or nothing if the filter takes none of the events for sure.
    pub(crate) fn parse_for(&self, filter: &EventFilter) -> Result<Option<Body<'_>>, Malformed> {
        let at = self.recorded_at();
        let early = filter.recorded_from.is_some_and(|from| at < from);
        let late = filter.recorded_before.is_some_and(|before| at >= before);
        if early || late {
            Ok(None)
        } else {
            Body::parse(self, Some(filter))
        }
    }

    pub(super) fn body_bytes(&self) -> &[u8] {
        self.body()
    }
}

/// Without the bytes: payloads are in them.
impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
