//! A look at the journals before fjall recovers them.
//!
//! fjall ends its recovery at the first entry that it cannot read and cuts the file off there. After
//! a power cut that is right: the last batch was being written. In the middle of a journal it
//! would throw away what was acknowledged. We write one batch at a time and sync it before the
//! next, so **a whole batch behind a broken one means damage**, and so does anything broken in a
//! journal that is closed. Then nothing is opened, and nothing is cut off.
//!
//! A broken batch at the very end cannot be told from a torn write here; the
//! [mark](crate::mark) decides whether it was acknowledged. It is cut off and kept in a file of
//! its own, `.torn`, until another one takes its place.
//!
//! What is read is what is on the disk. After a sync that failed, the system may remember content
//! that the disk does not have, and not say so again; so it is made to forget first.
//!
//! # Format
//! A batch is a start (tag 1, item count u32, sequence number u64), items (tag 2, see [`item`]) and
//! an end (tag 3, XXH3-64 over the items, `FJL` and 3). Integers are little endian. The sequence
//! numbers are under no checksum, but ascend. Space that was set aside is zero.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::engine::EngineError;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const TRAILER: &[u8] = b"FJL\x03";
/// Sequence numbers step by one for each write; a leap beyond this is a flipped bit.
const LONGEST_STEP: u64 = 1 << 32;

/// Makes sure that fjall will find whole batches and nothing else.
pub(super) fn prepare(database: &Path) -> Result<(), EngineError> {
    let mut journals = journals(database)?;
    let Some((_, active)) = journals.pop() else {
        return Err(EngineError::damaged("the journal is missing"));
    };
    let mut sequence = None;
    for (_, sealed) in &journals {
        let end = scan(sealed, &mut sequence)?;
        if let End::Broken(at) = end {
            return Err(damaged(sealed, at));
        }
    }
    match scan(&active, &mut sequence)? {
        End::Broken(at) => cut_off(&active, at).map_err(EngineError::failed),
        End::Whole => Ok(()),
    }
}

fn cut_off(journal: &Path, at: usize) -> std::io::Result<()> {
    tracing::warn!(
        journal = %journal.display(), at,
        "the last write before the store stopped is incomplete; it is put aside"
    );
    let bytes = fs::read(journal)?;
    let torn = bytes[at..]
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(at, |last| at + last + 1);
    let mut aside = fs::File::create(journal.with_extension("jnl.torn"))?;
    aside.write_all(&bytes[at..torn])?;
    aside.sync_all()?;
    let journal = fs::File::options().write(true).open(journal)?;
    journal.set_len(at as u64)?;
    journal.sync_all()
}

fn journals(database: &Path) -> Result<Vec<(u64, PathBuf)>, EngineError> {
    let mut journals = Vec::new();
    for file in fs::read_dir(database).map_err(EngineError::failed)? {
        let path = file.map_err(EngineError::failed)?.path();
        if path.extension().is_some_and(|ending| ending == "jnl") {
            let number = path
                .file_stem()
                .and_then(|stem| stem.to_str()?.parse().ok());
            let number = number.ok_or_else(|| damaged(&path, 0))?;
            journals.push((number, path));
        }
    }
    journals.sort();
    Ok(journals)
}

fn damaged(journal: &Path, at: usize) -> EngineError {
    EngineError::damaged(format!(
        "journal {} is damaged at byte {at}",
        journal.display()
    ))
}

/// How a journal ends.
#[derive(Debug, PartialEq, Eq)]
enum End {
    /// After a batch, or with space that was set aside.
    Whole,
    /// With a batch that is not whole, from this byte on.
    Broken(usize),
}

/// Journals are at most some 64 MiB and one batch long, so they are read in one go.
fn scan(journal: &Path, sequence: &mut Option<u64>) -> Result<End, EngineError> {
    forget(journal).map_err(EngineError::failed)?;
    let bytes = fs::read(journal).map_err(EngineError::failed)?;
    scan_bytes(&bytes, sequence).map_err(|at| damaged(journal, at))
}

/// Makes the system write out what it has of a file, and read it from the disk the next time.
fn forget(file: &Path) -> std::io::Result<()> {
    let file = fs::File::options().write(true).open(file)?;
    file.sync_all()?;
    #[cfg(target_os = "linux")]
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    Ok(())
}

