//! An event store on MongoDB.

mod append;
mod archive;
mod chain;
mod checkpoint;
mod command;
mod connect;
mod database;
mod document;
mod error;
mod event_store;
mod extent;
mod indexes;
mod layout;
mod migrate;
mod namespace;
mod options;
mod reader;
mod shared;
mod snapshot;
mod statistics;
mod store;
mod tail;

pub use archive::{ArchiveError, ArchivePlan, ArchiveProgress, ArchiveStep};
pub use error::{CloseError, OpenError};
pub use indexes::{Index, Indexes};
pub use mongodb;
pub use namespace::{InvalidNamespace, Namespace};
pub use options::MongoOptions;
pub use statistics::{CollectionStatistics, DayStatistics, Statistics, WriterStatistics};
pub use store::MongoStore;
