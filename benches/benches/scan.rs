//! Reading all events in the order of positions, a page at a time, payloads left as bytes and
//! decoded.
//!
//! An iteration is a page of 5,000 events.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to say"
)]

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use es_benches::mongo::Mongo;
use es_benches::scratch::Scratch;
use es_benches::subject::{Embedded, Memory, Subject};
use es_benches::target::Stored;
use es_benches::traffic::{AppendSize, Shape};
use es_benches::workload::scan::{Scanning, fill};
use es_core::{MAX_PAGE_EVENTS, Position};
use tokio::runtime::Runtime;

/// How many are read: a number of whole pages.
const EVENTS: usize = 100_000;
const PAYLOAD_BYTES: usize = 205;

fn scan(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    on(criterion, &runtime, &Memory, "scan/memory");
    on(criterion, &runtime, &Embedded::default(), "scan/embedded");
    if let Some(mongo) = runtime.block_on(Mongo::named("scan/mongo")).unwrap() {
        on(criterion, &runtime, &mongo, "scan/mongo");
    }
}

fn on<S: Subject>(criterion: &mut Criterion, runtime: &Runtime, subject: &S, name: &str) {
    let scratch = Scratch::new(Some(env!("CARGO_TARGET_TMPDIR").as_ref())).unwrap();
    let place = runtime.block_on(subject.place(&scratch)).unwrap();
    let store = runtime.block_on(subject.open(&place)).unwrap();
    let shape = Shape::new(AppendSize::exactly(4), PAYLOAD_BYTES).unwrap();
    runtime
        .block_on(fill(Stored(store.clone()), &shape, EVENTS + EVENTS / 4))
        .unwrap();
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(MAX_PAGE_EVENTS as u64));
    for (variant, decoded) in [("bytes", false), ("decoded", true)] {
        let mut scanning = Scanning::new(&store, decoded).until(Position::new(EVENTS as u64));
        group.bench_function(variant, |bencher| {
            bencher.iter(|| runtime.block_on(scanning.page()).unwrap());
        });
    }
    group.finish();
    runtime.block_on(subject.close(store)).unwrap();
    runtime.block_on(subject.remove(place)).unwrap();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = scan
}
criterion_main!(benches);
