//! Why a database was not brought to this program's layout.

use es_core::BoxError;

use crate::OpenError;
use crate::connect::cause;

/// Why a store cannot be opened with the layout that it has.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MigrateError {
    #[error("layout {found} is newer than {supported}")]
    Newer { found: i32, supported: i32 },
    /// Nothing says which layout the events have.
    #[error(
        "there are events, and no note of their layout; restore the collection meta from the \
         backup of the events, or if they were written by version 0.1 insert \
         {{_id: \"layout\", version: 1}} into it"
    )]
    Unknown,
    #[error("the note of the layout is not one of ours")]
    Unreadable,
    #[error("the migration to layout {to} failed")]
    Failed { to: i32, source: BoxError },
    #[error("the server did not answer as it should")]
    Server {
        #[from]
        source: mongodb::error::Error,
    },
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Newer { found, supported } => Self::NewerLayout { found, supported },
            MigrateError::Failed { to, source } => Self::Migration { to, source },
            MigrateError::Server { source } => {
                cause::of_command(&source, "read or write the layout of the events")
            }
            MigrateError::Unknown | MigrateError::Unreadable => Self::Server {
                what: "tell which layout the events have",
                source: error.into(),
            },
        }
    }
}
