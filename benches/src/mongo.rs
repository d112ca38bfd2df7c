//! MongoDB: the server, and the bare driver as the ceiling.
//!
//! What the ceilings write is what the store writes: the same documents, into a collection that the
//! store made, under the same write concern.

mod bare_driver;
mod batches;
mod disk;
mod document;
mod naive;
mod server;
mod subject;
mod uri;

pub use bare_driver::{BareDriver, CursorScan};
pub(crate) use batches::Batches;
pub(crate) use disk::{Disk, bson_bytes_per_event};
pub use naive::NaiveTransactions;
pub use server::{DEFAULT_URI, Server, URI_VARIABLE};
pub use subject::Mongo;

/// The collection of a store's events.
pub(crate) const EVENTS: &str = "events";
