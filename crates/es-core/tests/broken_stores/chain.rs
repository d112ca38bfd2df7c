//! Stores whose chain is wrong where it is read: its hashes, its links and its pages.

use std::fmt;

use async_trait::async_trait;
use es_core::chain::{ChainHash, ChainLink, ChainStore};
use es_core::memory::MemoryStore;
use es_core::testing::ManualClock;
use es_core::{AllRange, EventStore, Metadata, PayloadFlags, Position, RecordedEvent};

use crate::mutation::Mutation;

/// More than the cases append.
pub(crate) const ALL: usize = 10_000;

/// What was stored after a position, up to another; one page holds what a case appends at once.
pub(crate) async fn stored(
    store: &MemoryStore,
    after: Position,
    until: Position,
) -> Vec<RecordedEvent> {
    let range = AllRange::after(after).until(until);
    store.read_all(&range).await.unwrap().events
}

/// The links after one that is told, hashed in another way.
pub(crate) async fn relinked(
    store: &MemoryStore,
    from: ChainLink,
    hash: impl Fn(ChainHash, &[RecordedEvent]) -> ChainHash,
) -> Vec<ChainLink> {
    let mut before = from;
    let mut links = store.chain_links(from.position, ALL).await.unwrap();
    for link in &mut links {
        let append = stored(store, before.position, link.position).await;
        link.hash = hash(before.hash, &append);
        before = *link;
    }
    links
}

/// A page of these links.
pub(crate) fn page(mut links: Vec<ChainLink>, after: Position, limit: usize) -> Vec<ChainLink> {
    links.retain(|link| link.position > after);
    links.truncate(limit.max(1));
    links
}

/// A store whose links are where they should be, and have another hash.
trait WrongHash: fmt::Debug + Default + Send + Sync + 'static {
    fn start() -> ChainHash {
        ChainHash::start()
    }

    fn then(before: ChainHash, append: &[RecordedEvent]) -> ChainHash;
}

fn start_of<H: WrongHash>() -> ChainLink {
    ChainLink {
        position: Position::START,
        hash: H::start(),
    }
}

#[async_trait]
impl<H: WrongHash> Mutation for H {
    fn on(_: &ManualClock) -> Self {
        Self::default()
    }

    async fn chain_head(&self, store: &MemoryStore) -> Option<ChainLink> {
        store.chain_head().await.unwrap()?;
        let links = relinked(store, start_of::<H>(), H::then).await;
        Some(links.last().copied().unwrap_or_else(start_of::<H>))
    }

    async fn chain_links(
        &self,
        store: &MemoryStore,
        after: Position,
        limit: usize,
    ) -> Vec<ChainLink> {
        let links = relinked(store, start_of::<H>(), H::then).await;
        page(links, after, limit)
    }
}

/// Begins the chain with a hash of zeroes.
#[derive(Debug, Default)]
pub(crate) struct StartsFromZeroes;

impl WrongHash for StartsFromZeroes {
    fn start() -> ChainHash {
        ChainHash::from([0; 32])
    }

    fn then(before: ChainHash, append: &[RecordedEvent]) -> ChainHash {
        before.then_append(append)
    }
}

/// Hashes an append as if something were not in its events.
fn without(
    before: ChainHash,
    append: &[RecordedEvent],
    remove: impl FnMut(&mut RecordedEvent),
) -> ChainHash {
    let mut append = append.to_vec();
    append.iter_mut().for_each(remove);
    before.then_append(&append)
}

/// Does not hash the metadata of an event.
#[derive(Debug, Default)]
pub(crate) struct LeavesOutMetadata;

impl WrongHash for LeavesOutMetadata {
    fn then(before: ChainHash, append: &[RecordedEvent]) -> ChainHash {
        without(before, append, |event| event.metadata = Metadata::new())
    }
}

/// Does not hash whether a payload is compressed or encrypted.
#[derive(Debug, Default)]
pub(crate) struct LeavesOutPayloadFlags;

impl WrongHash for LeavesOutPayloadFlags {
    fn then(before: ChainHash, append: &[RecordedEvent]) -> ChainHash {
        without(before, append, |event| {
            event.payload.flags = PayloadFlags::default();
        })
    }
}

/// Hashes which events there are, and not what they say.
#[derive(Debug, Default)]
pub(crate) struct LeavesOutPayloads;

impl WrongHash for LeavesOutPayloads {
    fn then(before: ChainHash, append: &[RecordedEvent]) -> ChainHash {
        without(before, append, |event| {
            event.payload.data = Vec::new().into();
        })
    }
}

/// Hashes each append as if it were the first.
#[derive(Debug, Default)]
pub(crate) struct HashesEachAppendAlone;

