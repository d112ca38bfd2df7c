//! What takes long or needs a network: run with `ES_TEST_TIER=slow` (`cargo xtask test --slow`).

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a panic with a message is how a test fails, and servers live in real time"
)]

use std::{
    env, fs,
    process::Command,
    time::{Duration, Instant},
};

use es_testkit::{
    SmallDisk,
    mongo::{Cluster, ClusterOptions, NodeId},
    skipped,
};
use mongodb::{
    Client,
    bson::{Document, doc, oid::ObjectId},
    options::ClientOptions,
};
use tokio::time::sleep;

fn is_left_out() -> bool {
    let slow = env::var("ES_TEST_TIER").is_ok_and(|tier| tier == "slow");
    if !slow {
        println!("left out, since ES_TEST_TIER is not slow");
    }
    !slow
}

#[test]
fn a_server_is_fetched_into_an_empty_cache_once() {
    if is_left_out() || skipped("download") {
        return;
    }
    let cache = tempfile::tempdir().unwrap();
    let data = tempfile::tempdir().unwrap();
    let call = |command: &str| {
        let port = free_port().to_string();
        let run = |command: &str| {
            Command::new(env!("CARGO_BIN_EXE_es-mongo"))
                .args([command, "--port", &port, "--data"])
                .arg(data.path())
                .env("XDG_CACHE_HOME", cache.path())
                .env("ES_TEST_DOWNLOAD", "1")
                .env("ES_TEST_MONGOD_VERSION", "6.0.5")
                .env_remove("ES_TEST_MONGOD")
                .output()
                .unwrap()
        };
        let output = run(command);
        run("down");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{said}");
        said
    };
    assert!(call("up").contains("SSPL-1.0"));
    assert_eq!(call("up"), "");
    let entries = fs::read_dir(cache.path().join("es-test-mongod")).unwrap();
    assert_eq!(entries.count(), 1, "something is left of the download");
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The driver's own retries are on, so every failure that is seen is final.
async fn acknowledged_until_it_fails(client: &Client) -> Vec<ObjectId> {
    let things = client.database("disk").collection::<Document>("things");
    let majority = mongodb::options::WriteConcern::builder()
        .w(mongodb::options::Acknowledgment::Majority)
        .journal(true)
        .build();
    let mut acknowledged = Vec::new();
    loop {
        let id = ObjectId::new();
        let thing = doc! { "_id": id, "filling": "x".repeat(200_000) };
        let insert = things.insert_one(thing).write_concern(majority.clone());
        match insert.await {
            Ok(_) => acknowledged.push(id),
            Err(_) => return acknowledged,
        }
        assert!(acknowledged.len() < 20_000, "the disk never fills up");
    }
}

#[tokio::test]
async fn members_on_a_full_disk_crash_and_come_back_with_what_was_acknowledged() {
    if is_left_out() || skipped("disk-full") || skipped("own-server") {
        return;
    }
    let disk = SmallDisk::mount(1100).unwrap();
    let mut options = ClusterOptions::default();
    options.data_root = Some(disk.path().to_owned());
    let cluster = Cluster::start(options).await.unwrap();
    let mut options = ClientOptions::parse(cluster.uri()).await.unwrap();
    options.server_selection_timeout = Some(Duration::from_secs(3));
    let client = Client::with_options(options).unwrap();

    let acknowledged = acknowledged_until_it_fails(&client).await;
    let started = Instant::now();
    while !NodeId::all().any(|node| cluster.is_down(node)) {
        assert!(started.elapsed() < Duration::from_secs(30), "none crashed");
        sleep(Duration::from_millis(50)).await;
    }

    disk.resize(2200).unwrap();
    for node in NodeId::all() {
        cluster.kill(node);
        cluster.restart(node).await.unwrap();
    }
    cluster.wait_steady().await.unwrap();
    let things = client.database("disk").collection::<Document>("things");
    let there = doc! { "_id": { "$in": &acknowledged } };
    let there = things.count_documents(there).await.unwrap();
    assert!(!acknowledged.is_empty());
    assert_eq!(there, acknowledged.len() as u64);
}