/// Where the damage is, if there is any.
fn scan_bytes(bytes: &[u8], sequence: &mut Option<u64>) -> Result<End, usize> {
    let mut at = 0;
    while let Some((length, number)) = batch(&bytes[at..]) {
        let in_order = sequence.is_none_or(|last| number > last && number - last < LONGEST_STEP);
        if !in_order {
            return Err(at);
        }
        *sequence = Some(number);
        at += length;
    }
    if is_zero(&bytes[at..]) {
        return Ok(End::Whole);
    }
    let later =
        (at + 1..bytes.len()).any(|from| bytes[from] == START && batch(&bytes[from..]).is_some());
    if later { Err(at) } else { Ok(End::Broken(at)) }
}

/// Compares blocks, since up to 64 MiB may be set aside.
fn is_zero(bytes: &[u8]) -> bool {
    const ZEROS: [u8; 4096] = [0; 4096];
    bytes
        .chunks(ZEROS.len())
        .all(|block| *block == ZEROS[..block.len()])
}

/// The length and the sequence number of the whole batch that the bytes begin with.
fn batch(bytes: &[u8]) -> Option<(usize, u64)> {
    let (start, mut rest) = bytes.split_first_chunk::<13>()?;
    let [START, c0, c1, c2, c3, sequence @ ..] = *start else {
        return None;
    };
    let items = u32::from_le_bytes([c0, c1, c2, c3]);
    for _ in 0..items {
        rest = rest.get(item(rest)?..)?;
    }
    let content = &bytes[13..bytes.len() - rest.len()];
    let (end, rest) = rest.split_first_chunk::<13>()?;
    let [END, sum @ .., t0, t1, t2, t3] = *end else {
        return None;
    };
    let whole = [t0, t1, t2, t3] == TRAILER
        && xxhash_rust::xxh3::xxh3_64(content) == u64::from_le_bytes(sum);
    whole.then(|| (bytes.len() - rest.len(), u64::from_le_bytes(sequence)))
}

/// The length of an item: tag, value type and compression (1 byte each; never compressed, as we
/// open it), keyspace u64, key length u16, value length and stored length u32, key, value.
fn item(bytes: &[u8]) -> Option<usize> {
    let (head, rest) = bytes.split_first_chunk::<21>()?;
    let [
        ITEM,
        0..=2,
        0,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        k0,
        k1,
        v0,
        v1,
        v2,
        v3,
        s0,
        s1,
        s2,
        s3,
    ] = *head
    else {
        return None;
    };
    if [v0, v1, v2, v3] != [s0, s1, s2, s3] {
        return None;
    }
    let key = usize::from(u16::from_le_bytes([k0, k1]));
    let value = u32::from_le_bytes([v0, v1, v2, v3]) as usize;
    let length = key.checked_add(value)?;
    (rest.len() >= length).then(|| 21 + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(sequence: u64, value: &[u8]) -> Vec<u8> {
        let mut item = vec![ITEM, 0, 0];
        item.extend_from_slice(&7_u64.to_le_bytes());
        item.extend_from_slice(&1_u16.to_le_bytes());
        item.extend_from_slice(&(value.len() as u32).to_le_bytes());
        item.extend_from_slice(&(value.len() as u32).to_le_bytes());
        item.push(b'k');
        item.extend_from_slice(value);
        let mut batch = vec![START, 1, 0, 0, 0];
        batch.extend_from_slice(&sequence.to_le_bytes());
        batch.extend_from_slice(&item);
        batch.push(END);
        batch.extend_from_slice(&xxhash_rust::xxh3::xxh3_64(&item).to_le_bytes());
        batch.extend_from_slice(TRAILER);
        batch
    }

    fn scanned(bytes: &[u8]) -> Result<End, usize> {
        scan_bytes(bytes, &mut None)
    }

    #[test]
    fn every_flipped_bit_in_front_of_a_whole_batch_is_damage() {
        let first = written(1, b"value");
        let journal = [first.clone(), written(2, b"another")].concat();
        for bit in 0..first.len() * 8 {
            let mut flipped = journal.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let found = scanned(&flipped);
            // Of the first sequence number nothing is known, except that the next one is higher.
            let harmless = matches!(found, Ok(End::Whole)) && (5..13).contains(&(bit / 8));
            assert!(found.is_err() || harmless, "bit {bit}: {found:?}");
        }
    }

    #[test]
    fn a_torn_last_batch_and_space_set_aside_are_no_damage() {
        let journal = [written(1, b"value"), written(2, b"another")].concat();
        let whole = written(1, b"value").len();
        for length in whole..journal.len() {
            let found = scanned(&journal[..length]).unwrap();
            let expected = if length == whole {
                End::Whole
            } else {
                End::Broken(whole)
            };
            assert_eq!(found, expected, "cut at {length}");
        }
        assert_eq!(
            scanned(&[journal, vec![0; 999]].concat()).unwrap(),
            End::Whole
        );
    }
}
