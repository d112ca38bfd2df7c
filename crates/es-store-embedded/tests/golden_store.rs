//! A whole store as the first version wrote it must be opened and read by every later one (I9).
//!
//! `ES_BLESS=1` makes the directory if it is missing; it is never made again for the same layout.

#![allow(
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

mod material;

use std::path::PathBuf;
use std::sync::Arc;

use es_core::chain::{ChainLink, ChainStore};
use es_core::testing::ManualClock;
use es_core::{EventStore, Position, Timestamp};
use es_store_embedded::{EmbeddedOptions, EmbeddedStore, OpenError};
use material::{
    Choices, Served, copy_all, quick_directory, read_everything, write_documents, write_history,
};
use tempfile::TempDir;

const APPENDS: u64 = 80;

fn golden() -> PathBuf {
    kept("layout-1")
}

fn kept(layout: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    directory.join("tests/golden").join(layout)
}

fn options() -> EmbeddedOptions {
    let clock = ManualClock::at(Timestamp::from_micros(1_795_432_608_250_000));
    EmbeddedOptions::default()
        .clock(Arc::new(clock))
        .table_bytes(16 * 1024)
}

async fn open(path: &std::path::Path) -> EmbeddedStore {
    open_with(path, options()).await
}

async fn open_with(path: &std::path::Path, options: EmbeddedOptions) -> EmbeddedStore {
    let opened = EmbeddedStore::open_with(path, options).await;
    opened.expect("opens")
}

/// The same history in a new store.
async fn written_now(path: &std::path::Path, chained: bool) -> Served {
    let store = open_with(path, options().hash_chain(chained)).await;
    write_history(&store, 0..APPENDS, &mut Choices::new(1)).await;
    // The first layout was kept before there were documents.
    if chained {
        write_documents(&store).await;
    }
    let served = read_everything(&store).await.expect("reads");
    store.close().await.expect("closes");
    // The second time the engine gives back the space that it had set aside.
    open(path).await.close().await.expect("closes");
    served
}

#[tokio::test]
async fn the_first_layout_is_read_for_ever() {
    let (_copy, store) = read_as_written(golden(), false).await;
    assert_eq!(store.chain_head().await.expect("read"), None);
    store.close().await.expect("closes");
}

#[tokio::test]
async fn the_layout_of_a_chained_log_is_read_for_ever() {
    let (_copy, store) = read_as_written(kept("layout-2"), true).await;
    let events = read_everything(&store).await.expect("reads").events;
    let links = store.chain_links(Position::START, usize::MAX).await;
    let mut reached = ChainLink::start();
    for link in links.expect("read") {
        let append = reached.position.get() as usize..link.position.get() as usize;
        assert_eq!(link.hash, reached.hash.then_append(&events[append]));
        reached = link;
    }
    assert_eq!(reached.position.get(), events.len() as u64);
    store.close().await.expect("closes");
}

/// Opens a kept store, which must hold what this version would write, and go on.
async fn read_as_written(golden: PathBuf, chained: bool) -> (TempDir, EmbeddedStore) {
    let new = quick_directory();
    let expected = written_now(new.path(), chained).await;
    if !golden.exists() && std::env::var("ES_BLESS").is_ok() {
        std::fs::create_dir_all(&golden).expect("made");
        copy_all(new.path(), &golden).expect("copied");
    }
    let copy = quick_directory();
    copy_all(&golden, copy.path()).expect("copied");
    let store = open(copy.path()).await;
    let served = read_everything(&store).await.expect("reads");
    assert!(served == expected, "the golden store is read differently");
    // And it goes on.
    let head = store.head().await.expect("read");
    assert_eq!(head, Position::new(served.events.len() as u64));
    write_history(&store, APPENDS..APPENDS + 5, &mut Choices::new(2)).await;
    assert!(store.head().await.expect("read") > head);
    (copy, store)
}

/// A copy of the golden store, which has no table of documents.
fn first_version() -> TempDir {
    let copy = quick_directory();
    copy_all(&golden(), copy.path()).expect("copied");
    copy
}

fn keyspaces(store: &std::path::Path) -> PathBuf {
    store.join("engine/keyspaces")
}

#[tokio::test]
async fn a_store_of_the_first_version_takes_documents() {
    let directory = first_version();
    let store = open(directory.path()).await;
    let before = read_everything(&store).await.expect("reads");
    store.close().await.expect("closes");
    let store = open(directory.path()).await;
    assert!(read_everything(&store).await.expect("reads") == before);
    for _ in 0..3 {
        write_documents(&store).await;
    }
    let with_documents = read_everything(&store).await.expect("reads");
    assert!(with_documents != before);
    store.close().await.expect("closes");
    let store = open(directory.path()).await;
    assert!(read_everything(&store).await.expect("reads") == with_documents);
    store.close().await.expect("closes");
}

#[tokio::test]
async fn a_table_of_documents_that_was_not_quite_made_is_made() {
    for leftovers in [Vec::new(), vec!["tables"]] {
        let directory = first_version();
        let unfinished = keyspaces(directory.path()).join("8");
        std::fs::create_dir(&unfinished).expect("made");
        for name in leftovers {
            std::fs::create_dir(unfinished.join(name)).expect("made");
        }
        for _ in 0..2 {
            let store = open(directory.path()).await;
            write_documents(&store).await;
            store.close().await.expect("closes");
        }
    }
}

/// Of another table the engine would clear away all there is.
#[tokio::test]
async fn another_table_that_looks_unfinished_is_damage() {
    for table in 0..=7 {
        let directory = first_version();
        let current = keyspaces(directory.path()).join(format!("{table}/current"));
        std::fs::remove_file(current).expect("removed");
        let files = || {
            std::fs::read_dir(keyspaces(directory.path()))
                .expect("listed")
                .count()
        };
        let before = files();
        let refused = EmbeddedStore::open_with(directory.path(), options())
            .await
            .expect_err("damaged");
        assert!(matches!(refused, OpenError::Corrupt { .. }), "{refused}");
        assert_eq!(files(), before);
    }
}

#[tokio::test]
async fn a_table_of_documents_that_is_lost_is_damage() {
    for old in [true, false] {
        let directory = if old {
            first_version()
        } else {
            quick_directory()
        };
        let store = open(directory.path()).await;
        write_documents(&store).await;
        store.close().await.expect("closes");
        let table = keyspaces(directory.path()).join("8");
        std::fs::remove_dir_all(table).expect("it is the eighth");
        let refused = EmbeddedStore::open_with(directory.path(), options())
            .await
            .expect_err("damaged");
        assert!(matches!(refused, OpenError::Corrupt { .. }), "{refused}");
    }
}
