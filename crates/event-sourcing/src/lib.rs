//! Event sourcing on an embedded durable store, on MongoDB or in memory: the crates of the
//! framework, behind one name.
//!
//! This crate only re-exports. Each part is a crate of its own that can be used without the
//! others; the features here choose among them.
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `derive` | yes | `#[derive(Event)]` |
//! | `json` | yes | [`serde::Json`], the JSON codec |
//! | `bincode`, `postcard`, `avro` | no | further codecs in [`serde`] |
//! | `lz4`, `zstd` | no | compression of payloads |
//! | `encrypt` | no | [`serde::PackedStore`]: personal data encrypted, with keys that can be destroyed |
//! | `chain` | no | [`serde::chain`]: verifying a chained log |
//! | `cloudevents` | no | CloudEvents 1.0 |
//! | `versioning` | no | [`versioning`]: upcasters, schemas and their gate, migrations |
//! | `embedded` | yes | [`embedded::EmbeddedStore`], a durable store in a directory |
//! | `mongo` | no | [`mongo::MongoStore`], a store for many processes in a MongoDB database |
//! | `testing` | no | [`core::testing`]: given/when/then, fault injection, conformance suites |

pub use es_core as core;
pub use es_core::repository::{ExecuteError, LoadError, RetryPolicy, SaveError, SnapshotPolicy};
pub use es_core::{
    Aggregate, AggregateRoot, AllRange, Append, AppendError, Appended, BoxError, CheckpointName,
    CheckpointStore, Clock, Codec, CodecSet, Event, EventCoding, EventFilter, EventStore,
    EventStoreExt, ExpectedVersion, IdGenerator, IntoEvents, Metadata, NewEvent, Payload, Position,
    ReadError, RecordedEvent, Repository, SnapshotStore, StreamId, StreamRange, StreamVersion,
    Subscription, Timestamp, memory,
};
#[cfg(feature = "json")]
pub use es_serde as serde;
#[cfg(feature = "embedded")]
pub use es_store_embedded as embedded;
#[cfg(feature = "mongo")]
pub use es_store_mongo as mongo;
#[cfg(feature = "versioning")]
pub use es_versioning as versioning;

/// The code in the README, which must compile and run.
#[cfg(all(doctest, feature = "derive", feature = "json", feature = "embedded"))]
#[doc = include_str!("../../../README.md")]
mod readme {}
