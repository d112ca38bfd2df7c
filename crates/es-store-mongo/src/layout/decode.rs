//! Stored documents as events.
//!
//! Written by hand, since this is where the time of a scan goes: a document is walked once, its
//! texts are compared with those of the events before it instead of being checked anew, and a
//! payload is a slice of the server's reply until somebody opens it. Nothing in the bytes is
//! believed before it is checked, and no memory is taken on the word of a number in them.

mod elements;
mod interned;
mod metadata;
mod stored;
#[cfg(test)]
mod tests;

pub(crate) use interned::Interned;
pub(crate) use stored::Stored;

/// What is wrong with a stored document. Its content is never shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("a length in the document is wrong")]
    Length,
    #[error("a field of the document has the unknown type {0:#04x}")]
    Type(u8),
    #[error("field {0} of the document is missing")]
    Missing(&'static str),
    #[error("field {0} of the document is not what it should be")]
    Value(&'static str),
    #[error("the document says that it holds {said} events, and holds {found}")]
    Count { said: u64, found: u64 },
}
