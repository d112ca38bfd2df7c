//! Bringing recorded content to the versions that a program reads, and what to do about events
//! that it cannot read.

use std::fmt;
use std::sync::Arc;

use crate::{BoxError, CodecSet, DecodeFailure, Payload, RecordedEvent, TypeTag};

/// Translates recorded content into the shapes that a program reads, between the store and the
/// typed decode; es-versioning has the rules.
///
/// # Contract
/// - What is stored is never touched.
/// - The same input always gives the same output.
/// - It is asked only for events whose type and version the program does not read as they are.
pub trait Upcast: fmt::Debug + Send + Sync {
    /// What an event is to a reader that knows the types `known`: none, one or several events, each
    /// of a type and version that is in `known`, in order.
    ///
    /// # Errors
    /// [`UpcastError::NoPath`] if nothing leads from what was recorded to what is known; the
    /// consumer then does as its [`OnUnknown`] says.
    fn upcast(
        &self,
        recorded: &TypeTag,
        payload: &Payload,
        known: &[TypeTag],
        codecs: &CodecSet,
    ) -> Result<Vec<(TypeTag, Payload)>, UpcastError>;
}

/// Why content could not be translated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpcastError {
    /// No rule leads to a version that the program reads: it is older than the event, or a rule
    /// is missing.
    #[error("no rule leads from {recorded} to a version that is read here")]
    NoPath {
        /// What was recorded.
        recorded: TypeTag,
    },
    /// A rule did not fit what is stored.
    #[error("the rule {rule} does not fit what is stored")]
    Rule {
        /// The rule, as in `ClaimCreated 1.0 -> 2.0`.
        rule: String,
        /// What is wrong, without the content.
        source: BoxError,
    },
}

/// What a consumer does about an event of a type or version that it does not know.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum OnUnknown {
    /// It stops, with an error that names the event.
    #[default]
    Stop,
    /// It goes on, and the event is reported.
    Skip(Arc<dyn UnknownEvents>),
    /// It gets the event as it is stored, in the variant marked `#[event(unknown)]`; a type
    /// without one stops.
    Raw,
}

/// Takes note of the events that a consumer skips.
pub trait UnknownEvents: fmt::Debug + Send + Sync {
    /// An event was skipped; called once for each time it is met.
    fn skipped(&self, event: &RecordedEvent, reason: &DecodeFailure);
}
