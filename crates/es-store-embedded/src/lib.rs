//! A durable event store in one directory: no server, one process, synced before it answers.
//!
//! [`EmbeddedStore`] keeps events, snapshots, checkpoints and documents. It is the store to start with, and
//! the one to stay with while one process at a time is enough.
//!
//! ```
//! use es_core::{Append, CodecId, EventId, EventStore, ExpectedVersion, NewEvent, Payload};
//! use es_core::{StreamRange, TypeName, TypeVersion};
//! use es_store_embedded::EmbeddedStore;
//! # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("claims");
//! # es_core::testing::run(async {
//! let store = EmbeddedStore::open(&path).await?;
//! let paid = NewEvent::new(
//!     EventId::new(uuid::Uuid::from_u128(1)),
//!     TypeName::from_static("ClaimPaid"),
//!     Payload::new(CodecId::from_static("json"), TypeVersion::INITIAL, &br#"{"amount":10}"#[..]),
//! );
//! let claim = "Claim/42".parse()?;
//! store.append(Append::new("Claim/42".parse()?, ExpectedVersion::NoStream, [paid])?).await?;
//! store.close().await?;
//!
//! let store = EmbeddedStore::open(&path).await?;
//! let page = store.read_stream(&claim, StreamRange::all()).await?;
//! assert_eq!(page.events[0].payload.data, &br#"{"amount":10}"#[..]);
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! # What is promised
//! Everything in the contract of [`EventStore`](es_core::EventStore), with
//! [`SnapshotStore`](es_core::SnapshotStore), [`CheckpointStore`](es_core::CheckpointStore) and
//! [`DocumentStore`](es_core::DocumentStore) in the same directory. In particular:
//! - **An append is acknowledged once it is on the disk**: written to the journal, and `fdatasync`
//!   returned. There is no setting for less. On macOS the standard library makes that
//!   `F_FULLFSYNC`. A disk that lies about it, or a mount without write barriers, breaks the promise.
//! - **Readers see nothing that is not durable yet**, by any way of reading.
//! - **An append id is found whatever became of the stream since**; all appends are indexed by it.
//! - **Damage is reported and never served.** See below for how far that goes.
//! - **A log may be [chained](es_core::chain)** ([`EmbeddedOptions::hash_chain`]): each record carries
//!   a hash over its content and the record before it.
//! - Several streams in one append, streams that are only checked, and reading events by id
//!   (unless [`EmbeddedOptions::event_ids`] is off) are all supported.
//!
//! One process has the store open at a time; another opener gets [`OpenError::Locked`] at once.
//! The lock is the operating system's, and ends with the process.
//!
//! # How it works
//! Appends wait in a bounded queue. One writer thread takes all that wait, checks them one after
//! the other, writes them in one atomic batch, syncs once, and answers. So the more callers there
//! are the more appends share a sync, and none waits for others to come. Callers encode their
//! events themselves, and wait for a place when the queue is full.
//!
//! Reads are answered on the calling task if they look at few records, and go on in a blocking
//! thread (`tokio::task::spawn_blocking`) otherwise. Opening uses one, too. All methods need a
//! tokio runtime.
//!
//! Dropping the future of an append leaves it done or not done; with the same id it can be
//! repeated to find out. Dropping a read has no effect.
//!
//! # When something fails
//! | what | callers get | then |
//! |---|---|---|
//! | less than [`EmbeddedOptions::reserve_bytes`] free | [`Unavailable`](es_core::AppendError::Unavailable), nothing written | goes on by itself once there is room |
//! | a write fails, as on a full disk | the engine is opened again and shows what is in it: the result, or `Unavailable`; if it cannot be opened, [`Unknown`](es_core::AppendError::Unknown) | is tried again with later appends, by itself |
//! | a sync fails | [`Unknown`](es_core::AppendError::Unknown), and `Unavailable` from then on | have the disk checked, [`close`](EmbeddedStore::close), open again. Nothing is synced a second time: after a failed sync that proves nothing. What was durable stays readable |
//! | the process or the machine dies | nothing | the next open finds all that was acknowledged, and whole appends only |
//!
//! The cause is a [`Refused`] in the `source` of the error.
//!
//! # Damage
//! Opening looks at the last record and the indexes to it, at the number of entries in each table
//! of events, at every journal and manifest, and at the *mark*, a note of how far the log reached. It takes
//! as long as reading the journals (up to about [`EmbeddedOptions::journal_bytes`]). If something
//! acknowledged is missing or changed there, it refuses with [`OpenError::Corrupt`] and **changes
//! nothing**, so that no repair is worse than the damage. The rest is verified when it is read:
//! a record carries checksums over its place and its content, and positions and versions must
//! follow each other.
//!
//! So a flipped bit, a file that is cut or missing, a lost table, an old copy of one file among newer
//! ones is found, or has no effect. What cannot be found:
//! - The last write before a *power cut* damaged later, if the mark was not yet on the disk (it is
//!   synced about every second): it looks like a torn write that nobody was answered for. After a
//!   crash of the process alone, and after a close, there is no such gap.
//! - The snapshots, checkpoints and documents saved since the last append, if the end of the journal
//!   was damaged later: the mark counts appends.
//! - The whole directory replaced by an older copy of itself.
//! - Intent: the checksums (XXH3) are no signatures.
//!
//! One kind of damage is reported roughly: a length in the engine's own files that became too large
//! can make the engine ask for more memory than there is, which ends the process. Nothing is served
//! then, either.
//!
//! To back up, close the store and copy the directory.
//!
//! # What is on disk
//! | name | content |
//! |---|---|
//! | `lock` | empty; locked while the store is open |
//! | `layout` | text: a title, the version of the layout (1, or 2 if the log is chained), whether event ids are indexed, `table documents` once there is that table, a checksum |
//! | `mark` | two slots that say how far the log reaches at least |
//! | `engine/` | the tables, kept by the crate fjall, version 3 |
//!
//! Numbers in keys are big endian, so that they sort. Everything points to an append by the
//! position of its **last** event.
//!
//! | table | key | value |
//! |---|---|---|
//! | `log` | position of the last event, 8 bytes | the record of the append |
//! | `streams` | stream, 0, last version of the append in the stream, 8 bytes | position; version 0 marks that the stream exists and has no value |
//! | `appends` | append id, 16 bytes | position |
//! | `events` | event id, 16 bytes, position of the event, 8 bytes | none. Left out: a first event whose id is that of its append |
//! | `snapshots` | stream, 0, version, 8 bytes | the snapshot |
//! | `checkpoints` | name | position |
//! | `documents` | kind, 0, name | format version 1 (1 byte); revision, 8 bytes little endian; the content; XXH3-64 of the XXH3-64 of the key and all before |
//! | `totals` | `totals` | head, time and checksum of the last record; number of appends, streams, writes to streams, entries in `events`; the last hash if the log is chained; a checksum |
//!
//! ## Records
//! A record holds a whole append. Integers in it are little endian, `varint` is LEB128, `text` is a
//! `varint` length and UTF-8.
//!
//! | offset | size | header |
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
//! Then the body:
//! 1. append id, 16 bytes
//! 2. n times: stream `text`, number of its events `varint`
//! 3. types: `varint` count, then for each event name `text`, codec `text`, major and minor
//!    version `varint`, payload flags 1 byte
//! 4. metadata: `varint` count, then for each one byte that says which facts are there, and these
//!    in order: correlation (1), causation (2), actor (4), source (8), all `text`; occurred at
//!    (16), 8 bytes; trace (32), parent and state `text`, with a state if 64 is set; headers (128),
//!    `varint` count and pairs of `text`, sorted
//! 5. for each event: id 16 bytes, index into 3, index into 4, payload length, all `varint`
//! 6. the payloads, one after the other, to the end
//!
//! Stores of the first versions have no table `documents`: it is made when they are opened, which
//! those versions do not mind. Once `layout` says that it is there, a store without it is damaged.
//!
//! `tests/golden` holds records of both formats and a whole store of both layouts; every later version
//! must read them.
//!
//! # Sizes
//! An append of 4 or 5 events with 200 bytes each takes about 300 bytes an event in the journal
//! and, once written out, about 280 (random payloads do not compress). Memory: the caches and the
//! queue as set in [`EmbeddedOptions`], the engine's tables in memory (up to a few times
//! [`EmbeddedOptions::table_bytes`] for each that is written to), and the pages that are being
//! read.

mod chain;
mod checkpoint;
mod committer;
mod directory;
mod document;
mod engine;
mod error;
mod event_store;
mod keys;
mod layout;
mod mark;
mod options;
mod queue;
mod reader;
mod record;
mod shared;
mod snapshot;
mod space;
mod stats;
mod store;
mod totals;
mod verify;

pub use error::{CloseError, OpenError, Refused};
pub use options::EmbeddedOptions;
pub use stats::EmbeddedStats;
pub use store::EmbeddedStore;
