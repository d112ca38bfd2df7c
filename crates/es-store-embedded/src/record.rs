//! The binary format of one append in the log.
//!
//! A record holds a whole append: that is what makes it all or nothing on disk. The task that
//! appends encodes the body; the writer thread only fills in the header once the append has its
//! place. Integers are little endian, `varint` is LEB128 (7 bits a byte, the lowest first), `text`
//! is a `varint` length and UTF-8.
//!
//! # Header
//!
//! | offset | size | content |
//! |---|---|---|
//! | 0 | 1 | format version: 1, or 2 if the log is chained |
//! | 1 | 1 | 0 |
//! | 2 | 2 | how many streams are written, n |
//! | 4 | 4 | how many events there are |
//! | 8 | 8 | position of the first event |
//! | 16 | 8 | recorded at, microseconds since 1970 |
//! | 24 | 4 | length of the body |
//! | 28 | 8 | XXH3-64 of the body |
//! | 36 | 8 n | for each stream the version of its first event |
//! | 36 + 8 n | 32 | format 2 only: the [chain](es_core::chain)'s hash after this append |
//! | then | 8 | XXH3-64 of the header up to here |
//!
//! The position, the versions and the time are under the checksum, and the key of the record must
//! be the position of its last event: a record that was moved or swapped is found out.
//!
//! # Body
//! 1. append id: 16 bytes
//! 2. n times: stream `text`, number of its events `varint`
//! 3. types: `varint` count, then for each: event name `text`, codec `text`, major `varint`,
//!    minor `varint`, payload flags 1 byte
//! 4. metadata: `varint` count, then for each what [`metadata`] says
//! 5. for each event: id 16 bytes, index into 3 `varint`, index into 4 `varint`, payload length
//!    `varint`
//! 6. the payloads, one after the other, up to the end

mod body;
mod decode;
mod encode;
mod header;
pub(crate) mod metadata;
#[cfg(test)]
mod tests;
mod wire;

pub(crate) use body::StreamPart;
pub(crate) use decode::{Malformed, Record};
pub(crate) use encode::{EncodedRecord, RecordPlace};
pub(crate) use wire::{Reader, Writer};

/// The format version of a record.
const PLAIN: u8 = 1;
/// That of a record in a chained log.
const CHAINED: u8 = 2;

/// The checksum of a value that must also stand under its key.
pub(crate) fn digest_under(key: &[u8], content: &[u8]) -> u64 {
    digest(&[&digest(key).to_le_bytes(), content].concat())
}

/// The checksum of everything this crate stores itself.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}
