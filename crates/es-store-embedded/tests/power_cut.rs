//! A journal that ends anywhere, as after a power cut: whole appends up to some point, or a
//! refusal if anything is missing that was noted as durable.

#![allow(
    clippy::expect_used,
    reason = "a panic with a message is how a test fails"
)]

mod material;

use std::fs;
use std::path::{Path, PathBuf};

use es_core::{Append, EventStore, ExpectedVersion, Position};
use es_store_embedded::{EmbeddedStore, OpenError};
use material::{Choices, copy_all, event, quick_directory, read_everything, slow_tier, stream};

const APPENDS: u64 = 12;

/// A store that was written to, with the state of its files after each append.
struct Recorded {
    directory: tempfile::TempDir,
    /// After each append: how long the journal is, the mark, and the head.
    steps: Vec<(usize, Vec<u8>, Position)>,
}

fn journal(directory: &Path) -> PathBuf {
    directory.join("engine/0.jnl")
}

/// The journal without the space that is set aside.
fn written(directory: &Path) -> Vec<u8> {
    let mut bytes = fs::read(journal(directory)).expect("read");
    let length = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    bytes.truncate(length);
    bytes
}

async fn recorded() -> Recorded {
    let directory = quick_directory();
    let store = EmbeddedStore::open(directory.path()).await.expect("opens");
    let mut steps = Vec::new();
    for n in 0..APPENDS {
        let events = (0..=u128::from(n % 3)).map(|k| event(u128::from(n) * 10 + k + 1, 40));
        let append = Append::new(stream(n % 2), ExpectedVersion::Any, events).expect("valid");
        store.append(append).await.expect("appended");
        let mark = fs::read(directory.path().join("mark")).expect("read");
        steps.push((
            written(directory.path()).len(),
            mark,
            store.head().await.expect("read"),
        ));
    }
    let copy = quick_directory();
    copy_all(directory.path(), copy.path()).expect("copied");
    store.close().await.expect("closes");
    let whole = written(copy.path());
    fs::write(journal(copy.path()), whole).expect("written");
    Recorded {
        directory: copy,
        steps,
    }
}

impl Recorded {
    /// The store with its journal cut to `length` bytes and the mark of after `noted` appends.
    fn cut(&self, length: usize, noted: usize, tail: &[u8]) -> tempfile::TempDir {
        let copy = quick_directory();
        copy_all(self.directory.path(), copy.path()).expect("copied");
        let mut bytes = fs::read(journal(copy.path())).expect("read");
        bytes.truncate(length);
        bytes.extend_from_slice(tail);
        fs::write(journal(copy.path()), bytes).expect("written");
        if let Some((_, mark, _)) = noted.checked_sub(1).map(|at| &self.steps[at]) {
            fs::write(copy.path().join("mark"), mark).expect("written");
        }
        copy
    }

    /// The head after so many appends.
    fn head(&self, appends: usize) -> Position {
        appends
            .checked_sub(1)
            .map_or(Position::START, |last| self.steps[last].2)
    }

    /// How many appends are whole in so many bytes.
    fn whole(&self, length: usize) -> usize {
        self.steps.iter().filter(|(end, ..)| *end <= length).count()
    }
}

#[tokio::test]
async fn every_cut_leaves_whole_appends_or_is_refused() {
    let recorded = recorded().await;
    let mut choices = Choices::seeded();
    let (first, last) = (
        recorded.steps[0].0,
        recorded.steps[recorded.steps.len() - 1].0,
    );
    let (mut opened, mut refused) = (0, 0);
    let step = if slow_tier() { 1 } else { 37 };
    let boundaries = recorded
        .steps
        .iter()
        .flat_map(|(end, ..)| [end - 1, *end, end + 1]);
    let lengths = (first..=last)
        .step_by(step)
        .chain(boundaries.filter(|at| *at <= last));
    for length in lengths {
        let noted = 1 + choices.below(APPENDS) as usize;
        // Space that was set aside, or what the disk held there before.
        let tail = if choices.below(2) == 0 {
            vec![0; 500]
        } else {
            vec![0xA5; 50]
        };
        let copy = recorded.cut(length, noted, &tail);
        let whole = recorded.whole(length);
        match EmbeddedStore::open(copy.path()).await {
            Ok(store) => {
                assert!(
                    whole >= noted,
                    "{noted} appends were durable, {whole} are left"
                );
                assert_eq!(store.head().await.expect("read"), recorded.head(whole));
                read_everything(&store).await.expect("reads");
                let next = Append::new(stream(9), ExpectedVersion::NoStream, [event(999, 10)]);
                let next = store.append(next.expect("valid")).await.expect("appended");
                assert_eq!(next.first_position, recorded.head(whole).next());
                store.close().await.expect("closes");
                opened += 1;
            }
            Err(OpenError::Corrupt { position, .. }) => {
                assert!(
                    whole < noted,
                    "cut at {length}: {whole} appends are whole, {noted} noted"
                );
                assert_eq!(position, recorded.head(whole).next());
                refused += 1;
            }
            Err(other) => panic!("cut at {length}: {other}"),
        }
    }
    println!("power cuts: {opened} opened with whole appends, {refused} refused with a position");
    assert!(opened > 0 && refused > 0);
}

#[tokio::test]
async fn what_was_cut_off_after_a_refusal_is_still_there() {
    let recorded = recorded().await;
    // A flipped bit in the middle: the appends after it are acknowledged, and must not be lost.
    let copy = recorded.cut(usize::MAX, 0, &[]);
    let mut bytes = fs::read(journal(copy.path())).expect("read");
    let at = recorded.steps[5].0 + 3;
    bytes[at] ^= 4;
    fs::write(journal(copy.path()), &bytes).expect("written");
    for _ in 0..2 {
        let refused = EmbeddedStore::open(copy.path()).await.expect_err("damaged");
        assert!(matches!(refused, OpenError::Corrupt { .. }), "{refused}");
        assert_eq!(fs::read(journal(copy.path())).expect("read"), bytes);
    }
    // Who can mend the file has lost nothing.
    bytes[at] ^= 4;
    fs::write(journal(copy.path()), &bytes).expect("written");
    let store = EmbeddedStore::open(copy.path()).await.expect("opens");
    assert_eq!(
        store.head().await.expect("read"),
        recorded.head(APPENDS as usize)
    );
}
