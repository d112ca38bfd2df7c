//! Files that were changed behind the store's back: reported, or without effect, and never served.

#![allow(
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

mod material;

use std::fs;
use std::path::{Path, PathBuf};

use es_store_embedded::{EmbeddedOptions, EmbeddedStore};
use material::{Choices, Served, copy_all, read_everything, slow_tier, write_history};

/// A closed store with data in the journal and in tables, and what it serves.
struct Pristine {
    directory: tempfile::TempDir,
    served: Served,
}

fn options() -> EmbeddedOptions {
    // Small tables, so that a short history is written out several times.
    EmbeddedOptions::default()
        .table_bytes(16 * 1024)
        .reserve_bytes(0)
}

async fn open(path: &Path) -> Result<EmbeddedStore, es_store_embedded::OpenError> {
    EmbeddedStore::open_with(path, options()).await
}

/// How the store came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Closed,
    Killed,
}

async fn pristine(end: End, choices: &mut Choices) -> Pristine {
    let directory = material::quick_directory();
    let store = open(directory.path()).await.expect("opens");
    write_history(&store, 0..150, choices).await;
    store.close().await.expect("closes");
    // The second time the engine has given back the space that it had set aside.
    let store = open(directory.path()).await.expect("opens");
    write_history(&store, 150..300, choices).await;
    let served = read_everything(&store).await.expect("reads");
    if end == End::Closed {
        store.close().await.expect("closes");
        return Pristine { directory, served };
    }
    let copy = as_if_killed(directory.path()).await;
    store.close().await.expect("closes");
    Pristine {
        directory: copy,
        served,
    }
}

/// What a process leaves that is killed: its files, in the middle of things.
///
/// Copying takes time, and the engine may be moving files meanwhile; a copy that it cannot open
/// shows no more than that.
async fn as_if_killed(directory: &Path) -> tempfile::TempDir {
    for _ in 0..100 {
        let (copy, trial) = (material::quick_directory(), material::quick_directory());
        if copy_all(directory, copy.path()).is_err() {
            continue;
        }
        copy_all(copy.path(), trial.path()).expect("copied");
        if let Ok(store) = open(trial.path()).await {
            store.close().await.expect("closes");
            return copy;
        }
    }
    panic!("the engine never rests");
}

impl Pristine {
    /// All files that hold anything, by their paths in the directory.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut directories = vec![self.directory.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory)
                .expect("listed")
                .map(|entry| entry.expect("listed"))
            {
                if entry.file_type().expect("known").is_dir() {
                    directories.push(entry.path());
                } else if entry.metadata().expect("known").len() > 0 {
                    let root = self.directory.path();
                    files.push(entry.path().strip_prefix(root).expect("below").to_owned());
                }
            }
        }
        files.sort();
        files
    }

    /// Copies the store, damages one file, and looks what comes of it.
    async fn damaged(&self, file: &Path, damage: impl FnOnce(&mut Vec<u8>)) -> Found {
        let copy = material::quick_directory();
        copy_all(self.directory.path(), copy.path()).expect("copied");
        let path = copy.path().join(file);
        let mut bytes = fs::read(&path).expect("read");
        damage(&mut bytes);
        fs::write(&path, bytes).expect("written");
        let store = match open(copy.path()).await {
            Ok(store) => store,
            Err(_) => return Found::AtOpen,
        };
        let served = read_everything(&store).await;
        store.close().await.expect("closes");
        match served {
            Err(_) => Found::WhenRead,
            Ok(served) if served == self.served => Found::WithoutEffect,
            Ok(_) => Found::ServedDifferently,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    AtOpen,
    WhenRead,
    WithoutEffect,
    ServedDifferently,
}

/// Counts what was found.
#[derive(Debug, Default)]
struct Tally([usize; 3]);

impl Tally {
    fn count(&mut self, found: Found, what: impl FnOnce() -> String) {
        assert_ne!(found, Found::ServedDifferently, "{}", what());
        self.0[found as usize] += 1;
    }

    fn report(&self, what: &str) {
        let [at_open, when_read, without_effect] = self.0;
        println!(
            "{what}: {at_open} refused at open, {when_read} reported when read, \
             {without_effect} without effect, 0 served differently"
        );
    }
}

/// Damages a file of a store that was closed, and of one that was killed, again and again.
async fn damage_again_and_again(
    what: &str,
    rounds: usize,
    damage: impl Fn(&mut Vec<u8>, usize) + Copy,
) {
    let mut choices = Choices::seeded();
    for end in [End::Closed, End::Killed] {
        let pristine = pristine(end, &mut choices).await;
        let files = pristine.files();
        let is_journal = |file: &&PathBuf| file.extension().is_some_and(|ending| ending == "jnl");
        let journals: Vec<_> = files.iter().filter(is_journal).cloned().collect();
        let mut tally = Tally::default();
        for round in 0..rounds {
            // Every file has its turn, however small it is, and the journal every other time.
            let from = if round % 2 == 0 { &journals } else { &files };
            let file = &from[round / 2 % from.len()];
            let at = choices.next() as usize;
            let found = pristine.damaged(file, |bytes| damage(bytes, at)).await;
            tally.count(found, || {
                format!("{what} {at} of {} was served", file.display())
            });
        }
        tally.report(&format!(
            "{rounds} times {what} in {} files, {end:?}",
            files.len()
        ));
    }
}

#[tokio::test]
async fn a_flipped_bit_anywhere_is_reported_or_without_effect() {
    let rounds = if slow_tier() { 6_000 } else { 250 };
    damage_again_and_again("a flipped bit", rounds, |bytes, at| {
        let bit = at % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
    })
    .await;
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_reported_or_without_effect() {
    let rounds = if slow_tier() { 3_000 } else { 100 };
    damage_again_and_again("a cut", rounds, |bytes, at| {
        bytes.truncate(at % bytes.len())
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_missing_is_reported_or_without_effect() {
    let mut choices = Choices::seeded();
    let pristine = pristine(End::Closed, &mut choices).await;
    let mut tally = Tally::default();
    for file in pristine.files() {
        let copy = material::quick_directory();
        copy_all(pristine.directory.path(), copy.path()).expect("copied");
        fs::remove_file(copy.path().join(&file)).expect("removed");
        let found = match open(copy.path()).await {
            Err(_) => Found::AtOpen,
            Ok(store) => {
                let served = read_everything(&store).await;
                store.close().await.expect("closes");
                match served {
                    Err(_) => Found::WhenRead,
                    Ok(served) if served == pristine.served => Found::WithoutEffect,
                    Ok(_) => Found::ServedDifferently,
                }
            }
        };
        tally.count(found, || {
            format!("without {} it was served", file.display())
        });
    }
    tally.report("missing files");
}
