//! What the tables hold in all, written with every batch: found out when the store is opened, a
//! missing part shows at once.

use bytes::Bytes;
use es_core::chain::ChainHash;
use es_core::{Position, Timestamp};

use crate::engine::{Engine, EngineError, Table};
use crate::keys;
use crate::record::{Reader, Writer, digest};

/// Without the hash of a chain, and without the checksum.
const PLAIN_BYTES: usize = 56;

/// Sums over everything up to some position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// The position of the last event.
    pub(crate) head: Position,
    /// When it was recorded.
    pub(crate) recorded_at: Timestamp,
    /// The checksum of the last record's header.
    pub(crate) digest: u64,
    /// How many appends there are, and so records.
    pub(crate) appends: u64,
    /// How many streams there are.
    pub(crate) streams: u64,
    /// How many times a stream was written to.
    pub(crate) stream_writes: u64,
    /// How many event ids have an entry of their own.
    pub(crate) event_ids: u64,
    /// The hash of the chain, where the log is chained.
    pub(crate) chain: Option<ChainHash>,
}

impl Totals {
    /// Those of a new store.
    fn new(chained: bool) -> Self {
        Self {
            chain: chained.then(ChainHash::start),
            ..Self::default()
        }
    }

    /// Reads them from an engine; a new store has none.
    pub(crate) fn load(engine: &dyn Engine, chained: bool) -> Result<Self, EngineError> {
        match engine.get(Table::Totals, keys::TOTALS)? {
            None => Ok(Self::new(chained)),
            Some(bytes) => Self::decode(&bytes)
                .filter(|totals| totals.chain.is_some() == chained)
                .ok_or_else(|| EngineError::damaged("the totals are malformed")),
        }
    }

    /// How many keys a table must have, where that is known.
    pub(crate) fn expected(&self, table: Table) -> Option<u64> {
        match table {
            Table::Log | Table::Appends => Some(self.appends),
            Table::Streams => Some(self.streams + self.stream_writes),
            Table::Events => Some(self.event_ids),
            Table::Snapshots | Table::Checkpoints | Table::Totals | Table::Documents => None,
        }
    }

    pub(crate) fn encode(&self) -> Bytes {
        let mut bytes = Vec::with_capacity(96);
        let mut out = Writer(&mut bytes);
        out.u64(self.head.get());
        out.i64(self.recorded_at.as_micros());
        out.u64(self.digest);
        out.u64(self.appends);
        out.u64(self.streams);
        out.u64(self.stream_writes);
        out.u64(self.event_ids);
        if let Some(hash) = &self.chain {
            out.raw(hash.as_bytes());
        }
        let sum = digest(&bytes);
        Writer(&mut bytes).u64(sum);
        bytes.into()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, sum) = bytes.split_last_chunk::<8>()?;
        let chained = content.len() == PLAIN_BYTES + 32;
        if !(chained || content.len() == PLAIN_BYTES) || digest(content) != u64::from_le_bytes(*sum)
        {
            return None;
        }
        let mut reader = Reader::new(content);
        Some(Self {
            head: Position::new(reader.u64().ok()?),
            recorded_at: Timestamp::from_micros(reader.i64().ok()?),
            digest: reader.u64().ok()?,
            appends: reader.u64().ok()?,
            streams: reader.u64().ok()?,
            stream_writes: reader.u64().ok()?,
            event_ids: reader.u64().ok()?,
            chain: match chained {
                true => Some(reader.array().ok()?.into()),
                false => None,
            },
        })
    }
}
