//! Ctrl-C while a server is measured: nothing stays behind on it.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use es_testkit::mongo::shared;
use mongodb::bson::doc;

async fn databases() -> Vec<String> {
    let uri = shared().await.uri();
    let client = mongodb::Client::with_uri_str(uri).await.unwrap();
    let names = client.list_database_names();
    let ours = names.filter(doc! { "name": { "$regex": "^es_bench_" } });
    ours.await.unwrap()
}

fn start(args: &str, uri: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_es-bench"))
        .args(args.split(' '))
        .env("ES_BENCH_MONGODB_URI", uri)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until it tells of its first run.
fn wait_for_a_run(bench: &mut Child) {
    let lines = BufReader::new(bench.stderr.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    lines.find(|line| line.contains("run 1, ")).unwrap();
    // Whoever has nobody to tell something to may end of that.
    std::thread::spawn(move || lines.for_each(drop));
}

#[tokio::test]
async fn an_interrupted_bench_drops_its_databases() {
    let uri = shared().await.uri();
    for args in ["--workload append", "--workload append --processes 2"] {
        let args = format!("--store mongo --concurrency 4 --seconds 1 --runs 20 {args}");
        let mut bench = start(&args, &uri);
        wait_for_a_run(&mut bench);
        let mut interrupt = Command::new("kill");
        interrupt.args(["-INT", &bench.id().to_string()]);
        assert!(interrupt.status().unwrap().success());
        assert_eq!(bench.wait().unwrap().code(), Some(130));
        assert_eq!(databases().await, Vec::<String>::new());
    }
}
