//! The vocabulary of event sourcing: ids, events, aggregates, and what a store must keep.
//!
//! Everything above a store is written against the traits here, and every store implements them:
//! [`memory::MemoryStore`] in this crate, an embedded durable one and MongoDB in their own. This
//! crate knows no driver and no format.
//!
//! Start with [`Event`], [`Aggregate`] and [`Repository`]; the contract of a store is on
//! [`EventStore`].
//!
//! # Features
//! - `derive`: `#[derive(Event)]`.
//! - `testing`: given/when/then for aggregates, a manual clock, fault injection, and the
//!   conformance suites that any store can run ([`testing`]).

extern crate self as es_core;

mod aggregate;
mod append;
#[cfg(feature = "chain")]
pub mod chain;
mod checkpoint;
mod clock;
pub mod codec;
mod counter;
mod document;
mod document_ext;
mod event;
mod event_coding;
mod filter;
mod id;
pub mod memory;
mod metadata;
mod name;
mod payload;
mod position;
mod privacy;
mod range;
mod recorded;
pub mod repository;
mod snapshot;
mod store;
mod store_ext;
mod stream;
mod subscription;
#[cfg(feature = "testing")]
pub mod testing;
mod timestamp;
mod type_tag;
mod upcast;
mod variant;

pub use aggregate::{Aggregate, AggregateRoot, IntoEvents};
pub use append::{
    Append, Appended, ExpectedVersion, InvalidAppend, MAX_APPEND_BYTES, MAX_APPEND_EVENTS,
    MAX_APPEND_STREAMS, StreamAppended, StreamCheck, StreamWrite, VersionConflict,
};
pub use checkpoint::{CheckpointError, CheckpointStore};
pub use clock::{Clock, SystemClock};
pub use codec::{Codec, CodecError, CodecExt, CodecId, CodecSet};
pub use document::{Document, DocumentError, DocumentStore, MAX_DOCUMENT_BYTES, Revision};
pub use document_ext::{DocumentPages, DocumentStoreExt};
#[cfg(feature = "derive")]
pub use es_macros::Event;
pub use event::{Event, StandIns};
pub use event_coding::{DecodeError, DecodeFailure, Decoded, EventCoding};
pub use filter::EventFilter;
pub use id::{AppendId, EventId, IdGenerator, TimeOrderedIds};
pub use metadata::{Metadata, TraceContext};
pub use name::{CheckpointName, DocumentKind, DocumentName, InvalidName, MAX_NAME_BYTES, TypeName};
pub use payload::{Payload, PayloadFlags};
pub use position::Position;
pub use privacy::{Personal, PersonalField, Privacy};
pub use range::{
    AllPage, AllRange, Direction, MAX_PAGE_BYTES, MAX_PAGE_EVENTS, StreamPage, StreamRange,
};
pub use recorded::{NewEvent, RecordedEvent};
pub use repository::Repository;
pub use snapshot::{Snapshot, SnapshotError, SnapshotStore};
pub use store::{AppendError, EventStore, Place, ReadError};
pub use store_ext::{EventStoreExt, StreamFacts};
pub use stream::{
    InvalidStreamId, MAX_CATEGORY_BYTES, MAX_STREAM_ID_BYTES, StreamId, StreamVersion,
};
pub use subscription::Subscription;
pub use timestamp::{InvalidTimestamp, Timestamp};
pub use type_tag::{InvalidTypeVersion, TypeTag, TypeVersion};
pub use upcast::{OnUnknown, UnknownEvents, Upcast, UpcastError};

/// An error of any kind, as a cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// For the code that `#[derive(Event)]` writes; not part of the API.
#[doc(hidden)]
pub mod __private {
    pub use crate::variant::{deserialize_variant, serialize_variant};
    pub use serde;
}
