//! A hash chain over the history of a namespace: any later edit, removal or swap shows.
//!
//! Each event's hash is taken over everything that is stored of it, its place and its time included,
//! and over the hash of the event before it. After every so many events the hash is kept as a
//! *link*, a small document beside the events; the newest hash is the *head*. Links and head are
//! compared when the history is [verified](HashChain::verify).
//!
//! - The chain is over what is *stored*: build it on the store itself and not on a
//!   [`PackedStore`](crate::PackedStore). Then it still holds after an erasure, which destroys a key
//!   and touches no event.
//! - It is extended after the events, by whoever calls [`extend`](HashChain::extend) or
//!   [`follow`](HashChain::follow): appending costs nothing, and what was appended after the last
//!   link is not yet covered.
//! - Who can change the events can change the links too. Keep the [`head`](HashChain::head) from
//!   time to time where they cannot - printed, signed, sent to somebody - and verify against it with
//!   [`verify_against`](HashChain::verify_against).
//!
//! # Hash, form 1
//! SHA-256 (FIPS 180-4) over the hash before it (of nothing: SHA-256 of `es-serde chain 1`) and, in
//! this order: position, stream, version, recorded time, event id, type name, type version (major,
//! minor), format, flags, payload; then of the metadata correlation, causation, actor, source, time
//! of occurrence, trace parent, trace state, the number of headers, and each header's name and
//! value. Numbers are 64 bits, little endian; texts and bytes (the time of occurrence is 8 of them) have
//! their length in front, and what is absent is the length `u64::MAX` alone.

mod error;
mod hash;
mod link;

use std::sync::Arc;

use es_core::{
    AllRange, DocumentKind, DocumentName, DocumentPages, DocumentStore, DocumentStoreExt,
    EventStore, Position, RecordedEvent, Revision,
};

pub use self::error::ChainError;
pub use self::hash::ChainHash;
pub use self::link::Link;

static LINKS: DocumentKind = DocumentKind::from_static("chain-links");
static HEADS: DocumentKind = DocumentKind::from_static("chain-heads");
static HEAD: DocumentName = DocumentName::from_static("head");

/// Builds and verifies the chain of one namespace. Cloning is cheap.
///
/// ```
/// # use es_core::{Append, EventStore, ExpectedVersion, StreamId, memory::MemoryStore};
/// # use es_core::testing::{run, sample_event};
/// use es_serde::chain::HashChain;
///
/// # run(async {
/// let store = MemoryStore::new();
/// # let claim = StreamId::new("Claim", 1)?;
/// # let append = Append::new(claim, ExpectedVersion::Any, [sample_event(1), sample_event(2)])?;
/// store.append(append).await?;
///
/// let chain = HashChain::new(store.clone(), store);
/// let head = chain.extend().await?;
/// assert_eq!(head.position.get(), 2);
/// println!("to be kept elsewhere: {head}");
/// assert_eq!(chain.verify(|_| {}).await?, head);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct HashChain {
    events: Arc<dyn EventStore>,
    documents: Arc<dyn DocumentStore>,
    every: u64,
}

impl HashChain {
    /// A chain over these events, with its links in these documents, one after every 1,000 events.
    pub fn new(events: impl EventStore + 'static, documents: impl DocumentStore + 'static) -> Self {
        Self {
            events: Arc::new(events),
            documents: Arc::new(documents),
            every: 1_000,
        }
    }

    /// Keeps a link after every so many events: damage is found to lie between two links.
    #[must_use]
    pub fn with_link_every(mut self, events: u64) -> Self {
        self.every = events.max(1);
        self
    }

    /// How far the chain reaches; the start if it was never extended.
    ///
    /// # Errors
    /// See [`ChainError`].
    pub async fn head(&self) -> Result<Link, ChainError> {
        Ok(self.stored_head().await?.0)
    }

