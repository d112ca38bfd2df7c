//! For tests: a real mongod, faults, and a checker of histories.
//!
//! For Unix systems. Nothing here is published, and no crate depends on it but for its tests.

mod disk;
pub mod history;
pub mod mongo;
mod proxy;
mod skip;
mod watchdog;

pub use disk::{MountError, SmallDisk};
pub use proxy::{Direction, FaultProxy, Link};
pub use skip::skipped;
