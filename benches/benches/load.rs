//! Rebuilding an aggregate through the repository, from streams of several lengths, without and
//! with a snapshot ten events before the end.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to say"
)]

use std::cell::Cell;
use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use es_benches::claims::Claim;
use es_benches::mongo::Mongo;
use es_benches::scratch::Scratch;
use es_benches::subject::{Embedded, Memory, Subject};
use es_benches::traffic::{AppendSize, Shape};
use es_benches::workload::load::{fill_with_snapshots, with_snapshots};
use es_core::repository::SnapshotPolicy;
use es_core::{Repository, StreamId};
use es_serde::Json;
use tokio::runtime::Runtime;

const LENGTHS: [usize; 3] = [10, 1_000, 10_000];
const STREAMS: usize = 8;
const PAYLOAD_BYTES: usize = 205;

fn load(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    on(criterion, &runtime, &Memory, "load/memory");
    on(criterion, &runtime, &Embedded::default(), "load/embedded");
    if let Some(mongo) = runtime.block_on(Mongo::named("load/mongo")).unwrap() {
        on(criterion, &runtime, &mongo, "load/mongo");
    }
}

fn on<S: Subject>(criterion: &mut Criterion, runtime: &Runtime, subject: &S, name: &str) {
    let scratch = Scratch::new(Some(env!("CARGO_TARGET_TMPDIR").as_ref())).unwrap();
    let place = runtime.block_on(subject.place(&scratch)).unwrap();
    let store = runtime.block_on(subject.open(&place)).unwrap();
    let shape = Shape::new(AppendSize::exactly(4), PAYLOAD_BYTES).unwrap();
    let plain = Repository::new(store.clone(), Json);
    let snapshots = with_snapshots(&store, SnapshotPolicy::never());
    let mut group = criterion.benchmark_group(name);
    for length in LENGTHS {
        let filled = fill_with_snapshots(&store, &shape, length, STREAMS);
        let streams = runtime.block_on(filled).unwrap();
        group.throughput(Throughput::Elements(length as u64));
        for (variant, claims) in [("events", &plain), ("events_with_snapshot", &snapshots)] {
            let id = BenchmarkId::new(variant, length);
            bench(&mut group, id, runtime, claims, &streams);
        }
    }
    group.finish();
    runtime.block_on(subject.close(store)).unwrap();
    runtime.block_on(subject.remove(place)).unwrap();
}

fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    id: BenchmarkId,
    runtime: &Runtime,
    claims: &Repository<Claim>,
    streams: &[StreamId],
) {
    let turn = Cell::new(0);
    group.bench_function(id, |bencher| {
        bencher.iter(|| {
            let stream = &streams[turn.get() % streams.len()];
            turn.set(turn.get() + 1);
            black_box(runtime.block_on(claims.load(stream.id())).unwrap())
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = load
}
criterion_main!(benches);