impl WrongHash for HashesEachAppendAlone {
    fn then(_: ChainHash, append: &[RecordedEvent]) -> ChainHash {
        ChainHash::start().then_append(append)
    }
}

/// Hashes an append to several streams as if it were one to the first of them.
#[derive(Debug, Default)]
pub(crate) struct TakesAnAppendForOnePart;

impl WrongHash for TakesAnAppendForOnePart {
    fn then(before: ChainHash, append: &[RecordedEvent]) -> ChainHash {
        let first = &append[0];
        let of_the_first = (0..).zip(append).map(|(number, event)| RecordedEvent {
            stream: first.stream.clone(),
            version: first.version.plus(number),
            ..event.clone()
        });
        before.then_append(&of_the_first.collect::<Vec<_>>())
    }
}

/// Hashes the parts of an append from the last to the first.
#[derive(Debug, Default)]
pub(crate) struct HashesTheLastPartFirst;

impl WrongHash for HashesTheLastPartFirst {
    fn then(before: ChainHash, append: &[RecordedEvent]) -> ChainHash {
        let parts: Vec<_> = append
            .chunk_by(|one, next| one.stream == next.stream)
            .collect();
        parts.into_iter().rev().fold(before, ChainHash::then_append)
    }
}

/// Takes a log without events for one that is not chained.
#[derive(Debug)]
pub(crate) struct HasNoLinkAtTheStart;

#[async_trait]
impl Mutation for HasNoLinkAtTheStart {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn chain_head(&self, store: &MemoryStore) -> Option<ChainLink> {
        let head = store.chain_head().await.unwrap();
        head.filter(|head| *head != ChainLink::start())
    }
}

/// Has all links, and shows the last but one as the head.
#[derive(Debug)]
pub(crate) struct ShowsTheHeadALinkBehind;

#[async_trait]
impl Mutation for ShowsTheHeadALinkBehind {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn chain_head(&self, store: &MemoryStore) -> Option<ChainLink> {
        store.chain_head().await.unwrap()?;
        let links = store.chain_links(Position::START, ALL).await.unwrap();
        let before = links.iter().rev().nth(1).copied();
        Some(before.unwrap_or_else(ChainLink::start))
    }
}

/// Lists the link of every second append only.
#[derive(Debug)]
pub(crate) struct ForgetsEverySecondLink;

#[async_trait]
impl Mutation for ForgetsEverySecondLink {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn chain_links(
        &self,
        store: &MemoryStore,
        after: Position,
        limit: usize,
    ) -> Vec<ChainLink> {
        let links = store.chain_links(Position::START, ALL).await.unwrap();
        page(links.into_iter().step_by(2).collect(), after, limit)
    }
}

/// Lists the links of a page from the last to the first.
#[derive(Debug)]
pub(crate) struct ListsTheNewestLinkFirst;

#[async_trait]
impl Mutation for ListsTheNewestLinkFirst {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn chain_links(
        &self,
        store: &MemoryStore,
        after: Position,
        limit: usize,
    ) -> Vec<ChainLink> {
        let mut links = store.chain_links(after, limit).await.unwrap();
        links.reverse();
        links
    }
}

/// Begins a page with the second link after the page before.
#[derive(Debug)]
pub(crate) struct SkipsALinkBetweenPages;

#[async_trait]
impl Mutation for SkipsALinkBetweenPages {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn chain_links(
        &self,
        store: &MemoryStore,
        after: Position,
        limit: usize,
    ) -> Vec<ChainLink> {
        let links = store.chain_links(after, ALL).await.unwrap();
        let skipped = usize::from(after != Position::START);
        page(links.into_iter().skip(skipped).collect(), after, limit)
    }
}

/// Begins a page with the link after which it was to begin, if there is room for another one.
#[derive(Debug)]
pub(crate) struct OverlapsPages;

#[async_trait]
impl Mutation for OverlapsPages {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn chain_links(
        &self,
        store: &MemoryStore,
        after: Position,
        limit: usize,
    ) -> Vec<ChainLink> {
        let mut links = store.chain_links(Position::START, ALL).await.unwrap();
        // Whoever reads a page of this one alone, or at the end, would never get on.
        if limit > 1 && links.iter().any(|link| link.position > after) {
            links.retain(|link| link.position >= after);
        } else {
            links.retain(|link| link.position > after);
        }
        links.truncate(limit.max(1));
        links
    }
}

/// Lists all links on one page.
#[derive(Debug)]
pub(crate) struct IgnoresTheLimitOfLinks;

#[async_trait]
impl Mutation for IgnoresTheLimitOfLinks {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn chain_links(&self, store: &MemoryStore, after: Position, _: usize) -> Vec<ChainLink> {
        store.chain_links(after, ALL).await.unwrap()
    }
}
