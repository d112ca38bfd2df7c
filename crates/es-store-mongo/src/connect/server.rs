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
    /// A replica set of one member, when the store was opened.
    pub(crate) has_one_member: bool,
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
            has_one_member: has_one_member(&hello),
            version: version.ok_or_else(|| OpenError::Server {
                what: "read the server's version",
                source: "it is not three numbers".into(),
            })?,
            is_replica_set: is_router || hello.contains_key("setName"),
        })
    }
}

/// Whether a reply to `hello` is that of a replica set of one member.
pub(crate) fn has_one_member(hello: &Document) -> bool {
    let members = ["hosts", "passives", "arbiters"].map(|sort| hello.get_array(sort));
    let members = members.into_iter().flatten().map(Vec::len);
    hello.contains_key("setName") && members.sum::<usize>() == 1
}

async fn run(admin: &Database, command: Document, wants_tls: bool) -> Result<Document, OpenError> {
    let reply = admin.run_command(command).await;
    reply.map_err(|error| cause::of_contact(&error, wants_tls))
}
