//! Moving old events out of the way, and back.
//!
//! A document in the collection of events is never deleted. Archiving copies it, makes sure that
//! the copy is durable and the same byte for byte, and then replaces the original by a *stub*:
//! everything but the events and the shared metadata stays (position, version, count, stream,
//! time, append id). So positions and versions stay dense and unique, and a repeated append is
//! still recognised. Each step can be done again, so a run that was ended anywhere is finished by
//! the next one.

mod collection;
mod cut;
mod documents;
mod error;
mod file;
mod note;
mod plan;
mod progress;
mod run;
mod selection;
mod source;
mod store;
mod stub;
mod target;

pub(crate) use cut::last_recorded_before;
pub use error::ArchiveError;
pub(crate) use note::read as archived_up_to;
pub use plan::ArchivePlan;
pub use progress::{ArchiveProgress, ArchiveStep};
pub(crate) use source::Source;
