//! The way of an append into the log: queue, batch, one insert at the head, answer.
//!
//! The position is a compare-and-set. A batch is inserted at head + 1 in one ordered command; the
//! unique `_id` lets only one of several writers have a position, and the unique `{s, v}` lets
//! only one have a version of a stream. A writer puts a document at p only when it knows that the
//! one ending at p - 1 is committed by a majority, or stands before it in the same command. So the
//! documents tile the positions without a hole, whoever dies, and whoever has read up to p finds
//! nothing new below.
//!
//! As long as the outcome of a command is not known the very same documents are sent again, to the
//! same positions: numbering them anew while in doubt could store an append twice.

mod attempt;
mod backoff;
mod batch;
mod committer;
mod gathering;
pub(crate) mod heads;
mod insert;
mod job;
mod judge;
mod lookup;
mod own_writes;
mod queue;
mod recent;
mod repeat;
mod reply;
mod transaction;
mod turns;

pub(crate) use committer::Committer;
pub(crate) use queue::{Abilities, Queue};
