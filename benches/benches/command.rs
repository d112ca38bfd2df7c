//! The cycle of a command: load, decide, append one event; with the aggregate cached and without.
//!
//! One task, so that this is the latency of a command. An iteration is one command; every
//! twentieth creates the aggregate of those that follow.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to say"
)]

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use es_benches::closed_loop::{self, Until};
use es_benches::mongo::Mongo;
use es_benches::scratch::Scratch;
use es_benches::subject::{Embedded, Memory, Subject};
use es_benches::traffic::{AppendSize, Shape};
use es_benches::workload::command::Commanding;
use es_core::EventStore;
use tokio::runtime::Runtime;

const PAYLOAD_BYTES: usize = 205;

fn command(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    on(criterion, &runtime, &Memory, "command/memory");
    on(
        criterion,
        &runtime,
        &Embedded::default(),
        "command/embedded",
    );
    if let Some(mongo) = runtime.block_on(Mongo::named("command/mongo")).unwrap() {
        on(criterion, &runtime, &mongo, "command/mongo");
    }
}

fn on<S: Subject>(criterion: &mut Criterion, runtime: &Runtime, subject: &S, name: &str) {
    let scratch = Scratch::new(Some(env!("CARGO_TARGET_TMPDIR").as_ref())).unwrap();
    let shape = Shape::new(AppendSize::exactly(1), PAYLOAD_BYTES).unwrap();
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(1));
    for (variant, cached) in [("cached", true), ("loaded_each_time", false)] {
        let place = runtime.block_on(subject.place(&scratch)).unwrap();
        let store = runtime.block_on(subject.open(&place)).unwrap();
        group.bench_function(variant, |bencher| {
            bencher.iter_custom(|commands| runtime.block_on(run(&store, &shape, cached, commands)));
        });
        runtime.block_on(subject.close(store)).unwrap();
        runtime.block_on(subject.remove(place)).unwrap();
    }
}

async fn run<S>(store: &S, shape: &Shape, cached: bool, commands: u64) -> Duration
where
    S: EventStore + Clone + 'static,
{
    let tasks = Commanding::tasks(store, shape, 1, cached);
    let tally = closed_loop::run(tasks, Until::Steps(commands)).await;
    assert_eq!(tally.errors, 0);
    tally.elapsed
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = command
}
criterion_main!(benches);
