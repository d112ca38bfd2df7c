//! What the server says to an insert.

use mongodb::bson::{Document, Timestamp};
use mongodb::error::{Error, ErrorKind};

/// How an attempt to write documents ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// All are stored by a majority, and journaled.
    Done,
    /// The document at `index` collides with a stored one. Those before it are stored, those after
    /// it are not; in a transaction none is.
    Duplicate { index: usize, key: Key },
    /// The server will not store the document at `index`; as to the others the same holds.
    Refused { index: usize, error: Error },
    /// The server will not do it at all, and stored nothing.
    RefusedAll(Error),
    /// The transaction met another one at these positions, and stored nothing.
    Collided,
    /// What else was to be written in the transaction failed, and this try stored nothing.
    ExtraFailed(Error),
    /// Nobody knows; it must be sent again as it is.
    Unknown(Error),
}

/// Which unique index refused a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Position,
    Version,
    AppendId,
    Other,
}

const DUPLICATE_KEY: i32 = 11_000;
/// Codes that say of one document that it cannot be stored, whoever asks: document validation,
/// size, disk space on a server that still answers.
const DOCUMENT_REFUSED: &[i32] = &[121, 10_334, 14_031, 17_280];
/// Codes that say that a command was not begun: rights, arguments, unknown commands, quota.
const COMMAND_REFUSED: &[i32] = &[2, 9, 13, 14, 18, 20, 59, 72, 73, 115, 166, 8_000, 10_334];
const WRITE_CONFLICT: i32 = 112;

impl Outcome {
    /// Of an insert command that the server answered.
    pub(super) fn of_reply(reply: &Document) -> Self {
        // Then even what stands before a document that was refused may be rolled back.
        if let Ok(error) = reply.get_document("writeConcernError") {
            return Self::Unknown(named(error));
        }
        let first = reply
            .get_array("writeErrors")
            .ok()
            .and_then(|errors| errors.first()?.as_document());
        first.map_or(Self::Done, Self::of_write_error)
    }

    fn of_write_error(error: &Document) -> Self {
        let code = code(error);
        let index = error
            .get_i32("index")
            .ok()
            .and_then(|index| usize::try_from(index).ok());
        match index {
            Some(index) if code == DUPLICATE_KEY => Self::Duplicate {
                index,
                key: Key::of(error),
            },
            Some(index) if DOCUMENT_REFUSED.contains(&code) => Self::Refused {
                index,
                error: named(error),
            },
            _ => Self::Unknown(named(error)),
        }
    }

    /// Of an insert command that failed, outside a transaction.
    pub(super) fn of_error(error: Error) -> Self {
        if was_not_begun(&error) {
            Self::RefusedAll(error)
        } else {
            Self::Unknown(error)
        }
    }

    /// Of a command in a transaction that failed before the commit: nothing was stored.
    pub(super) fn before_commit(error: Error) -> Self {
        if was_not_begun(&error) {
            Self::RefusedAll(error)
        } else if command_code(&error) == Some(WRITE_CONFLICT) {
            Self::Collided
        } else {
            Self::Unknown(error)
        }
    }
}

impl Key {
    fn of(error: &Document) -> Self {
        let Ok(pattern) = error.get_document("keyPattern") else {
            return Self::Other;
        };
        match pattern.keys().next().map(String::as_str) {
            Some("_id") => Self::Position,
            Some("s") => Self::Version,
            Some("a") => Self::AppendId,
            _ => Self::Other,
        }
    }
}

/// When the server did it, by its own clock.
pub(super) fn operation_time(reply: &Document) -> Option<Timestamp> {
    reply.get_timestamp("operationTime").ok()
}

fn was_not_begun(error: &Error) -> bool {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => COMMAND_REFUSED.contains(&command.code),
        ErrorKind::Authentication { .. }
        | ErrorKind::InvalidArgument { .. }
        | ErrorKind::InvalidTlsConfig { .. }
        | ErrorKind::IncompatibleServer { .. }
        | ErrorKind::SessionsNotSupported => true,
        _ => false,
    }
}

fn command_code(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}

fn code(error: &Document) -> i32 {
    error.get_i32("code").unwrap_or_default()
}

/// The error in the words of the server, without the values of keys, which are the user's.
fn named(error: &Document) -> Error {
    let name = error.get_str("codeName").unwrap_or("write error");
    let text = error.get_str("errmsg").unwrap_or_default();
    let text = text.split(" dup key").next().unwrap_or_default();
    Error::custom(format!("{name} ({}): {text}", code(error)))
}

#[cfg(test)]
mod tests {
    use mongodb::bson::doc;

    use super::*;

    fn write_error(error: Document) -> Outcome {
        Outcome::of_reply(&doc! { "ok": 1.0, "n": 0, "writeErrors": [error] })
    }

    #[test]
    fn a_duplicate_is_told_by_the_index_that_refused_it() {
        for (pattern, expected) in [
            (doc! { "_id": 1 }, Key::Position),
            (doc! { "s": 1, "v": 1 }, Key::Version),
            (doc! { "a": 1 }, Key::AppendId),
            (doc! { "e.i": 1 }, Key::Other),
        ] {
            let error = doc! { "index": 3, "code": 11_000, "keyPattern": pattern };
            match write_error(error) {
                Outcome::Duplicate { index: 3, key } => assert_eq!(key, expected),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn whatever_is_not_known_to_be_refused_is_unknown() {
        let interrupted = doc! { "index": 0, "code": 11_602, "errmsg": "interrupted" };
        assert!(matches!(write_error(interrupted), Outcome::Unknown(_)));
        let concern = doc! { "ok": 1.0, "n": 1, "writeConcernError": { "code": 64 } };
        assert!(matches!(Outcome::of_reply(&concern), Outcome::Unknown(_)));
        let both = doc! {
            "ok": 1.0,
            "n": 1,
            "writeErrors": [{ "index": 1, "code": 11_000, "keyPattern": { "s": 1 } }],
            "writeConcernError": { "code": 91 },
        };
        assert!(matches!(Outcome::of_reply(&both), Outcome::Unknown(_)));
        let too_large = doc! { "index": 2, "code": 10_334, "errmsg": "too large" };
        assert!(matches!(
            write_error(too_large),
            Outcome::Refused { index: 2, .. }
        ));
        assert!(matches!(
            Outcome::of_reply(&doc! { "ok": 1.0, "n": 1 }),
            Outcome::Done
        ));
    }
}
