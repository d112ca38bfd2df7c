//! Histories: what callers of a store did and were told, and whether a store may behave like that.
//!
//! A [`Recorder`] writes down each call before it is made and each answer when it is there, a line
//! each, so that the history of a killed process ends where the process did. [`RecordingStore`]
//! puts it around an event store, [`RecordingCheckpoints`] around a checkpoint store,
//! [`Subscriber`] around a subscription. [`History`] reads the files of all processes, and
//! [`check`] holds them against what the store contains in the end:
//!
//! - what was acknowledged is there, wholly, once, and where the answer said (I1, I4);
//! - what was refused is not there; what is unknown is there wholly or not at all, at most once,
//!   and what its repeat was told is true (I1, I5);
//! - positions and versions have no hole, and recorded times never go back (I2, I3);
//! - each append met the conditions it was made under, and each conflict names a version that the
//!   stream had while the append was under way (I2);
//! - whoever asked for the end of the log after an answer saw what was answered, to whatever store
//!   of the process; whoever asked for a stream or an event saw what was answered to the same store
//!   (I4);
//! - pages and streams show whole appends as they are stored, and nobody saw what was not yet asked
//!   for;
//! - subscribers saw every event in order, each once in a subscription (I3, I6);
//! - checkpoints stand where they were saved.
//!
//! "Before" and "after" are known within a process only. Between processes nothing is taken for
//! granted, so the verdict does not hang on clocks.

mod call;
mod check;
mod checkpoints;
mod digest;
mod entry;
mod everything;
mod log;
mod recorder;
mod report;
mod seen;
mod store;
mod subscriber;

pub use call::Call;
pub use check::check;
pub use checkpoints::RecordingCheckpoints;
pub use entry::{Answer, AppendCall, CheckedStream, Entry, Line, Operation, WrittenStream};
pub use everything::read_everything;
pub use log::{History, HistoryError, Process};
pub use recorder::Recorder;
pub use report::{Finding, Kind, Report};
pub use seen::Seen;
pub use store::RecordingStore;
pub use subscriber::Subscriber;
