//! Verifying a hash chain: any edit, removal or swap in the history of a namespace shows.
//!
//! In a log that is [chained](es_core::chain) each append carries a hash over its content, its place
//! and its time, and over the hash before it. Here the events are read, the hashes are computed anew,
//! and the two are compared.
//!
//! - The chain is over what is *stored*: verify the store itself and not a
//!   [`PackedStore`](crate::PackedStore) around it. Then it still holds after an erasure, which
//!   destroys a key and touches no event.
//! - Who can change the events can compute the hashes anew, too. Keep the [`head`](HashChain::head)
//!   from time to time where they cannot - printed, signed, sent to somebody - and verify against it
//!   with [`verify_against`](HashChain::verify_against).
//! - What is taken off the end takes its hashes with it: only a head that was kept elsewhere shows
//!   that.

mod error;
mod walk;

use std::sync::Arc;

use es_core::chain::{ChainLink, ChainStore};
use es_core::{AllRange, EventStore, Position};

pub use self::error::ChainError;

use self::walk::Walk;

/// How many links are read at once.
const LINKS: usize = 1_000;

/// Verifies the chain of one namespace. Cloning is cheap.
///
/// ```
/// # use es_core::{Append, EventStore, ExpectedVersion, StreamId, memory::MemoryStore};
/// # use es_core::testing::{run, sample_event};
/// use es_serde::chain::HashChain;
///
/// # run(async {
/// let store = MemoryStore::chained();
/// # let claim = StreamId::new("Claim", 1)?;
/// # let append = Append::new(claim, ExpectedVersion::Any, [sample_event(1), sample_event(2)])?;
/// store.append(append).await?;
///
/// let chain = HashChain::new(store);
/// let head = chain.head().await?;
/// println!("to be kept elsewhere: {head}");
///
/// let reached = chain.verify(|link| println!("holds up to {}", link.position)).await?;
/// assert_eq!(reached, head);
/// chain.verify_against(head).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct HashChain {
    events: Arc<dyn EventStore>,
    links: Arc<dyn ChainStore>,
}

impl HashChain {
    /// The chain of this store.
    pub fn new(store: impl EventStore + ChainStore + 'static) -> Self {
        let store = Arc::new(store);
        Self {
            events: store.clone(),
            links: store,
        }
    }

    /// The last link, as the store holds it: to be kept elsewhere.
    ///
    /// # Errors
    /// [`ChainError::NotChained`]; [`ChainError::Read`].
    ///
    /// # Cancel safety
    /// Dropping the future has no effect; so it is with all methods here.
    pub async fn head(&self) -> Result<ChainLink, ChainError> {
        let head = self.links.chain_head().await?;
        head.ok_or(ChainError::NotChained)
    }

    /// Reads the whole history, as far as it reaches when this is called or a little further, and
    /// compares it with its hashes; `progress` is told now and then how far it holds. Returns the
    /// link that it came to.
    ///
    /// # Errors
    /// See [`ChainError`].
    pub async fn verify(
        &self,
        progress: impl FnMut(ChainLink) + Send,
    ) -> Result<ChainLink, ChainError> {
        self.verify_after(ChainLink::start(), progress).await
    }

    /// As [`verify`](Self::verify), for what comes after a link that was verified and kept
    /// elsewhere: what is before it is not looked at.
    ///
    /// # Errors
    /// See [`ChainError`].
    pub async fn verify_after(
        &self,
        kept: ChainLink,
        mut progress: impl FnMut(ChainLink) + Send,
    ) -> Result<ChainLink, ChainError> {
        let head = self.reaches(kept).await?;
        let mut walk = Walk::after(kept);
        while walk.reached().position < head {
            let links = self.links_after(&walk).await?;
            self.walk_along(&mut walk, &links).await?;
            progress(walk.reached());
        }
        Ok(walk.reached())
    }

    /// Reads the whole history up to a link that was kept elsewhere, and compares it with that.
    ///
    /// # Errors
    /// As [`verify`](Self::verify). That the history and its hashes were made anew together is
    /// [`ChainError::Broken`] from the start on: nothing tells where it was changed.
    pub async fn verify_against(&self, kept: ChainLink) -> Result<(), ChainError> {
        self.reaches(kept).await?;
        let mut walk = Walk::after(ChainLink::start());
        while walk.reached().position < kept.position {
            let mut links = self.links_after(&walk).await?;
            links.retain(|link| link.position <= kept.position);
            if links.is_empty() {
                break;
            }
            self.walk_along(&mut walk, &links).await?;
        }
        if walk.reached() == kept {
            Ok(())
        } else {
            Err(ChainError::Broken {
                after: Position::START,
                up_to: kept.position,
            })
        }
    }

    /// Where the history ends, by its events or its links; it must be where it was, or beyond.
    async fn reaches(&self, kept: ChainLink) -> Result<Position, ChainError> {
        let head = self.head().await?.position.max(self.events.head().await?);
        if head < kept.position {
            return Err(removed(head, kept));
        }
        Ok(head)
    }

    /// The next links; there must be some.
    async fn links_after(&self, walk: &Walk) -> Result<Vec<ChainLink>, ChainError> {
        let after = walk.reached().position;
        let links = self.links.chain_links(after, LINKS).await?;
        if links.is_empty() {
            return Err(ChainError::NoHash { after });
        }
        Ok(links)
    }

    /// Reads the events up to the last of these links.
    async fn walk_along(&self, walk: &mut Walk, links: &[ChainLink]) -> Result<(), ChainError> {
        let mut links = links.iter().copied().peekable();
        let Some(last) = links.clone().last() else {
            return Ok(());
        };
        while walk.position() < last.position {
            let range = AllRange::after(walk.position()).until(last.position);
            let page = self.events.read_all(&range).await?;
            if page.events.is_empty() {
                return Err(removed(walk.position(), last));
            }
            for event in page.events {
                walk.take(event)?;
                let position = walk.position();
                if let Some(link) = links.next_if(|link| link.position == position) {
                    walk.compare(link)?;
                }
            }
        }
        Ok(())
    }
}

fn removed(last: Position, link: ChainLink) -> ChainError {
    ChainError::Removed {
        last,
        linked: link.position,
    }
}
