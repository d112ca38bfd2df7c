//! The links of a chained log in memory.

use async_trait::async_trait;

use super::MemoryStore;
use crate::chain::{ChainLink, ChainStore};
use crate::{Position, ReadError};

#[async_trait]
impl ChainStore for MemoryStore {
    async fn chain_head(&self) -> Result<Option<ChainLink>, ReadError> {
        Ok(self.log().chain_head())
    }

    async fn chain_links(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<ChainLink>, ReadError> {
        let log = self.log();
        let Some(links) = log.links() else {
            return Err(ReadError::Unsupported {
                what: "tell hashes, since its log is not chained; make it with \
                       MemoryStore::chained()",
            });
        };
        let from = links.partition_point(|link| link.position <= after);
        Ok(links[from..].iter().take(limit.max(1)).copied().collect())
    }
}
