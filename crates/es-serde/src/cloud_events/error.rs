//! Why a document is no CloudEvent of ours, or an event none that can be written.

use es_core::BoxError;

/// Why a CloudEvent cannot be read or made. The messages name the attribute, and never show the
/// data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloudEventError {
    /// The document is not in the JSON format: look at that place.
    #[error("the document {problem}, at line {line} column {column}")]
    Document {
        /// What is wrong there.
        problem: &'static str,
        /// The line, from 1.
        line: usize,
        /// The column, from 1; 0 is before the first.
        column: usize,
    },
    /// An attribute is not there that has to be: the producer has to set it.
    #[error("attribute {attribute:?} is missing")]
    Missing {
        /// Its name.
        attribute: &'static str,
    },
    /// An attribute is not as the specification or the mapping wants it: mend it at its producer.
    #[error("attribute {attribute:?} {problem}")]
    Invalid {
        /// Its name, or the beginning of it.
        attribute: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// An attribute means something here that its value cannot: the source says why.
    #[error("attribute {attribute:?} has no meaning here")]
    Meaning {
        /// Its name.
        attribute: &'static str,
        /// Why.
        source: BoxError,
    },
}

impl CloudEventError {
    /// A name from outside may be of any length.
    pub(super) fn invalid(attribute: &str, problem: &'static str) -> Self {
        Self::Invalid {
            attribute: attribute.chars().take(32).collect(),
            problem,
        }
    }

    pub(super) fn meaning(attribute: &'static str, source: impl Into<BoxError>) -> Self {
        let source = source.into();
        Self::Meaning { attribute, source }
    }
}
