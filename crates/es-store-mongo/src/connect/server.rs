//! What the server is.

use mongodb::bson::{Document, doc};
use mongodb::{Client, Database};

use super::cause;
use super::version::ServerVersion;
use crate::error::OpenError;

/// What was found out about a server when the store was opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerFacts {
    pub(crate) version: ServerVersion,
    /// A replica set, or a cluster of them: transactions, change streams, majorities.
    pub(crate) is_replica_set: bool,
}

impl ServerFacts {
    pub(super) async fn read(client: &Client, wants_tls: bool) -> Result<Self, OpenError> {
        let admin = client.database("admin");
        let hello = run(&admin, doc! { "hello": 1 }, wants_tls).await?;
        let build = run(&admin, doc! { "buildInfo": 1 }, wants_tls).await?;
        let version = build.get_str("version").ok().and_then(ServerVersion::parse);
        let is_router = hello
            .get_str("msg")
            .is_ok_and(|message| message == "isdbgrid");
        Ok(Self {
            version: version.ok_or_else(|| OpenError::Server {
                what: "read the server's version",
                source: "it is not three numbers".into(),
            })?,
            is_replica_set: is_router || hello.contains_key("setName"),
        })
    }
}

async fn run(admin: &Database, command: Document, wants_tls: bool) -> Result<Document, OpenError> {
    let reply = admin.run_command(command).await;
    reply.map_err(|error| cause::of_contact(&error, wants_tls))
}
