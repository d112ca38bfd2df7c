//! The server that tests share, and servers of their own.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use es_testkit::{
    mongo::{Server, ServerError, ServerOptions, Version, shared},
    skipped,
};
use mongodb::{
    Client,
    bson::{Document, doc},
};

async fn insert_and_count(uri: &str) -> u64 {
    let client = Client::with_uri_str(uri).await.unwrap();
    let things = client
        .default_database()
        .unwrap()
        .collection::<Document>("things");
    things.insert_one(doc! { "a": 1 }).await.unwrap();
    things.count_documents(doc! {}).await.unwrap()
}

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let server = shared().await;
    let (one, two) = (server.database(), server.database());
    assert_ne!(one, two);
    assert_eq!(insert_and_count(&server.uri_for(&one)).await, 1);
    assert_eq!(insert_and_count(&server.uri_for(&two)).await, 1);
    assert_eq!(insert_and_count(&server.uri_for(&two)).await, 2);
}

#[test]
fn tests_with_runtimes_of_their_own_share_one_server() {
    let uris: Vec<_> = (0..4)
        .map(|_| {
            std::thread::spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async {
                    let server = shared().await;
                    let count = insert_and_count(&server.uri_for(&server.database())).await;
                    assert_eq!(count, 1);
                    server.uri()
                })
            })
        })
        .map(|thread| thread.join().unwrap())
        .collect();
    assert!(uris.windows(2).all(|two| two[0] == two[1]), "{uris:?}");
}

#[tokio::test]
async fn the_server_has_transactions() {
    let server = shared().await;
    let client = Client::with_uri_str(server.uri_for(&server.database()))
        .await
        .unwrap();
    let things = client
        .default_database()
        .unwrap()
        .collection::<Document>("things");
    let mut session = client.start_session().await.unwrap();
    session.start_transaction().await.unwrap();
    things
        .insert_one(doc! { "a": 1 })
        .session(&mut session)
        .await
        .unwrap();
    session.abort_transaction().await.unwrap();
    assert_eq!(things.count_documents(doc! {}).await.unwrap(), 0);
}

#[tokio::test]
async fn a_dropped_server_is_gone_with_its_data() {
    if skipped("own-server") {
        return;
    }
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let (data, address) = (
        server.data_dir(),
        (std::net::Ipv4Addr::LOCALHOST, server.port()),
    );
    assert!(data.is_dir() && server.version() >= Version(4, 4, 0));
    drop(server);
    assert!(!data.exists() && std::net::TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn a_standalone_server_is_no_replica_set() {
    if skipped("own-server") {
        return;
    }
    let mut options = ServerOptions::default();
    options.replica_set = false;
    let server = Server::start(options).await.unwrap();
    let client = Client::with_uri_str(server.uri()).await.unwrap();
    let admin = client.database("admin");
    let hello = admin.run_command(doc! { "hello": 1 }).await.unwrap();
    assert_eq!(hello.get("setName"), None);
    assert_eq!(insert_and_count(&server.uri_for("some")).await, 1);
}

#[tokio::test]
async fn a_server_that_does_not_start_says_why() {
    if skipped("own-server") {
        return;
    }
    let mut options = ServerOptions::default();
    options.arguments = vec!["--noSuchOption".to_owned()];
    let error = Server::start(options).await.unwrap_err();
    assert!(matches!(error, ServerError::Exited { .. }), "{error:?}");
    assert!(error.explain().contains("noSuchOption"), "{error}");
}
