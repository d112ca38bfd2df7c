//! Files that were changed behind the store's back: reported, or without effect, and never served.
//!
//! A damaged length in one of the engine's own files can make it ask for more memory than there
//! is, which ends the process. So the trials run in processes of their own.

#![allow(
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

mod material;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use es_store_embedded::{EmbeddedOptions, EmbeddedStore};
use material::{
    Choices, Served, copy_all, read_everything, slow_tier, write_documents, write_history,
};

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
    write_documents(&store).await;
    store.close().await.expect("closes");
    // The second time the engine has given back the space that it had set aside.
    let store = open(directory.path()).await.expect("opens");
    // Before the last appends: the mark counts nothing else.
    write_documents(&store).await;
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

/// All files that hold anything, by their paths in the directory.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut directories = vec![root.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory)
            .expect("listed")
            .map(|entry| entry.expect("listed"))
        {
            if entry.file_type().expect("known").is_dir() {
                directories.push(entry.path());
            } else if entry.metadata().expect("known").len() > 0 {
                files.push(entry.path().strip_prefix(root).expect("below").to_owned());
            }
        }
    }
    files.sort();
    files
}

/// Copies the store, damages one file, and looks what comes of it.
async fn damaged(
    pristine: &Path,
    expected: &Served,
    file: &Path,
    damage: impl FnOnce(&mut Vec<u8>),
) -> Found {
    let copy = material::quick_directory();
    copy_all(pristine, copy.path()).expect("copied");
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
        Ok(served) if served == *expected => Found::WithoutEffect,
        Ok(_) => Found::ServedDifferently,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    AtOpen,
    WhenRead,
    WithoutEffect,
    OutOfMemory,
    ServedDifferently,
}

impl Found {
    const ALL: [Self; 5] = [
        Self::AtOpen,
        Self::WhenRead,
        Self::WithoutEffect,
        Self::OutOfMemory,
        Self::ServedDifferently,
    ];
}

/// Counts what was found.
#[derive(Debug, Default)]
struct Tally([usize; 4]);

impl Tally {
    fn count(&mut self, found: Found, what: impl FnOnce() -> String) {
        assert_ne!(found, Found::ServedDifferently, "{}", what());
        self.0[found as usize] += 1;
    }

    fn report(&self, what: &str) {
        let [at_open, when_read, without_effect, ended] = self.0;
        println!(
            "{what}: {at_open} refused at open, {when_read} reported when read, {without_effect} \
             without effect, {ended} out of memory, 0 served differently"
        );
    }
}

/// What is done to a file.
#[derive(Debug, Clone, Copy)]
enum Damage {
    FlippedBit,
    Cut,
}

impl Damage {
    fn apply(self, bytes: &mut Vec<u8>, at: u64) {
        match self {
            Self::FlippedBit => {
                let bit = at as usize % (bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            Self::Cut => bytes.truncate(at as usize % bytes.len()),
        }
    }
}

/// Some trials on one store.
#[derive(Debug, Clone)]
struct Job {
    damage: Damage,
    seed: u64,
    first: usize,
    rounds: usize,
    directory: PathBuf,
}

/// Names the job of a process that was started for it.
const JOB: &str = "ES_TEST_DAMAGE";
const CHILD: &str = "trials_of_a_process_that_was_started_for_them";

impl Job {
    fn to_text(&self) -> String {
        let damage = self.damage as u8;
        let (seed, first, rounds) = (self.seed, self.first, self.rounds);
        format!(
            "{damage} {seed} {first} {rounds} {}",
            self.directory.display()
        )
    }

    fn parse(text: &str) -> Self {
        let mut words = text.splitn(5, ' ');
        let mut word = || words.next().expect("five words");
        Self {
            damage: [Damage::FlippedBit, Damage::Cut][word().parse::<usize>().expect("0 or 1")],
            seed: word().parse().expect("a seed"),
            first: word().parse().expect("a round"),
            rounds: word().parse().expect("a round"),
            directory: word().into(),
        }
    }

    /// Which file a round damages, and where.
    fn choice(&self, files: &[PathBuf], round: usize) -> (PathBuf, u64) {
        let is_journal = |file: &&PathBuf| file.extension().is_some_and(|ending| ending == "jnl");
        let journals: Vec<_> = files.iter().filter(is_journal).cloned().collect();
        // Every file has its turn, however small it is, and the journal every other time.
        let from = if round.is_multiple_of(2) {
            &journals[..]
        } else {
            files
        };
        let at = Choices::new(self.seed.wrapping_add(round as u64)).next();
        (from[round / 2 % from.len()].clone(), at)
    }

    /// Runs the rest of the rounds in another process; what it found, as far as it came.
    fn run_in_a_process(&self) -> Vec<Found> {
        let output = Command::new(std::env::current_exe().expect("known"))
            .args(["--exact", CHILD, "--nocapture"])
            .env(JOB, self.to_text())
            .output()
            .expect("starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let results = text.lines().filter_map(|line| line.strip_prefix("TRIAL "));
        let number = |result: &str| result.parse::<usize>().expect("a number");
        let mut found: Vec<_> = results.map(|result| Found::ALL[number(result)]).collect();
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(
                message.contains("memory allocation of"),
                "{self:?}: {message}"
            );
            found.push(Found::OutOfMemory);
        }
        found
    }
}

#[tokio::test]
async fn trials_of_a_process_that_was_started_for_them() {
    let Ok(job) = std::env::var(JOB) else { return };
    let job = Job::parse(&job);
    let copy = material::quick_directory();
    copy_all(&job.directory, copy.path()).expect("copied");
    let store = open(copy.path()).await.expect("opens");
    let served = read_everything(&store).await.expect("reads");
    store.close().await.expect("closes");
    let files = files(&job.directory);
    println!();
    for round in job.first..job.rounds {
        let (file, at) = job.choice(&files, round);
        let change = |bytes: &mut Vec<u8>| job.damage.apply(bytes, at);
        let found = damaged(&job.directory, &served, &file, change).await;
        println!("TRIAL {}", found as usize);
    }
}

/// Damages a file of a store that was closed, and of one that was killed, again and again.
async fn damage_again_and_again(what: &str, rounds: usize, damage: Damage) {
    let mut choices = Choices::seeded();
    for end in [End::Closed, End::Killed] {
        let pristine = pristine(end, &mut choices).await;
        let directory = pristine.directory.path();
        let files = files(directory);
        let untouched = damaged(directory, &pristine.served, &files[0], |_| ()).await;
        assert_eq!(untouched, Found::WithoutEffect);
        let seed = choices.next();
        let directory = directory.to_owned();
        let mut job = Job {
            damage,
            seed,
            first: 0,
            rounds,
            directory,
        };
        let mut tally = Tally::default();
        while job.first < rounds {
            for found in job.run_in_a_process() {
                let (file, at) = job.choice(&files, job.first);
                tally.count(found, || {
                    format!("{what} {at} of {} was served", file.display())
                });
                job.first += 1;
            }
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
    damage_again_and_again("a flipped bit", rounds, Damage::FlippedBit).await;
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_reported_or_without_effect() {
    let rounds = if slow_tier() { 3_000 } else { 100 };
    damage_again_and_again("a cut", rounds, Damage::Cut).await;
}

#[tokio::test]
async fn a_file_that_is_missing_is_reported_or_without_effect() {
    let mut choices = Choices::seeded();
    let pristine = pristine(End::Closed, &mut choices).await;
    let mut tally = Tally::default();
    for file in files(pristine.directory.path()) {
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
