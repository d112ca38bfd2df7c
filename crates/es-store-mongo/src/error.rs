//! Why a store could not be opened or closed.

use es_core::BoxError;

/// Why a store could not be opened. Nothing was written, but for empty collections and indexes.
///
/// No message holds a user name, a password or the URI.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Correct the URI: `mongodb://user:password@host:port/database?options`, special characters
    /// in user name and password written as `%` and two hexadecimal digits.
    #[error("not a MongoDB URI: {problem}")]
    InvalidUri {
        /// What is wrong with it.
        problem: String,
    },
    /// The URI asks for less than a majority and the journal. Take the option out of it.
    #[error(
        "the URI says {option}, with which acknowledged events can be lost or unread; leave it out"
    )]
    WeakConcern {
        /// The option.
        option: &'static str,
    },
    /// The name of a host in the URI has no address: check its spelling, and the DNS.
    #[error("a host name in the URI could not be resolved")]
    Dns {
        /// What the resolver says.
        source: BoxError,
    },
    /// No server answers at the addresses of the URI: check host and port, that it runs, and that
    /// no firewall is between.
    #[error("no server answers")]
    Unreachable {
        /// What each address says.
        source: BoxError,
    },
    /// Servers answer, and none of them is the primary: an election is going on, or a majority is
    /// down, or `replicaSet` in the URI is not the name of the set. Try again, or see to the
    /// replica set.
    #[error("no primary is known")]
    NoPrimary {
        /// What each server says.
        source: BoxError,
    },
    /// No secure connection: with `tls=true` check `tlsCAFile`, the host name in the server's
    /// certificate and its dates; a server that wants TLS closes connections without `tls=true`.
    #[error("no secure connection to the server")]
    Tls {
        /// What is wrong, as far as it shows.
        source: BoxError,
    },
    /// The server does not know this user with this password or certificate. Check them, and
    /// `authSource`: the database in which the user was made, often `admin`.
    #[error("the server refused the credentials")]
    Authentication {
        /// What the server says.
        source: BoxError,
    },
    /// The user lacks a privilege: see the role in the guide for MongoDB, or let an administrator
    /// [prepare](crate::MongoStore::prepare) the collections.
    #[error("the user may not {what}")]
    NotAuthorized {
        /// What was tried.
        what: &'static str,
        /// What the server says.
        source: BoxError,
    },
    /// Upgrade the server. Tests may
    /// [take it as it is](crate::MongoOptions::accept_unsafe_server).
    #[error("server version {version} is not safe: {reason}; use {remedy}")]
    UnsafeServer {
        /// The server's version.
        version: String,
        /// What happens with it.
        reason: &'static str,
        /// Which versions are safe.
        remedy: &'static str,
    },
    /// The server's version is out of the driver's range.
    #[error("this server's version is not supported")]
    Incompatible {
        /// What the driver says.
        source: BoxError,
    },
    /// A newer version of this crate has written here. Nothing was changed: use that version.
    #[error(
        "the events have layout {found}, and this version knows up to {supported}; use a newer version"
    )]
    NewerLayout {
        /// The layout in the database.
        found: i32,
        /// The newest layout that can be opened.
        supported: i32,
    },
    /// Whether a log is chained is decided when it is made. Open it without
    /// [`hash_chain`](crate::MongoOptions::hash_chain), or copy the events into a new namespace.
    #[error(
        "the namespace was made without a hash chain; copy its events into a new one, or drop it \
         if it is empty"
    )]
    NotChained,
    /// The database could not be brought to the layout of this version; it can still be opened by
    /// the one before. See to the cause, and open it again: it goes on where it stopped.
    #[error("could not migrate the database to layout {to}")]
    Migration {
        /// The layout that could not be reached.
        to: i32,
        /// What is in the way.
        source: BoxError,
    },
    /// The archive could not be opened: see [`read_archive`](crate::MongoOptions::read_archive).
    #[error("could not open the archive of events")]
    Archive {
        /// What is in the way.
        source: BoxError,
    },
    /// An index has the name or the key of one of ours and is another. Mend it as the message
    /// says, and open the store again.
    #[error("index {name} of collection {collection} {problem}; mend it with: {remedy}")]
    WrongIndex {
        /// The collection.
        collection: String,
        /// The index.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
        /// The command for the MongoDB shell.
        remedy: String,
    },
    /// The collection holds two documents where one must be, so the unique index cannot be made:
    /// someone wrote to it in other ways. Restore a backup, or remove what is not ours.
    #[error("collection {collection} holds duplicates, so index {name} cannot be made")]
    Duplicates {
        /// The collection.
        collection: String,
        /// The index.
        name: &'static str,
        /// What the server says.
        source: BoxError,
    },
    /// The server answered something else. See to what `source` names, and try again.
    #[error("could not {what}")]
    Server {
        /// What was tried.
        what: &'static str,
        /// What the server says.
        source: BoxError,
    },
}

/// Why a store could not be closed in order. Everything acknowledged is durable all the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CloseError {
    /// Some appends were not resolved in time. Their callers were answered so.
    #[error("{appends} appends were not written when the time was up")]
    Unwritten {
        /// How many.
        appends: usize,
    },
}
