//! A server with TLS and users: who gets in, and who does not.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use std::time::Duration;

use es_testkit::{
    mongo::{SecureServer, ServerOptions},
    skipped,
};
use mongodb::{
    Client,
    bson::{Document, doc},
    error::{Error, ErrorKind},
    options::ClientOptions,
};

async fn client(uri: &str) -> Result<Client, Error> {
    let mut options = ClientOptions::parse(uri).await?;
    options.server_selection_timeout = Some(Duration::from_secs(2));
    Client::with_options(options)
}

async fn insert(uri: &str) -> Result<(), Error> {
    let database = client(uri).await?.default_database().unwrap();
    let things = database.collection::<Document>("things");
    things.insert_one(doc! { "a": 1 }).await.map(drop)
}

async fn delete(uri: &str) -> Result<(), Error> {
    let database = client(uri).await?.default_database().unwrap();
    let things = database.collection::<Document>("things");
    things.delete_one(doc! { "a": 1 }).await.map(drop)
}

fn may_insert_only() -> [Document; 1] {
    [doc! { "resource": { "db": "app", "collection": "things" }, "actions": ["insert"] }]
}

fn is_unauthorized(result: Result<(), Error>) -> bool {
    matches!(*result.unwrap_err().kind, ErrorKind::Command(ref error) if error.code == 13)
}

#[tokio::test]
async fn users_get_in_by_password_and_by_certificate_with_what_they_may() {
    if skipped("own-server") {
        return;
    }
    let server = SecureServer::start(ServerOptions::default()).await.unwrap();
    insert(&server.admin_uri("app")).await.unwrap();
    delete(&server.admin_uri("app")).await.unwrap();

    let privileges = may_insert_only();
    let by_password = server.user(&privileges).await.unwrap();
    let by_certificate = server.x509_user(&privileges).await.unwrap();
    for user in [by_password, by_certificate] {
        let uri = server.uri_of(&user, "app");
        insert(&uri).await.unwrap();
        assert!(is_unauthorized(delete(&uri).await), "{user:?}");
        let elsewhere = insert(&server.uri_of(&user, "elsewhere")).await;
        assert!(is_unauthorized(elsewhere), "{user:?}");
    }
}

#[tokio::test]
async fn strangers_do_not_get_in() {
    if skipped("own-server") {
        return;
    }
    let server = SecureServer::start(ServerOptions::default()).await.unwrap();
    assert!(is_unauthorized(insert(&server.anonymous_uri("app")).await));
    insert(&server.wrong_password_uri("app")).await.unwrap_err();
    insert(&server.plain_uri("app")).await.unwrap_err();
    let wrong = insert(&server.wrong_authority_uri("app")).await;
    let told = wrong.unwrap_err().to_string();
    assert!(told.contains("UnknownIssuer"), "{told}");
}

#[tokio::test]
async fn debug_tells_no_secrets() {
    if skipped("own-server") {
        return;
    }
    let server = SecureServer::start(ServerOptions::default()).await.unwrap();
    let user = server.user(&may_insert_only()).await.unwrap();
    let shown = format!("{server:?} {user:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("mongodb://"),
        "{shown}"
    );
}
