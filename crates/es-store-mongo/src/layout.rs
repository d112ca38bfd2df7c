//! The documents in the database: one per stream and append, its `_id` the position of its first
//! event.
//!
//! Layout version 1. Whether the log is chained stands beside the version (`chained`), is decided when
//! that is first noted, and never changes. What is stored is read for ever (I9), so names here are never given a new
//! meaning.
//!
//! | field | BSON type | what |
//! |---|---|---|
//! | `_id` | int64 | position of the first event; the next document has `_id + n` |
//! | `v` | int64 | version of the first event, from 1; unique together with `s` |
//! | `at` | int64 | when it was recorded, in microseconds since 1970; never goes back along `_id` |
//! | `f` | int64 | only in the further documents of an append over several streams: the `_id` of its first document |
//! | `n` | int32 | how many events |
//! | `s` | string | stream, `Category/id` |
//! | `c` | string | category |
//! | `a` | binary 4 | append id, in the first document of an append; may be left out if it is the id of the first event |
//! | `m` | document | metadata shared by the events, see below; left out if there is none |
//! | `e` | array | the events, see below |
//! | `w` | document | only in the last document of a batch: `i` int64 who wrote it, `q` bool whether it had lost a race before |
//! | `h` | binary 0 | only in a chained log: the [chain](es_core::chain)'s hash after this document |
//! | `z` | bool | true in place of `e` and `m` when the events were moved to the archive |
//!
//! An event: `i` binary 4 id, `t` string type, `tv` string type version (left out if 1.0), `k`
//! string codec, `g` int32 flags (left out if 0), `d` binary 0 payload, `x` document own metadata
//! (left out if it is the shared one; an empty document if it has none and `m` is there).
//!
//! Metadata: `c` string correlation, `u` string causation, `b` string actor, `r` string source,
//! `o` int64 time of occurrence in microseconds, `t` string `traceparent`, `ts` string
//! `tracestate`, `h` array of strings: name, value, name, value ... Each is left out if absent.

pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod writer;

/// The layout that this program writes.
pub(crate) const LAYOUT_VERSION: i32 = 1;
/// The unique index on stream and version.
pub(crate) const STREAM_INDEX: &str = "s_v";
