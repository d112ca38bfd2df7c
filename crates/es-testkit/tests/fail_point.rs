//! Fail points on a server that several tests share.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use std::{env, net::TcpListener, process::Command};

use es_testkit::{
    mongo::{FailPoint, LocalServer, SharedServer, shared},
    skipped,
};
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
    if skipped("fail-points") {
        return;
    }
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
    if skipped("fail-points") {
        return;
    }
    let server = shared().await;
    let point = FailPoint::set(&server.uri(), failing_inserts_of("dropped")).await;
    let point = point.unwrap();
    insert(server, "dropped").await.unwrap_err();
    drop(point);
    insert(server, "dropped").await.unwrap();
}

#[tokio::test]
async fn who_wants_the_same_point_waits_for_its_end() {
    if skipped("fail-points") {
        return;
    }
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
    if skipped("fail-points") {
        return;
    }
    let point = doc! { "configureFailPoint": "noSuchPoint", "mode": "alwaysOn" };
    let error = FailPoint::set(&shared().await.uri(), point).await;
    let error = error.unwrap_err().explain();
    assert!(error.contains("noSuchPoint"), "{error}");
}

#[tokio::test]
async fn a_server_without_fail_points_says_how_to_get_them_or_to_leave_the_tests_out() {
    if skipped("own-server") {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr();
    // One to try things out has no test commands.
    let server = LocalServer::new(port.unwrap().port(), Some(data.path().to_owned())).unwrap();
    server.up(&[]).await.unwrap();
    let set = FailPoint::set(&server.uri(), failing_inserts_of("anybody")).await;
    server.down().await.unwrap();
    let error = set.unwrap_err().explain();
    for part in ["enableTestCommands=1", "ES_TEST_SKIP=fail-points"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn tests_that_need_fail_points_are_left_out_if_they_are_named() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["a_dropped_point_is_off", "--exact", "--nocapture"])
        .env("ES_TEST_SKIP", "disk-full, fail-points")
        // Nobody answers there.
        .env("ES_TEST_MONGODB_URI", "mongodb://127.0.0.1:1/")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("ES_TEST_SKIP names fail-points"), "{said}");
}
