//! The links of a chained log: each record has the one after it in its header.

use async_trait::async_trait;
use es_core::chain::{ChainLink, ChainStore};
use es_core::{Direction, Position, ReadError};

use crate::EmbeddedStore;
use crate::engine::{Engine, Table};
use crate::keys;
use crate::reader::{self, Progress, Scan};

#[async_trait]
impl ChainStore for EmbeddedStore {
    async fn chain_head(&self) -> Result<Option<ChainLink>, ReadError> {
        let durable = self.shared.durable();
        if !durable.open {
            return Err(ReadError::Closed);
        }
        let position = durable.totals.head;
        let link = |hash| ChainLink { position, hash };
        Ok(durable.totals.chain.map(link))
    }

    async fn chain_links(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<ChainLink>, ReadError> {
        if !self.shared.chained() {
            return Err(ReadError::Unsupported {
                what: "tell hashes, since it was made with hash_chain(false)",
            });
        }
        let scan = LinkScan {
            after,
            limit: limit.max(1),
            links: Vec::new(),
        };
        Ok(reader::run(&self.shared, scan).await?.links)
    }
}

/// Reads links until there are enough.
struct LinkScan {
    after: Position,
    limit: usize,
    links: Vec<ChainLink>,
}

impl Scan for LinkScan {
    fn run(
        &mut self,
        engine: &dyn Engine,
        head: Position,
        records: usize,
    ) -> Result<Progress, ReadError> {
        if self.after >= head {
            return Ok(Progress::Finished);
        }
        let (first, last) = (keys::position(self.after.next()), keys::position(head));
        let scan = engine.scan(Table::Log, &first..=&last, Direction::Forward);
        for entry in scan.take(records) {
            let (key, bytes) = entry.map_err(reader::at(self.after.next()))?;
            let position = keys::read_position(&key)
                .ok_or_else(|| reader::corrupt(self.after.next(), "a key is malformed"))?;
            let record = reader::open(bytes, position)?;
            let hash = record
                .chain()
                .ok_or_else(|| reader::corrupt(position, "the append has no hash"))?;
            self.links.push(ChainLink { position, hash });
            self.after = position;
            if self.links.len() == self.limit {
                return Ok(Progress::Finished);
            }
        }
        let more = self.after < head;
        Ok(if more {
            Progress::Paused
        } else {
            Progress::Finished
        })
    }
}
