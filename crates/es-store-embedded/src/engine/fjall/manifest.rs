//! A look at the manifests of all keyspaces before fjall opens them.
//!
//! fjall deletes tables that a manifest does not name, and does not verify the manifest's
//! checksum: a flipped bit could cost a table. `current` holds the manifest's number (8 bytes),
//! its XXH3-128 (16 bytes) and a zero byte; the manifest is the file `v` and that number.

use std::fs;
use std::path::Path;

use crate::engine::EngineError;

const KEYSPACES: &str = "keyspaces";
const CURRENT: &str = "current";

pub(super) fn verify(database: &Path) -> Result<(), EngineError> {
    let keyspaces = fs::read_dir(database.join(KEYSPACES)).map_err(EngineError::damaged)?;
    for keyspace in keyspaces {
        verify_keyspace(&keyspace.map_err(EngineError::failed)?.path())?;
    }
    Ok(())
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
