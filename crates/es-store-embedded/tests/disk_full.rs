//! A disk that fills up: appends fail cleanly, nothing is lost, and the store goes on when there
//! is room again.
//!
//! The disk is a small one in memory, which takes the right to mount. Where nobody may mount, the
//! tests fail and say so, unless `ES_TEST_SKIP=disk-full` says that this is known.

#![allow(
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

mod material;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use es_core::{
    Append, AppendError, Appended, Clock, EventStore, ExpectedVersion, Position, SystemClock,
};
use es_store_embedded::{EmbeddedOptions, EmbeddedStore, OpenError};
use material::{event, read_everything, stream};

const MIB: usize = 1024 * 1024;

/// A disk of its own, unmounted when dropped.
struct SmallDisk {
    directory: tempfile::TempDir,
}

impl SmallDisk {
    /// Nothing if the tests of this file are to be skipped.
    fn mount(mebibytes: usize) -> Option<Self> {
        if std::env::var("ES_TEST_SKIP").is_ok_and(|skip| skip.split(',').any(|s| s == "disk-full"))
        {
            println!("skipped, since ES_TEST_SKIP names disk-full");
            return None;
        }
        let directory = tempfile::tempdir().expect("made");
        let size = format!("size={mebibytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(directory.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self { directory }),
            Ok(output) => panic!(
                "this test mounts a small disk, and may not: {}; run it as root \
                 (`unshare -Urm cargo test` will do), or set ES_TEST_SKIP=disk-full",
                String::from_utf8_lossy(&output.stderr).trim()
            ),
            Err(error) => {
                panic!("this test needs `mount` ({error}), or set ES_TEST_SKIP=disk-full")
            }
        }
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    /// Takes up all space but so much.
    fn fill_up(&self, leave: usize) -> PathBuf {
        let filler = self.directory.path().join("filler");
        let _ = std::fs::remove_file(&filler);
        let free = free(self.directory.path());
        std::fs::write(&filler, vec![1; free.saturating_sub(leave)]).expect("filled");
        filler
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the store may let go of its files a moment later.
        let _ = Command::new("umount")
            .arg("-l")
            .arg(self.directory.path())
            .status();
    }
}

fn free(path: &Path) -> usize {
    let output = Command::new("df")
        .args(["-B1", "--output=avail"])
        .arg(path)
        .output();
    let output = output.expect("df runs").stdout;
    let text = String::from_utf8_lossy(&output).into_owned();
    text.lines()
        .last()
        .and_then(|line| line.trim().parse().ok())
        .expect("df says a number")
}

fn append(n: u64, bytes: usize) -> Append {
    let events = [event(u128::from(n) + 1, bytes)];
    Append::new(stream(n % 20), ExpectedVersion::Any, events).expect("valid")
}

/// What a writer saw: where each acknowledged append is, and those of unknown outcome.
#[derive(Debug, Default)]
struct Seen {
    acknowledged: Vec<(u64, Position)>,
    unknown: Vec<u64>,
    refused: usize,
    last_refusal: String,
}

impl Seen {
    fn take(&mut self, n: u64, result: Result<Appended, AppendError>) {
        match result {
            Ok(appended) => self.acknowledged.push((n, appended.first_position)),
            Err(AppendError::Unavailable { source }) => {
                self.refused += 1;
                self.last_refusal = source.to_string();
            }
            Err(error) if error.is_unknown() => self.unknown.push(n),
            Err(other) => panic!("append {n}: {other}"),
        }
    }

