//! Formats for events and snapshots: what turns a value into the bytes that a store keeps.
//!
//! [`Json`] is the default. A program names the codec it writes with, and any others that it can
//! still read:
//!
//! ```
//! use es_core::CodecSet;
//! use es_serde::Json;
//!
//! let codecs = CodecSet::new(Json);
//! assert_eq!(codecs.ids().next(), Some(Json::ID));
//! ```
//!
//! # Which codec
//!
//! | | `Json` | `Avro` | `Postcard` | `Bincode` |
//! |---|---|---|---|---|
//! | id | `json` | `avro` | `postcard` | `bincode` |
//! | feature | always there | `avro` | `postcard` | `bincode` |
//! | for | most programs; readable by people | small payloads that other tools read and that change | small payloads that only this program reads | what was stored with it already |
//! | a field is added | the reader's `#[serde(default)]` | the schema's default | a new version and a translation | a new version and a translation |
//! | a field is removed | it is ignored | it is skipped | a new version and a translation | a new version and a translation |
//! | a field is renamed | the reader's `#[serde(alias)]` | the schema's alias | nothing is to do | nothing is to do |
//! | an integer gets wider | nothing is to do | the schema says so | nothing is to do from 16 bits on | nothing is to do from 16 bits on |
//! | enums by | name | name | place | place |
//! | serde's `tag`, `untagged`, `flatten` | yes | only `flatten`, into fields of the schema | no | no |
//! | largest payload | that of the store | 16 MiB | 16 MiB | 16 MiB |
//! | nesting | 128 | 64 in the schema, which cannot hold itself | 128 | 128 |
//! | the bytes are | RFC 8259 | Avro 1.12, single-object encoding | postcard 1 | bincode 2, frozen |
//!
//! No codec changes the bytes it writes from one version of this crate to the next: its tests keep
//! files with the bytes of each. Since a payload is stored with the id of its codec, a program can
//! change the codec that it writes with at any time, as long as it still reads the old one.
//!
//! The formats without names cannot keep every type that they write. [`round_trips`] checks sample
//! events when a program starts, or in its tests.

#[cfg(feature = "avro")]
mod avro;
#[cfg(feature = "bincode")]
mod bincode_codec;
#[cfg(feature = "chain")]
pub mod chain;
#[cfg(feature = "cloudevents")]
mod cloud_events;
mod compress;
#[cfg(any(feature = "avro", feature = "bincode", feature = "postcard"))]
mod guard;
mod json;
#[cfg(any(feature = "avro", feature = "bincode", feature = "postcard"))]
mod limit;
mod packed_store;
#[cfg(feature = "postcard")]
mod postcard_codec;
mod round_trip;
#[cfg(feature = "encrypt")]
pub mod seal;

#[cfg(feature = "avro")]
pub use avro::{
    Avro, AvroIncompatible, AvroSchemaError, AvroSchemaProblem, AvroSchemas, StoredSchemaError,
    can_read,
};
#[cfg(feature = "bincode")]
pub use bincode_codec::Bincode;
#[cfg(feature = "cloudevents")]
pub use cloud_events::{
    BatchError, CloudEvent, CloudEventBatch, CloudEventData, CloudEventError, ExtensionValue,
};
#[cfg(any(feature = "lz4", feature = "zstd"))]
pub use compress::Compression;
pub use compress::{Algorithm, DecompressError, MAX_PLAIN_BYTES, decompress};
pub use json::Json;
pub use packed_store::PackedStore;
#[cfg(feature = "postcard")]
pub use postcard_codec::Postcard;
pub use round_trip::{RoundTripError, round_trips};
