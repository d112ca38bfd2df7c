//! Stores whose chain goes wrong as it grows: in a race, with what adds nothing, over a restart.

use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use es_core::chain::{ChainHash, ChainLink, ChainStore};
use es_core::memory::MemoryStore;
use es_core::testing::ManualClock;
use es_core::testing::conformance::Ability;
use es_core::{
    Append, AppendError, Appended, DocumentError, DocumentKind, DocumentName, DocumentStore,
    EventStore, Position, Revision,
};

use crate::chain::{ALL, page, relinked, stored};
use crate::mutation::{Mutation, let_others_come_between};
use crate::restarting::RESTARTS;

/// Adds the link of an append with the next append only.
#[derive(Debug)]
pub(crate) struct LinksWithTheNextAppend;

async fn all_but_the_last(store: &MemoryStore) -> Vec<ChainLink> {
    let mut links = store.chain_links(Position::START, ALL).await.unwrap();
    links.pop();
    links
}

#[async_trait]
impl Mutation for LinksWithTheNextAppend {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn chain_head(&self, store: &MemoryStore) -> Option<ChainLink> {
        store.chain_head().await.unwrap()?;
        let last = all_but_the_last(store).await.pop();
        Some(last.unwrap_or_else(ChainLink::start))
    }

    async fn chain_links(
        &self,
        store: &MemoryStore,
        after: Position,
        limit: usize,
    ) -> Vec<ChainLink> {
        page(all_but_the_last(store).await, after, limit)
    }
}

/// Links that stand beside those of the log.
#[derive(Debug, Default)]
struct Extra(Mutex<Vec<ChainLink>>);

impl Extra {
    /// The last link once more.
    async fn repeat_the_head(&self, store: &MemoryStore) {
        let head = store.chain_head().await.unwrap();
        self.0.lock().unwrap().extend(head);
    }

    async fn page(&self, store: &MemoryStore, after: Position, limit: usize) -> Vec<ChainLink> {
        let mut links = store.chain_links(Position::START, ALL).await.unwrap();
        links.extend(self.0.lock().unwrap().iter());
        links.sort_by_key(|link| link.position);
        page(links, after, limit)
    }
}

/// Adds a link for an append that conflicted.
#[derive(Debug)]
pub(crate) struct LinksConflicts(Extra);

#[async_trait]
impl Mutation for LinksConflicts {
    fn on(_: &ManualClock) -> Self {
        Self(Extra::default())
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let answer = store.append(append).await;
        if answer.as_ref().is_err_and(AppendError::is_conflict) {
            self.0.repeat_the_head(store).await;
        }
        answer
    }

    async fn chain_links(
        &self,
        store: &MemoryStore,
        after: Position,
        limit: usize,
    ) -> Vec<ChainLink> {
        self.0.page(store, after, limit).await
    }
}

/// Adds a link for an append that had been stored before.
#[derive(Debug)]
pub(crate) struct LinksRepeats(Extra);

#[async_trait]
impl Mutation for LinksRepeats {
    fn on(_: &ManualClock) -> Self {
        Self(Extra::default())
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let answer = store.append(append).await;
        if answer.as_ref().is_ok_and(|appended| appended.repeated) {
            self.0.repeat_the_head(store).await;
        }
        answer
    }

    async fn chain_links(
        &self,
        store: &MemoryStore,
        after: Position,
        limit: usize,
    ) -> Vec<ChainLink> {
        self.0.page(store, after, limit).await
    }
}

/// Looks at the head, and links an append to it a moment later.
#[derive(Debug)]
pub(crate) struct LinksToAStaleHead(Mutex<Vec<ChainLink>>);

impl LinksToAStaleHead {
    fn head(&self) -> ChainLink {
        let last = self.0.lock().unwrap().last().copied();
        last.unwrap_or_else(ChainLink::start)
    }

    fn add(&self, link: ChainLink) {
        let mut links = self.0.lock().unwrap();
        links.push(link);
        links.sort_by_key(|link| link.position);
    }
}

#[async_trait]
impl Mutation for LinksToAStaleHead {
    fn on(_: &ManualClock) -> Self {
        Self(Mutex::default())
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let before = self.head();
        let_others_come_between().await;
        let appended = store.append(append).await?;
        if !appended.repeated {
            let position = appended.last_position;
            let after = Position::new(appended.first_position.get() - 1);
            let hash = before
                .hash
                .then_append(&stored(store, after, position).await);
            self.add(ChainLink { position, hash });
        }
        Ok(appended)
    }

    async fn chain_head(&self, store: &MemoryStore) -> Option<ChainLink> {
        store.chain_head().await.unwrap()?;
        Some(self.head())
    }

    async fn chain_links(&self, _: &MemoryStore, after: Position, limit: usize) -> Vec<ChainLink> {
        page(self.0.lock().unwrap().clone(), after, limit)
    }
}

/// Links the first append after each restart to the start.
#[derive(Debug)]
pub(crate) struct BeginsAnewAfterARestart;

/// A document for each place where the log was restarted, named by that.
const RESTARTED: DocumentKind = DocumentKind::from_static("restarted");

impl BeginsAnewAfterARestart {
    async fn links(store: &MemoryStore) -> Vec<ChainLink> {
        let mut links = store.chain_links(Position::START, ALL).await.unwrap();
        for restarted in store.documents(&RESTARTED, None, ALL).await.unwrap() {
            let position = Position::new(restarted.name.as_str().parse().unwrap());
            let hash = ChainHash::start();
            links.retain(|link| link.position <= position);
            let anew = ChainLink { position, hash };
            links.extend(relinked(store, anew, ChainHash::then_append).await);
        }
        links
    }
}

#[async_trait]
impl Mutation for BeginsAnewAfterARestart {
    const SUPPORTS: &'static [Ability] = RESTARTS;

    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn chain_head(&self, store: &MemoryStore) -> Option<ChainLink> {
        store.chain_head().await.unwrap()?;
        let last = Self::links(store).await.pop();
        Some(last.unwrap_or_else(ChainLink::start))
    }

    async fn chain_links(
        &self,
        store: &MemoryStore,
        after: Position,
        limit: usize,
    ) -> Vec<ChainLink> {
        page(Self::links(store).await, after, limit)
    }

    async fn restart(&self, store: &MemoryStore, _: &ManualClock) -> Option<MemoryStore> {
        let head = store.head().await.unwrap().get();
        let name = DocumentName::new(format!("{head:020}")).unwrap();
        let (kind, new) = (&RESTARTED, Revision::ABSENT);
        let saved = store.save_document(kind, &name, new, Bytes::new()).await;
        // It may have been restarted there before.
        let known = matches!(saved, Err(DocumentError::Changed { .. }));
        assert!(known || saved.is_ok(), "{saved:?}");
        Some(store.clone())
    }
}
