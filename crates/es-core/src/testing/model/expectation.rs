//! What an append expects, in words that fit any state.

use crate::{ExpectedVersion, StreamVersion};

/// An expectation that becomes a version only once the stream's version is known, so that a
/// history still makes sense when steps before it are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expectation {
    Any,
    NoStream,
    Exists,
    Current,
    Behind,
    Ahead,
}

impl Expectation {
    pub(super) const ALL: [Self; 8] = [
        Self::Any,
        Self::NoStream,
        Self::Exists,
        // Most appends should succeed, or histories stay short.
        Self::Current,
        Self::Current,
        Self::Current,
        Self::Behind,
        Self::Ahead,
    ];

    pub(super) fn at(self, version: StreamVersion) -> ExpectedVersion {
        match self {
            Self::Any => ExpectedVersion::Any,
            Self::NoStream => ExpectedVersion::NoStream,
            Self::Exists => ExpectedVersion::Exists,
            Self::Current => ExpectedVersion::Exact(version),
            Self::Behind => ExpectedVersion::Exact(version.previous()),
            Self::Ahead => ExpectedVersion::Exact(version.next()),
        }
    }

    /// A check that expects anything is no check.
    pub(super) fn of_check(self) -> Self {
        if self == Self::Any {
            Self::Exists
        } else {
            self
        }
    }
}
