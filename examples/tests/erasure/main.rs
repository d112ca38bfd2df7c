//! An erasure on every store: nothing that was written about the subject can be read, wherever it
//! was written, and histories still load.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod office;
mod places;

use es_testkit::mongo::shared;
use event_sourcing::core::testing;
use event_sourcing::embedded::EmbeddedStore;
use event_sourcing::memory::MemoryStore;
use event_sourcing::mongo::MongoStore;
use tempfile::tempdir;

use crate::places::erased_everywhere;

#[test]
fn in_memory_an_erased_subject_is_gone_from_every_place() {
    testing::run(async {
        let store = MemoryStore::new();
        erased_everywhere(async || store.clone()).await;
    });
}

/// The store is closed and opened again between writing and erasing, and after it.
#[test]
fn in_a_directory_an_erased_subject_is_gone_from_every_place() {
    testing::run(async {
        let home = tempdir().unwrap();
        let open: std::cell::RefCell<Option<EmbeddedStore>> = std::cell::RefCell::new(None);
        erased_everywhere(async || {
            let before = open.borrow_mut().take();
            if let Some(before) = before {
                before.close().await.unwrap();
            }
            let store = EmbeddedStore::open(home.path()).await.unwrap();
            *open.borrow_mut() = Some(store.clone());
            store
        })
        .await;
    });
}

/// Each step is taken by another process, as it were: with a store of its own.
#[test]
fn on_mongodb_an_erased_subject_is_gone_from_every_place() {
    testing::run(async {
        let server = shared().await;
        let uri = server.uri_for(&server.database());
        erased_everywhere(async || MongoStore::connect(&uri).await.unwrap()).await;
    });
}
