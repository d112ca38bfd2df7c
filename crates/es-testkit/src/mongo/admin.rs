//! The few commands that make a set of servers, over a connection to one server.

use std::time::{Duration, Instant};

use mongodb::{
    Client,
    bson::{Document, doc},
    options::ClientOptions,
};
use tokio::time::sleep;

use super::ServerError;

const POLL: Duration = Duration::from_millis(20);

/// A client of exactly one server, whatever it is a member of.
pub(crate) async fn direct(uri: &str) -> mongodb::error::Result<Client> {
    let mut options = ClientOptions::parse(uri).await?;
    options.direct_connection = Some(true);
    options.connect_timeout = Some(Duration::from_secs(2));
    options.server_selection_timeout = Some(Duration::from_secs(5));
    options.app_name = Some("es-testkit".to_owned());
    Client::with_options(options)
}

/// Runs a command on the server's database `admin`.
pub(crate) async fn run(client: &Client, command: Document) -> mongodb::error::Result<Document> {
    client.database("admin").run_command(command).await
}

/// Makes a replica set of the servers at these addresses.
pub(crate) async fn initiate(
    client: &Client,
    name: &str,
    hosts: &[String],
    settings: Document,
) -> Result<(), ServerError> {
    let members: Vec<_> = hosts
        .iter()
        .zip(0_i32..)
        .map(|(host, id)| doc! { "_id": id, "host": host })
        .collect();
    let config = doc! { "_id": name, "members": members, "settings": settings };
    run(client, doc! { "replSetInitiate": config })
        .await
        .map(drop)
        .map_err(ServerError::command("making the replica set"))
}

/// Waits until this server takes writes.
pub(crate) async fn writable(client: &Client, limit: Duration) -> Result<(), ServerError> {
    let started = Instant::now();
    loop {
        let hello = run(client, doc! { "hello": 1 }).await;
        if hello.is_ok_and(|reply| reply.get_bool("isWritablePrimary").unwrap_or(false)) {
            return Ok(());
        }
        if started.elapsed() > limit {
            return Err(ServerError::Late {
                what: "a primary",
                seconds: limit.as_secs(),
                log: String::new(),
            });
        }
        sleep(POLL).await;
    }
}
