//! What a check found.

use std::fmt;

use serde::Serialize;

/// The verdict on a history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// Appends that were acknowledged.
    pub acknowledged: u64,
    /// Appends that were told of a conflict.
    pub conflicts: u64,
    /// Appends that were told nothing else than that the store could not write.
    pub unavailable: u64,
    /// Appends of which a call ended without a certain answer.
    pub unknown: u64,
    /// Of those, the ones that a repeat was told the outcome of.
    pub unknown_resolved: u64,
    /// Reads that were answered, events delivered to subscribers left out.
    pub reads: u64,
    /// Events delivered to subscribers.
    pub delivered: u64,
    /// Events in the store.
    pub stored: u64,
    /// What is wrong. Empty: the store kept its promises in this history.
    pub findings: Vec<Finding>,
}

/// Something that a store must not do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What sort of thing.
    pub kind: Kind,
    /// What exactly.
    pub text: String,
}

/// What sorts of violations there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// An acknowledged append is not, or not wholly, in the store (I4).
    Lost,
    /// Something is in the store twice (I5).
    Duplicated,
    /// A position or a version is missing (I2, I3).
    Hole,
    /// Order is broken: positions, versions, recorded times, or the order of calls (I3).
    OutOfOrder,
    /// An append is there in part, or not in one piece (I1).
    Torn,
    /// Events are there that nobody asked for, or that were refused (I1).
    Unasked,
    /// The store holds an event with another content than it was given.
    Changed,
    /// An acknowledgement does not fit the store or another acknowledgement (I5).
    WrongAnswer,
    /// A conflict names a version that the stream did not have at that time (I2).
    WrongConflict,
    /// An append is there although a stream was not as it expected (I2).
    BrokenCondition,
    /// A read did not see what was answered before it began (I4).
    StaleRead,
    /// A read saw something else than is stored, or part of an append.
    WrongRead,
    /// A subscription left events out, repeated them or changed their order (I3).
    Subscription,
    /// A checkpoint stands where it was not saved.
    Checkpoint,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// How many findings are of a kind.
    pub fn count(&self, kind: Kind) -> u64 {
        let of_kind = self.findings.iter().filter(|finding| finding.kind == kind);
        of_kind.count() as u64
    }

    pub(super) fn find(&mut self, kind: Kind, text: impl Into<String>) {
        let text = text.into();
        self.findings.push(Finding { kind, text });
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.text)
    }
}
