//! The same on a real server: every workload that the MongoDB store has, briefly; and that the
//! ceilings write what the store writes.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use clap::Parser;
use es_benches::mongo::{BareDriver, Mongo, Server};
use es_benches::options::Options;
use es_benches::scratch::Scratch;
use es_benches::stop::Stop;
use es_benches::subject::Subject;
use es_benches::target::{Stored, Target};
use es_benches::traffic::{AppendSize, Shape, Writer};
use es_benches::workload::{self, Setting};
use es_testkit::mongo::shared;
use mongodb::bson::{Document, doc};
use serde_json::Value;

async fn lines(args: &str) -> Vec<Value> {
    let uri = shared().await.uri();
    let quick = "--concurrency 2 --seconds 0.1 --runs 1 --stream-events 30 --events 2000";
    let args = format!("--store mongo {args} {quick} --uri {uri}");
    let args = ["es-bench"].into_iter().chain(args.split(' '));
    let options = Options::try_parse_from(args).unwrap();
    let setting = Setting {
        options: &options,
        scratch: &Scratch::new(Some(env!("CARGO_TARGET_TMPDIR").as_ref())).unwrap(),
        stop: &Stop::default(),
        executable: env!("CARGO_BIN_EXE_es-bench").as_ref(),
    };
    let mut lines = Vec::new();
    workload::measure(&setting, |report| {
        lines.push(serde_json::to_value(report).unwrap());
    })
    .await
    .unwrap();
    lines
}

async fn check(args: &str, positive: &[&str]) {
    for line in lines(args).await {
        assert_eq!(line["errors"], 0, "{line}");
        for figure in ["events_per_s", "raw_events_per_s"] {
            assert!(line[figure].as_f64().unwrap() > 0.0, "{figure} in {line}");
        }
        for figure in positive {
            let value = line[figure].as_f64();
            assert!(value.is_some_and(|value| value > 0.0), "{figure} in {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_are_measured_beside_the_bare_driver() {
    let figures = [
        "ratio",
        "connections4_ratio",
        "insert_p50_ratio",
        "bytes_per_event",
        "bson_bytes_per_event",
    ];
    check("--workload append", &figures).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_are_measured_beside_a_transaction_for_each() {
    check("--workload naive", &["ratio"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_append_to_one_namespace() {
    let figures = ["least_share", "p99_ratio", "connection1_ratio"];
    check("--workload append --processes 2", &figures).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_are_measured_beside_the_bare_driver() {
    check("--workload load", &["ratio"]).await;
    check("--workload scan", &["ratio", "decoded_events_per_s"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_measured() {
    check("--workload command", &["ratio"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_measured_in_this_process_and_in_another() {
    // An event may be there before its append is acknowledged, which is a latency of 0.
    check("--workload live", &[]).await;
    check("--workload live --across-processes", &["p50_ms"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ceiling_writes_what_the_store_writes() {
    let server = Server::connect(&shared().await.uri()).await.unwrap();
    let mongo = Mongo::new(server.clone());
    let shape = Shape::new(AppendSize::exactly(3), 205).unwrap();
    let work = Writer::new(&shape, 0).unwrap().next_work().unwrap();
    let scratch = Scratch::new(Some(env!("CARGO_TARGET_TMPDIR").as_ref())).unwrap();
    let mut documents = Vec::new();
    for bare in [false, true] {
        let place = mongo.place(&scratch).await.unwrap();
        let store = mongo.open(&place).await.unwrap();
        let database = server.database(&place);
        if bare {
            let driver = BareDriver::new(database.clone());
            driver.append(work.clone()).await.unwrap();
        } else {
            Stored(store.clone()).append(work.clone()).await.unwrap();
        }
        documents.push(only_document(&database).await);
        mongo.close(store).await.unwrap();
        mongo.remove(place).await.unwrap();
    }
    assert_eq!(documents[0], documents[1]);
}

/// The one document of the events, without what is different each time.
async fn only_document(database: &mongodb::Database) -> Document {
    let events = database.collection::<Document>("events");
    assert_eq!(events.count_documents(doc! {}).await.unwrap(), 1);
    let mut document = events.find_one(doc! {}).await.unwrap().unwrap();
    document.insert("at", 0_i64);
    if let Ok(mark) = document.get_document_mut("w") {
        mark.insert("i", 0_i64);
    }
    document
}
