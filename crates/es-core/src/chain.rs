//! A hash chain over a log: each append carries a hash over its content and the hash before it.
//!
//! Whether a log is chained is decided when it is made; a chained one is so from its first event to
//! its last. The hash is stored with the append, in the same write. It is over what is stored, so an
//! erasure, which destroys a key and touches no event, leaves it as it is.
//!
//! # Form 1
//! A *part* is what one append wrote to one stream. SHA-256 (FIPS 180-4) throughout.
//! - Content: the hash over the stream and then, for each event, id, type name, type version (major,
//!   minor), format, flags, payload; then of its metadata correlation, causation, actor, source,
//!   time of occurrence, trace parent, trace state, the number of headers, and each header's name
//!   and value.
//! - Link: the hash over the link before (of no events at all: SHA-256 of
//!   `event-sourcing hash chain 1`), position and version of the part's first event, its recorded
//!   time, its number of events, and its content.
//!
//! Numbers are 64 bits, little endian, times are microseconds since 1970; texts and bytes (the time of
//! occurrence is 8 of them) have their length in front, and what is absent is the length `u64::MAX`
//! alone. The two hashes in a link are 32 bytes each, without a length.
//!
//! The content does not depend on the place, so it is computed before the place is known; what is
//! left for the one writer is one link a part, however large that is.

mod content;
mod hash;
mod store;

pub use self::content::ContentHash;
pub use self::hash::{ChainHash, ChainLink, ChainPart, InvalidHash};
pub use self::store::ChainStore;
