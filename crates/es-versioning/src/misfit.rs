//! Why stored content does not fit a rule.

use es_core::{BoxError, CodecId, PayloadFlags};

use crate::FieldPath;

/// Why stored content does not fit a rule: the cause in
/// [`UpcastError::Rule`](es_core::UpcastError::Rule). It names fields and never shows what is in
/// them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Misfit {
    /// The field is not there: the rule is meant for another version, or wants to be
    /// [`optional`](crate::Transform::optional).
    #[error("field {field} is missing")]
    Missing {
        /// Where it should be.
        field: FieldPath,
    },
    /// The field that the rule would make is there already.
    #[error("field {field} is present already")]
    Present {
        /// Where it is.
        field: FieldPath,
    },
    /// The field is not of the kind that the rule takes.
    #[error("field {field} is not {expected}")]
    Kind {
        /// Where it is.
        field: FieldPath,
        /// What the rule takes.
        expected: &'static str,
    },
    /// A function of the rule does not take what is stored.
    #[error("the function for {what} does not take what is stored")]
    Refused {
        /// What the function is for.
        what: String,
    },
    /// A number is too big to go through a rule on fields unharmed. Use a typed rule.
    #[error("a number does not fit in 64 bits; use a typed rule")]
    WideNumber,
    /// The rule was loaded from a stored set that names it and cannot hold it, since it is a
    /// function. Only a program that has the function can apply it.
    #[error("the rule is a function, which this program does not have")]
    NotHere,
    /// The content cannot be read without its Rust type: it is damaged, its format does not
    /// describe itself (bincode, postcard), or it holds what JSON cannot (bytes, a float that is no
    /// number). Use typed rules for such contents.
    #[error("codec {codec} cannot read the content without its type; use typed rules")]
    NotSelfDescribing {
        /// The format.
        codec: CodecId,
        /// What the codec says.
        source: BoxError,
    },
    /// The content is not of the format that it is stored with, or not of the rule's type.
    #[error("the content cannot be read")]
    Unreadable {
        /// What the codec says.
        source: BoxError,
    },
    /// The result cannot be written in the format of the stored content.
    #[error("the result cannot be written")]
    Unwritable {
        /// What the codec says.
        source: BoxError,
    },
    /// Nothing reads this format: add its codec to the set.
    #[error("codec {codec} is not in the codec set")]
    UnknownCodec {
        /// The format.
        codec: CodecId,
    },
    /// The payload is compressed or encrypted, and the store was not opened through what undoes
    /// it.
    #[error("payload flags {flags:?} are not understood here")]
    Flags {
        /// What was done to it.
        flags: PayloadFlags,
    },
}
