//! Who may open a directory, and when.

#![allow(
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

mod material;

use std::process::Command;

use es_core::{Append, EventStore, ExpectedVersion, Position, ReadError};
use es_store_embedded::{EmbeddedOptions, EmbeddedStore, OpenError};
use material::{event, stream};

/// Set for the process that is to be the second opener.
const SECOND_OPENER: &str = "ES_TEST_SECOND_OPENER";

fn append(n: u64) -> Append {
    let events = [event(u128::from(n) + 1, 20)];
    Append::new(stream(n), ExpectedVersion::NoStream, events).expect("valid")
}

#[tokio::test]
async fn a_second_opener_in_the_process_is_refused_at_once() {
    let directory = tempfile::tempdir().expect("made");
    let store = EmbeddedStore::open(directory.path()).await.expect("opens");
    store.append(append(1)).await.expect("appended");
    let refused = EmbeddedStore::open(directory.path())
        .await
        .expect_err("locked");
    assert!(matches!(&refused, OpenError::Locked { path } if path == directory.path()));
    assert!(
        refused.to_string().contains("close it there first"),
        "{refused}"
    );
    store
        .append(append(2))
        .await
        .expect("the first one goes on");
    store.close().await.expect("closes");
    let store = EmbeddedStore::open(directory.path()).await.expect("opens");
    assert_eq!(store.head().await.expect("read"), Position::new(2));
}

#[tokio::test]
async fn a_second_opener_in_another_process_is_refused_at_once() {
    if let Ok(path) = std::env::var(SECOND_OPENER) {
        let refused = EmbeddedStore::open(path).await.expect_err("locked");
        assert!(matches!(refused, OpenError::Locked { .. }), "{refused}");
        return;
    }
    let directory = tempfile::tempdir().expect("made");
    let store = EmbeddedStore::open(directory.path()).await.expect("opens");
    let second = Command::new(std::env::current_exe().expect("known"))
        .args([
            "--exact",
            "a_second_opener_in_another_process_is_refused_at_once",
        ])
        .env(SECOND_OPENER, directory.path())
        .output()
        .expect("runs");
    assert!(
        second.status.success(),
        "{}",
        String::from_utf8_lossy(&second.stdout)
    );
    store
        .append(append(1))
        .await
        .expect("the first one goes on");
}

#[tokio::test]
async fn many_openers_of_a_new_directory_make_one_store() {
    let directory = tempfile::tempdir().expect("made");
    let path = directory.path().join("deep/down");
    let openers: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            tokio::spawn(async move { EmbeddedStore::open(path).await })
        })
        .collect();
    let mut opened = Vec::new();
    for opener in openers {
        match opener.await.expect("runs") {
            Ok(store) => opened.push(store),
            Err(refused) => assert!(matches!(refused, OpenError::Locked { .. }), "{refused}"),
        }
    }
    assert_eq!(opened.len(), 1);
    opened[0].append(append(1)).await.expect("appended");
}

#[tokio::test]
async fn a_directory_of_somebody_else_is_refused() {
    let directory = tempfile::tempdir().expect("made");
    std::fs::write(directory.path().join("notes.txt"), "mine").expect("written");
    let refused = EmbeddedStore::open(directory.path())
        .await
        .expect_err("not a store");
    assert!(matches!(&refused, OpenError::NotAStore { .. }), "{refused}");
    assert!(
        refused
            .to_string()
            .contains("name a new or empty directory"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_store_that_was_never_finished_is_finished() {
    // What a crash leaves at each step of making a store.
    for (there, gone) in [("layout", "engine"), ("layout", "mark")] {
        let directory = tempfile::tempdir().expect("made");
        EmbeddedStore::open(directory.path())
            .await
            .expect("opens")
            .close()
            .await
            .expect("closes");
        if gone == "engine" {
            std::fs::rename(
                directory.path().join("engine"),
                directory.path().join("engine.new"),
            )
            .expect("renamed");
        }
        std::fs::remove_file(directory.path().join("mark")).expect("removed");
        assert!(directory.path().join(there).exists());
        let store = EmbeddedStore::open(directory.path()).await.expect("opens");
        store.append(append(1)).await.expect("appended");
        store.close().await.expect("closes");
    }
}

#[tokio::test]
async fn without_the_index_events_are_not_found_by_id_and_repeats_are() {
    let directory = tempfile::tempdir().expect("made");
    let options = EmbeddedOptions::default().event_ids(false);
    let store = EmbeddedStore::open_with(directory.path(), options)
        .await
        .expect("opens");
    store.append(append(1)).await.expect("appended");
    assert!(store.append(append(1)).await.expect("known").repeated);
    let unsupported = store
        .read_event(event(2, 20).id)
        .await
        .expect_err("not indexed");
    assert!(matches!(unsupported, ReadError::Unsupported { .. }));
    store.close().await.expect("closes");
    let refused = EmbeddedStore::open(directory.path())
        .await
        .expect_err("other setting");
    assert!(
        matches!(
            refused,
            OpenError::EventIds {
                made_with: false,
                ..
            }
        ),
        "{refused}"
    );
}

#[tokio::test]
async fn time_does_not_go_back_over_a_restart() {
    let directory = tempfile::tempdir().expect("made");
    let clock = es_core::testing::ManualClock::new();
    let options = || EmbeddedOptions::default().clock(std::sync::Arc::new(clock.clone()));
    clock.set(es_core::Timestamp::from_micros(1_000_000));
    let store = EmbeddedStore::open_with(directory.path(), options())
        .await
        .expect("opens");
    store.append(append(1)).await.expect("appended");
    store.close().await.expect("closes");
    clock.set(es_core::Timestamp::from_micros(5));
    let store = EmbeddedStore::open_with(directory.path(), options())
        .await
        .expect("opens");
    store.append(append(2)).await.expect("appended");
    let page = store
        .read_all(&es_core::AllRange::after(Position::START))
        .await
        .expect("read");
    let times: Vec<_> = page
        .events
        .iter()
        .map(|event| event.recorded_at.as_micros())
        .collect();
    assert_eq!(times, [1_000_000, 1_000_000]);
}

#[tokio::test]
async fn group_commit_shares_syncs_between_128_writers() {
    let directory = tempfile::tempdir().expect("made");
    let store = EmbeddedStore::open(directory.path()).await.expect("opens");
    let writers: Vec<_> = (0..128)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                for k in 0..10 {
                    store.append(append(n * 100 + k)).await.expect("appended");
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.expect("runs");
    }
    let stats = store.stats();
    println!(
        "{} appends in {} commits",
        stats.committed_appends, stats.commits
    );
    assert_eq!(
        (stats.committed_appends, stats.events, stats.streams),
        (1_280, 1_280, 1_280)
    );
    assert!(stats.commits < 640, "{stats:?}");
    assert!(stats.disk_bytes > 0);
}
