//! Faults of the links of a chained log: reading them is reading.

use async_trait::async_trait;

use super::FaultStore;
use crate::chain::{ChainLink, ChainStore};
use crate::{Position, ReadError};

#[async_trait]
impl<S: ChainStore> ChainStore for FaultStore<S> {
    async fn chain_head(&self) -> Result<Option<ChainLink>, ReadError> {
        self.read_fault().await?;
        self.inner.chain_head().await
    }

    async fn chain_links(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<ChainLink>, ReadError> {
        self.read_fault().await?;
        self.inner.chain_links(after, limit).await
    }
}
