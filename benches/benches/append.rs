//! Appends of four events by several concurrent writers, each waiting for its acknowledgement.
//!
//! An iteration is one append by each of the writers.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to say"
)]

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use es_benches::closed_loop::{self, Until};
use es_benches::mongo::Mongo;
use es_benches::scratch::Scratch;
use es_benches::subject::{Embedded, Memory, Subject};
use es_benches::target::Stored;
use es_benches::traffic::{AppendSize, Shape};
use es_benches::workload::append::Appending;
use es_core::EventStore;
use tokio::runtime::Runtime;

const WRITERS: [usize; 4] = [1, 16, 128, 1_000];
const EVENTS: usize = 4;
const PAYLOAD_BYTES: usize = 205;

fn append(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    on(criterion, &runtime, &Memory, "append/memory");
    on(criterion, &runtime, &Embedded::default(), "append/embedded");
    if let Some(mongo) = runtime.block_on(Mongo::named("append/mongo")).unwrap() {
        on(criterion, &runtime, &mongo, "append/mongo");
    }
}

fn on<S: Subject>(criterion: &mut Criterion, runtime: &Runtime, subject: &S, name: &str) {
    let scratch = Scratch::new(Some(env!("CARGO_TARGET_TMPDIR").as_ref())).unwrap();
    let shape = Shape::new(AppendSize::exactly(EVENTS), PAYLOAD_BYTES).unwrap();
    let mut group = criterion.benchmark_group(name);
    for writers in WRITERS {
        let place = runtime.block_on(subject.place(&scratch)).unwrap();
        let store = runtime.block_on(subject.open(&place)).unwrap();
        group.throughput(Throughput::Elements((writers * EVENTS) as u64));
        group.bench_function(BenchmarkId::new("writers", writers), |bencher| {
            bencher.iter_custom(|rounds| runtime.block_on(run(&store, &shape, writers, rounds)));
        });
        runtime.block_on(subject.close(store)).unwrap();
        runtime.block_on(subject.remove(place)).unwrap();
    }
}

async fn run<S>(store: &S, shape: &Shape, writers: usize, rounds: u64) -> Duration
where
    S: EventStore + Clone + 'static,
{
    let tasks = Appending::tasks(&Stored(store.clone()), shape, writers).unwrap();
    let tally = closed_loop::run(tasks, Until::Steps(rounds)).await;
    assert_eq!(tally.errors, 0);
    tally.elapsed
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = append
}
criterion_main!(benches);
