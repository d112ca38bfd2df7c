//! Every workload on every store, briefly: it runs, it checks what was stored, and its line has
//! the figures that the documentation names.

#![allow(
    clippy::unwrap_used,
    reason = "what fails in a helper of a test fails the test"
)]

use clap::Parser;
use es_benches::options::Options;
use es_benches::scratch::Scratch;
use es_benches::stop::Stop;
use es_benches::workload::{self, Setting};
use serde_json::Value;

fn options(args: &str) -> Options {
    let quick = "--concurrency 2 --seconds 0.02 --runs 1 --stream-events 30 --events 2000";
    let args = args.split(' ').chain(quick.split(' '));
    Options::try_parse_from(["es-bench"].into_iter().chain(args)).unwrap()
}

async fn lines(args: &str) -> Vec<Value> {
    let options = options(args);
    let scratch = Scratch::new(Some(env!("CARGO_TARGET_TMPDIR").as_ref())).unwrap();
    let setting = Setting {
        options: &options,
        scratch: &scratch,
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

/// `workload` may name further options.
async fn check(store: &str, workload: &str, expected_lines: usize, further: &[&str]) {
    let lines = lines(&format!("--store {store} --workload {workload}")).await;
    assert_eq!(lines.len(), expected_lines);
    for line in &lines {
        assert_eq!(line["store"], store);
        assert!(workload.starts_with(line["workload"].as_str().unwrap()));
        assert_eq!(line["errors"], 0);
        for figure in ["events_per_s", "ops_per_s", "raw_events_per_s"] {
            assert!(line[figure].as_f64().unwrap() > 0.0, "{figure} in {line}");
        }
        for figure in ["p50_ms", "p99_ms", "ratio", "raw_p50_ms", "raw_p99_ms"] {
            assert!(line[figure].as_f64().unwrap() >= 0.0, "{figure} in {line}");
        }
    }
    for figure in further {
        assert!(!lines[0][figure].is_null(), "{figure} in {}", lines[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_are_measured_and_verified() {
    check("memory", "append", 1, &["verified"]).await;
    let engine = ["verified", "engine_events_per_s", "engine_ratio"];
    check("embedded", "append", 1, &engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_measured_and_verified() {
    for store in ["memory", "embedded"] {
        check(store, "command", 1, &["verified", "cached"]).await;
        check(store, "command --no-cache", 1, &["verified"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn loads_are_measured_without_and_with_snapshot() {
    for store in ["memory", "embedded"] {
        check(
            store,
            "load",
            2,
            &["stream_events", "snapshot", "read_ratio"],
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scans_are_measured_as_bytes_and_decoded() {
    for store in ["memory", "embedded"] {
        check(store, "scan", 1, &["decoded_events_per_s"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_are_measured_by_latency() {
    for store in ["memory", "embedded"] {
        let line = &lines(&format!("--store {store} --workload live")).await[0];
        assert_eq!(line["ratio_of"], "p99_ms");
        assert_eq!(line["errors"], 0);
    }
}