    /// Extends the chain over everything stored, and returns its new head.
    ///
    /// Several processes may do it at once: they make the same chain.
    ///
    /// # Errors
    /// See [`ChainError`]. What was linked before stays.
    pub async fn extend(&self) -> Result<Link, ChainError> {
        loop {
            let (head, revision) = self.stored_head().await?;
            let Some(next) = self.next_link(head).await? else {
                return Ok(head);
            };
            if next.position.get() % self.every == 0 {
                self.save_link(&next).await?;
            }
            let saved = self
                .documents
                .save_document(&HEADS, &HEAD, revision, next.bytes())
                .await;
            match saved {
                Ok(_) => {}
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Extends the chain whenever there is something new, until it fails or is dropped.
    ///
    /// # Errors
    /// See [`ChainError`].
    pub async fn follow(&self) -> Result<std::convert::Infallible, ChainError> {
        loop {
            let head = self.extend().await?;
            self.events.wait_past(head.position).await?;
        }
    }

    /// Reads the whole history, and compares it with every link; `progress` is told of each link
    /// that was reached. Returns the head that it came to.
    ///
    /// # Errors
    /// [`ChainError::Broken`] with the two links between which something was changed,
    /// [`ChainError::Removed`] if events at the end are gone; otherwise see there.
    pub async fn verify(&self, mut progress: impl FnMut(Link)) -> Result<Link, ChainError> {
        let mut reached = Link::start();
        let mut pages = DocumentPages::new(&*self.documents, &LINKS);
        while let Some(page) = pages.next().await? {
            for document in &page {
                reached = self
                    .verify_up_to(reached, Link::parse(&document.content)?)
                    .await?;
                progress(reached);
            }
        }
        let head = self.head().await?;
        if head.position > reached.position {
            reached = self.verify_up_to(reached, head).await?;
        }
        Ok(reached)
    }

    /// Reads the whole history up to a link that was kept elsewhere, and compares it with that.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_against(&self, kept: Link) -> Result<(), ChainError> {
        self.verify_up_to(Link::start(), kept).await.map(drop)
    }

    async fn verify_up_to(&self, from: Link, stored: Link) -> Result<Link, ChainError> {
        let found = self.hash_up_to(from, stored.position).await?;
        if found.position < stored.position {
            return Err(ChainError::Removed {
                last: found.position,
                linked: stored.position,
            });
        }
        if found.hash != stored.hash {
            return Err(ChainError::Broken {
                after: from.position,
                up_to: stored.position,
            });
        }
        Ok(found)
    }

    /// The link after this one, at a multiple of `every` or at the end; nothing if there is nothing
    /// more.
    async fn next_link(&self, head: Link) -> Result<Option<Link>, ChainError> {
        let last = self.events.head().await?;
        if last <= head.position {
            return Ok(None);
        }
        let full = (head.position.get() / self.every + 1) * self.every;
        let until = Position::new(full.min(last.get()));
        self.hash_up_to(head, until).await.map(Some)
    }

    /// Goes on from a link up to a position, or to the end.
    async fn hash_up_to(&self, from: Link, until: Position) -> Result<Link, ChainError> {
        let mut link = from;
        while link.position < until {
            let range = AllRange::after(link.position).until(until);
            let page = self.events.read_all(&range).await?;
            for event in &page.events {
                link = next(link, event)?;
            }
            if page.events.is_empty() {
                break;
            }
        }
        Ok(link)
    }

    async fn save_link(&self, link: &Link) -> Result<(), ChainError> {
        let name = link.name()?;
        let found = self
            .documents
            .save_once(&LINKS, &name, link.bytes())
            .await?;
        // Another process may have come first; the chain has one link at each place.
        match found.map(|found| Link::parse(&found)).transpose()? {
            Some(other) if other != *link => Err(ChainError::Broken {
                after: Position::START,
                up_to: link.position,
            }),
            _ => Ok(()),
        }
    }

    async fn stored_head(&self) -> Result<(Link, Revision), ChainError> {
        match self.documents.load_document(&HEADS, &HEAD).await? {
            Some(document) => Ok((Link::parse(&document.content)?, document.revision)),
            None => Ok((Link::start(), Revision::ABSENT)),
        }
    }
}

fn next(link: Link, event: &RecordedEvent) -> Result<Link, ChainError> {
    let expected = link.position.next();
    if event.position != expected {
        return Err(ChainError::Missing { position: expected });
    }
    Ok(Link {
        position: event.position,
        hash: link.hash.then(event),
    })
}
