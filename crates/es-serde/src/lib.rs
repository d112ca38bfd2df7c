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

#[cfg(feature = "chain")]
pub mod chain;
#[cfg(feature = "cloudevents")]
mod cloud_events;
mod compress;
mod json;
mod packed_store;
#[cfg(feature = "encrypt")]
pub mod seal;

#[cfg(feature = "cloudevents")]
pub use cloud_events::{
    BatchError, CloudEvent, CloudEventBatch, CloudEventData, CloudEventError, ExtensionValue,
};
#[cfg(any(feature = "lz4", feature = "zstd"))]
pub use compress::Compression;
pub use compress::{Algorithm, DecompressError, MAX_PLAIN_BYTES, decompress};
pub use json::Json;
pub use packed_store::PackedStore;
