//! A look at the manifests of all keyspaces before fjall opens them.
//!
//! fjall deletes tables that a manifest does not name, and does not verify the manifest's
//! checksum: a flipped bit could cost a table. `current` holds the manifest's number (8 bytes),
//! its XXH3-128 (16 bytes) and a zero byte; the manifest is the file `v` and that number.

use std::fs;
use std::path::Path;

use crate::directory::sync_directory;
use crate::engine::{EngineError, Table};

const KEYSPACES: &str = "keyspaces";
const CURRENT: &str = "current";

pub(super) fn verify(database: &Path) -> Result<(), EngineError> {
    verify_all(database, |_| false)
}

/// As [`verify`], where a process may have died while it made a table that the first versions did
/// not have. fjall clears away what has no `current`, so it must not be that of another table:
/// those have the numbers after that of its own keyspace, 0, as they were made together.
pub(super) fn verify_first(database: &Path) -> Result<(), EngineError> {
    verify_all(database, |keyspace| {
        let number = keyspace
            .file_name()
            .and_then(|name| name.to_str()?.parse().ok());
        let is_later = number.is_some_and(|number: usize| number > Table::FIRST.len());
        is_later && !keyspace.join(CURRENT).exists()
    })
}

fn verify_all(database: &Path, is_unfinished: impl Fn(&Path) -> bool) -> Result<(), EngineError> {
    let keyspaces = fs::read_dir(database.join(KEYSPACES)).map_err(EngineError::damaged)?;
    for keyspace in keyspaces {
        let keyspace = keyspace.map_err(EngineError::failed)?.path();
        if !is_unfinished(&keyspace) {
            verify_keyspace(&keyspace)?;
        }
    }
    Ok(())
}

/// Makes it durable which keyspaces there are.
pub(super) fn sync_keyspaces(database: &Path) -> std::io::Result<()> {
    sync_directory(&database.join(KEYSPACES))
}

fn verify_keyspace(keyspace: &Path) -> Result<(), EngineError> {
    let damaged =
        |what: &str| EngineError::damaged(format!("manifest of {}: {what}", keyspace.display()));
    let current = fs::read(keyspace.join(CURRENT)).map_err(|error| damaged(&error.to_string()))?;
    let (number, sum) = parse(&current).ok_or_else(|| damaged("its pointer is malformed"))?;
    let manifest = fs::read(keyspace.join(format!("v{number}")))
        .map_err(|error| damaged(&error.to_string()))?;
    let matches = xxhash_rust::xxh3::xxh3_128(&manifest) == sum;
    if matches {
        Ok(())
    } else {
        Err(damaged("the checksum does not match"))
    }
}

fn parse(current: &[u8]) -> Option<(u64, u128)> {
    let (number, rest) = current.split_first_chunk::<8>()?;
    let (sum, rest) = rest.split_first_chunk::<16>()?;
    (rest == [0]).then(|| (u64::from_le_bytes(*number), u128::from_le_bytes(*sum)))
}