    /// Everything acknowledged is where it was put, and repeats of the rest resolve them.
    async fn check(&self, store: &EmbeddedStore, bytes: usize) {
        let served = read_everything(store).await.expect("reads");
        for (n, position) in &self.acknowledged {
            let event = &served.events[position.get() as usize - 1];
            assert_eq!(event.id, append(*n, 0).events().next().expect("one").id);
        }
        for n in &self.unknown {
            let there = served
                .events
                .iter()
                .any(|e| e.id == append(*n, 0).events().next().expect("one").id);
            let resolved = store.append(append(*n, bytes)).await.expect("resolved");
            assert_eq!(resolved.repeated, there);
        }
    }
}

/// Appends until it is refused so often, or something was unknown.
async fn append_until_refused(
    store: &EmbeddedStore,
    seen: &mut Seen,
    from: u64,
    bytes: usize,
) -> u64 {
    for n in from.. {
        seen.take(n, store.append(append(n, bytes)).await);
        if seen.refused >= 3 {
            return n + 1;
        }
        assert!(n < 100_000, "the disk never fills up");
    }
    unreachable!("the loop has no end")
}

/// Appends until one is taken.
async fn append_until_taken(
    store: &EmbeddedStore,
    seen: &mut Seen,
    from: u64,
    bytes: usize,
) -> u64 {
    for n in from..from + 200 {
        let before = seen.acknowledged.len();
        seen.take(n, store.append(append(n, bytes)).await);
        if seen.acknowledged.len() > before {
            return n + 1;
        }
        SystemClock.sleep(Duration::from_millis(50)).await;
    }
    panic!(
        "there is room again, and the store does not come back: {}",
        seen.last_refusal
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nearly_full_disk_refuses_appends_until_there_is_room() {
    let Some(disk) = SmallDisk::mount(256) else {
        return;
    };
    let filler = disk.fill_up(120 * MIB);
    let options = || EmbeddedOptions::default().reserve_bytes(32 * MIB as u64);
    let store = EmbeddedStore::open_with(disk.store(), options())
        .await
        .expect("opens");
    let (mut seen, bytes) = (Seen::default(), 64 * 1024);
    let next = append_until_refused(&store, &mut seen, 0, bytes).await;
    assert!(seen.unknown.is_empty(), "{:?}", seen.unknown);
    assert!(
        free(disk.directory.path()) > 16 * MIB,
        "the reserve was used up"
    );
    seen.check(&store, bytes).await;

    // Closing and opening work on the full disk, too. The engine may tidy up, and make room.
    store.close().await.expect("closes");
    let store = EmbeddedStore::open_with(disk.store(), options())
        .await
        .expect("opens");
    let refused = loop {
        disk.fill_up(16 * MIB);
        if let Err(refused) = store.append(append(next, bytes)).await {
            break refused;
        }
    };
    let AppendError::Unavailable { source } = refused else {
        panic!("{refused}")
    };
    assert!(
        source.to_string().contains("make room and repeat"),
        "{source}"
    );
    seen.check(&store, bytes).await;
    std::fs::remove_file(filler).expect("removed");
    append_until_taken(&store, &mut seen, next + 1, bytes).await;
    seen.check(&store, bytes).await;
    store.close().await.expect("closes");
}

/// The disk fills up under a store that keeps no reserve: the engine itself meets the end of it,
/// in its journal or when it writes out its tables.
async fn really_full(table_bytes: u64, payload: usize) {
    let Some(disk) = SmallDisk::mount(96) else {
        return;
    };
    let options = || {
        EmbeddedOptions::default()
            .reserve_bytes(0)
            .table_bytes(table_bytes)
    };
    let store = EmbeddedStore::open_with(disk.store(), options())
        .await
        .expect("opens");
    let mut seen = Seen::default();
    let mut next = 0;
    for round in 1..=3 {
        for n in next..next + 50 {
            seen.take(n, store.append(append(n, payload)).await);
        }
        next += 50;
        let filler = disk.fill_up(round * 3 * MIB);
        seen.refused = 0;
        next = append_until_refused(&store, &mut seen, next, payload).await;
        // Reading goes on, or says that it cannot, and does not lie.
        if let Ok(served) = read_everything(&store).await {
            assert!(served.events.len() >= seen.acknowledged.len());
        }
        std::fs::remove_file(filler).expect("removed");
        next = append_until_taken(&store, &mut seen, next, payload).await;
        let unknown = seen.unknown.len();
        seen.check(&store, payload).await;
        println!(
            "table_bytes {table_bytes}, round {round}: {} acknowledged, {unknown} unknown, 0 lost",
            seen.acknowledged.len()
        );
        // They are resolved, and stored.
        seen.unknown.clear();
    }
    store.close().await.expect("closes");
    let store = reopened(&disk.store(), options).await;
    seen.check(&store, payload).await;
    store.close().await.expect("closes");
}

/// A program that another test starts at this moment (`mount`) holds a copy of the lock until it
/// runs.
async fn reopened(path: &Path, options: impl Fn() -> EmbeddedOptions) -> EmbeddedStore {
    for _ in 0..200 {
        match EmbeddedStore::open_with(path, options()).await {
            Err(OpenError::Locked { .. }) => SystemClock.sleep(Duration::from_millis(50)).await,
            opened => return opened.expect("opens"),
        }
    }
    panic!("still locked after ten seconds")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_the_journal_loses_nothing() {
    really_full(64 * MIB as u64, 32 * 1024).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_under_the_tables_loses_nothing() {
    really_full(256 * 1024, 8 * 1024).await;
}
