//! The test kit: for aggregates, for what runs on a store, and for stores.
//!
//! - [`Scenario`]: given these events, when that is done, then these events follow.
//! - [`ManualClock`], [`SequentialIds`], [`sample_event`], [`run`]: the same on every run.
//! - [`FaultStore`]: a store that fails as a test tells it to.
//! - [`conformance`]: what every store must do; [`model`]: the same as random histories against a
//!   model.

pub mod conformance;
mod fault_store;
mod manual_clock;
pub mod model;
mod runtime;
mod sample;
mod scenario;
mod sequential_ids;

pub use fault_store::{Fault, FaultStore, Operation};
pub use manual_clock::ManualClock;
pub use runtime::run;
pub use sample::sample_event;
pub use scenario::{Decision, Scenario};
pub use sequential_ids::SequentialIds;
