//! Fail points on a server that several tests share.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use es_testkit::mongo::{FailPoint, SharedServer, shared};
use mongodb::{
    Client,
    bson::{Document, doc},
    options::ClientOptions,
};

async fn insert(server: &SharedServer, application: &str) -> mongodb::error::Result<()> {
    let mut options = ClientOptions::parse(server.uri()).await?;
    options.app_name = Some(application.to_owned());
    options.retry_writes = Some(false);
    let client = Client::with_options(options)?;
    let things = client
        .database(&server.database())
        .collection::<Document>("things");
    things.insert_one(doc! { "a": 1 }).await.map(drop)
}

fn failing_inserts_of(application: &str) -> Document {
    doc! {
        "configureFailPoint": "failCommand",
        "mode": "alwaysOn",
        "data": { "failCommands": ["insert"], "errorCode": 14031, "appName": application },
    }
}

#[tokio::test]
async fn only_the_named_application_fails_and_only_until_it_is_off() {
    let server = shared().await;
    let point = FailPoint::set(&server.uri(), failing_inserts_of("victim")).await;
    let point = point.unwrap();
    insert(server, "victim").await.unwrap_err();
    insert(server, "bystander").await.unwrap();
    point.entered(1).await.unwrap();
    assert_eq!(point.off().await.unwrap(), 1);
    insert(server, "victim").await.unwrap();
}

#[tokio::test]
async fn a_dropped_point_is_off() {
    let server = shared().await;
    let point = FailPoint::set(&server.uri(), failing_inserts_of("dropped")).await;
    let point = point.unwrap();
    insert(server, "dropped").await.unwrap_err();
    drop(point);
    insert(server, "dropped").await.unwrap();
}

#[tokio::test]
async fn who_wants_the_same_point_waits_for_its_end() {
    let server = shared().await;
    // The point is the server's, whatever database the URI names.
    let uri = server.uri_for(&server.database());
    let first = FailPoint::set(&uri, failing_inserts_of("first")).await;
    let second = {
        let uri = server.uri();
        tokio::spawn(async move { FailPoint::set(&uri, failing_inserts_of("second")).await })
    };
    insert(server, "first").await.unwrap_err();
    insert(server, "second").await.unwrap();
    first.unwrap().off().await.unwrap();
    let second = second.await.unwrap().unwrap();
    insert(server, "first").await.unwrap();
    insert(server, "second").await.unwrap_err();
    second.off().await.unwrap();
}

#[tokio::test]
async fn a_point_the_server_does_not_have_is_refused() {
    let point = doc! { "configureFailPoint": "noSuchPoint", "mode": "alwaysOn" };
    let error = FailPoint::set(&shared().await.uri(), point).await;
    let error = error.unwrap_err().explain();
    assert!(error.contains("noSuchPoint"), "{error}");
}
