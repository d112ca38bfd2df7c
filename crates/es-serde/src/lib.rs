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
mod json;
#[cfg(feature = "encrypt")]
mod packed_store;
#[cfg(feature = "encrypt")]
pub mod seal;

pub use json::Json;
#[cfg(feature = "encrypt")]
pub use packed_store::PackedStore;
