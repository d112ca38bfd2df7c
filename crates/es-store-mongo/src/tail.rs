//! The end of the log, as this process knows it: who waits for new events is woken here.
//!
//! Nothing here is a source of truth. Events are read by position; what wakes a reader only has
//! to come soon, and a timer comes in any case. So a change stream that stalls, fails or lost its
//! history costs time, never an event.
//!
//! There are three ways to learn of new events, all of them into one [`Hub`] per store:
//! - the committer of this process hands over what it has just committed, documents and all;
//! - the [`Bell`], a change stream over the last document of each batch, tells of other
//!   processes' batches, which are then fetched once for all who wait;
//! - a timer reads the head.

mod attendance;
mod bell;
mod buffer;
mod change_stream;
mod fresh;
mod hub;
mod known;
mod lookout;
mod majority;
mod page;
mod sources;

pub(crate) use bell::BellListener;
pub(crate) use hub::Hub;
pub(crate) use sources::Ring;
