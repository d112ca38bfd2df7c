//! Stores that wake their readers wrongly.

use async_trait::async_trait;
use es_core::memory::MemoryStore;
use es_core::testing::ManualClock;
use es_core::{Append, AppendError, Appended, EventStore, Position, ReadError};
use tokio::sync::Notify;

use crate::mutation::Mutation;

/// Answers at once if there is an event, and otherwise never.
#[derive(Debug)]
pub(crate) struct NeverWakes;

#[async_trait]
impl Mutation for NeverWakes {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn wait_past(&self, store: &MemoryStore, position: Position) -> Result<(), ReadError> {
        if store.head().await? > position {
            return Ok(());
        }
        std::future::pending().await
    }
}

/// Looks first and listens afterwards: an append between the two goes unheard.
#[derive(Debug)]
pub(crate) struct LosesAWakeUp(Notify);

#[async_trait]
impl Mutation for LosesAWakeUp {
    fn on(_: &ManualClock) -> Self {
        Self(Notify::new())
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let answer = store.append(append).await;
        self.0.notify_waiters();
        answer
    }

    async fn wait_past(&self, store: &MemoryStore, position: Position) -> Result<(), ReadError> {
        while store.head().await? <= position {
            tokio::task::yield_now().await;
            self.0.notified().await;
        }
        Ok(())
    }
}

/// Wakes one of those who wait.
#[derive(Debug)]
pub(crate) struct WakesOne(Notify);

#[async_trait]
impl Mutation for WakesOne {
    fn on(_: &ManualClock) -> Self {
        Self(Notify::new())
    }

    async fn append(&self, store: &MemoryStore, append: Append) -> Result<Appended, AppendError> {
        let answer = store.append(append).await;
        self.0.notify_one();
        answer
    }

    async fn wait_past(&self, store: &MemoryStore, position: Position) -> Result<(), ReadError> {
        while store.head().await? <= position {
            self.0.notified().await;
        }
        Ok(())
    }
}

/// Returns at once, always: its readers ask all the time.
#[derive(Debug)]
pub(crate) struct Spins;

#[async_trait]
impl Mutation for Spins {
    fn on(_: &ManualClock) -> Self {
        Self
    }

    async fn wait_past(&self, _: &MemoryStore, _: Position) -> Result<(), ReadError> {
        tokio::task::yield_now().await;
        Ok(())
    }
}
