//! What the criterion benches and the load generator `es-bench` are made of.
//!
//! A [`workload`] drives a store in a closed loop, and in the same run a ceiling that does the
//! same work with as little as possible in between: [`rawlog`] and [`bare_engine`] on the disk,
//! [`plain_memory`] without one, the bare driver and a transaction for each append in [`mongo`]. `docs/benchmarks.md` says how each figure is made.

pub mod bare_engine;
pub mod claims;
pub mod closed_loop;
mod failure;
pub mod goal;
mod group_commit;
pub mod measure;
mod method;
pub mod mongo;
pub mod options;
pub mod plain_memory;
pub mod rawlog;
mod record;
pub mod report;
pub mod scratch;
pub mod stop;
pub mod subject;
pub mod target;
pub mod traffic;
pub mod verify;
pub mod worker;
mod workers;
pub mod workload;

pub use failure::Failure;
