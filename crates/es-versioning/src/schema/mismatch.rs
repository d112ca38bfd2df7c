//! What of one shape does not fit another.

use std::fmt;

use crate::FieldPath;

/// What of an event in one shape could not be read in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaMismatch {
    /// Where in the content; elements of lists are called `[]`.
    pub field: FieldPath,
    /// What does not fit there.
    pub problem: MismatchKind,
}

/// The rule by which two shapes do not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MismatchKind {
    /// The reader needs a field that the writer does not have.
    Missing,
    /// The reader needs a field that the writer does not always write.
    MaybeMissing,
    /// The reader refuses fields that it does not know.
    Refused,
    /// The types differ: the reader's, and the writer's.
    Type(String, String),
    /// The writer may write values that are out of the reader's bounds; names the keyword.
    Narrower(&'static str),
    /// The writer has a value or variant that the reader does not know.
    Value(String),
    /// A keyword that the comparison does not understand, so that nothing can be said.
    Unknown(String),
    /// A reference that leads nowhere.
    Reference(String),
    /// The shapes nest too deep to be compared.
    TooDeep,
}

impl SchemaMismatch {
    pub(super) fn new(field: &FieldPath, problem: MismatchKind) -> Self {
        let field = field.clone();
        Self { field, problem }
    }
}

impl fmt::Display for SchemaMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        match &self.problem {
            MismatchKind::Missing => {
                write!(f, "field {field} is required, and there is no value for it")
            }
            MismatchKind::MaybeMissing => {
                write!(f, "field {field} is required, and may have no value")
            }
            MismatchKind::Refused => write!(f, "field {field} is not known and refused"),
            MismatchKind::Type(reader, writer) => {
                write!(f, "field {field} is {reader} and was {writer}")
            }
            MismatchKind::Narrower(keyword) => {
                write!(
                    f,
                    "field {field} takes fewer values than before ({keyword})"
                )
            }
            MismatchKind::Value(value) => write!(f, "field {field} does not take {value}"),
            MismatchKind::Unknown(keyword) => {
                write!(
                    f,
                    "field {field} has the keyword {keyword}, which is not understood"
                )
            }
            MismatchKind::Reference(to) => {
                write!(f, "field {field} refers to {to}, which is not there")
            }
            MismatchKind::TooDeep => write!(f, "field {field} nests too deep to be compared"),
        }
    }
}
