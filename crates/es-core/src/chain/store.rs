//! Where the links of a chained log are read.

use std::sync::Arc;

use async_trait::async_trait;

use super::ChainLink;
use crate::{Position, ReadError};

/// A store whose log may be chained.
///
/// - Each append of a chained log has a link at its last event, and may have one after each of its
///   parts. A link is there as soon as its events are, and never changes.
/// - That an event was read does not mean that its link is right: a link is what the store holds.
///   Who compares the two finds what was changed behind the store's back.
#[async_trait]
pub trait ChainStore: std::fmt::Debug + Send + Sync {
    /// The last link; before the first event [`ChainLink::start`]. Nothing if the log is not chained.
    ///
    /// # Errors
    /// See [`ReadError`]; [`ReadError::Corrupt`] if the last append has no link.
    async fn chain_head(&self) -> Result<Option<ChainLink>, ReadError>;

    /// The first links after a position, in order: at most `limit`, and at least one if there is
    /// one. `after` is the position of a link, or [`Position::START`].
    ///
    /// # Errors
    /// See [`ReadError`]; [`ReadError::Corrupt`] at an append that has no link,
    /// [`ReadError::Unsupported`] if the log is not chained.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect.
    async fn chain_links(&self, after: Position, limit: usize)
    -> Result<Vec<ChainLink>, ReadError>;
}

#[async_trait]
impl<S: ChainStore + ?Sized> ChainStore for Arc<S> {
    async fn chain_head(&self) -> Result<Option<ChainLink>, ReadError> {
        (**self).chain_head().await
    }

    async fn chain_links(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<ChainLink>, ReadError> {
        (**self).chain_links(after, limit).await
    }
}
