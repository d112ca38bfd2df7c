//! Every process at a log gets its share of it, however busy the others are.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use es_core::EventStore;
use es_store_mongo::{MongoOptions, MongoStore};
use es_testkit::mongo::shared;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::log::{ANY, AT_MOST, one_event, open, pause, stored};
use crate::turn::turn;

/// Tasks that append to streams of their own, as fast as they are answered, until this is dropped.
pub(crate) struct Load {
    tasks: JoinSet<()>,
    acknowledged: Arc<AtomicU64>,
}

impl Load {
    /// `number` tells the events from those of other loads.
    pub(crate) fn start(
        store: &MongoStore,
        number: u64,
        tasks: u64,
        stream: impl Fn(u64, u64) -> u64 + Send + Copy + 'static,
    ) -> Self {
        let acknowledged = Arc::<AtomicU64>::default();
        let mut set = JoinSet::new();
        for task in 0..tasks {
            let (store, acknowledged) = (store.clone(), Arc::clone(&acknowledged));
            set.spawn(async move {
                for n in 0.. {
                    let event = (number << 48) + (task << 32) + n;
                    let append = one_event(stream(task, n), ANY, event);
                    store.append(append).await.unwrap();
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self {
            tasks: set,
            acknowledged,
        }
    }

    /// Waits until so many are acknowledged: then it is at full speed.
    pub(crate) async fn reaches(&self, acknowledged: u64) {
        let started = Instant::now();
        while self.acknowledged() < acknowledged {
            assert!(started.elapsed() < AT_MOST, "a load that does not run");
            pause(10).await;
        }
    }

    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Lets no append be under way any more.
    pub(crate) async fn stop(mut self) -> u64 {
        self.tasks.shutdown().await;
        self.acknowledged()
    }
}

async fn stores(count: usize) -> (String, Vec<MongoStore>) {
    let server = shared().await;
    let uri = server.uri_for(&server.database());
    let mut stores = Vec::new();
    for _ in 0..count {
        stores.push(open(&uri, "fair", MongoOptions::default()).await);
    }
    (uri, stores)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_equally_busy_processes_get_equal_shares() {
    let _turn = turn().await;
    let (uri, stores) = stores(3).await;
    let loads: Vec<_> = (1..)
        .zip(&stores)
        .map(|(number, store)| Load::start(store, number, 32, move |task, _| number * 100 + task))
        .collect();
    for load in &loads {
        load.reaches(500).await;
    }
    let before: Vec<_> = loads.iter().map(Load::acknowledged).collect();
    pause(2_000).await;
    let mut shares = Vec::new();
    for (load, before) in loads.into_iter().zip(before) {
        shares.push(load.acknowledged() - before);
        load.stop().await;
    }
    let mean = shares.iter().sum::<u64>() / 3;
    println!("shares of three: {shares:?}");
    for share in &shares {
        assert!(2 * share >= mean, "shares of three: {shares:?}");
    }
    stored(&uri).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_with_little_to_do_is_not_held_up_by_a_busy_one() {
    let _turn = turn().await;
    let (uri, stores) = stores(2).await;
    let busy = Load::start(&stores[0], 1, 64, |task, _| 100 + task);
    busy.reaches(1_000).await;
    let mut slowest = Duration::ZERO;
    for event in 1..=30 {
        let called = Instant::now();
        let append = stores[1].append(one_event(1, ANY, event));
        timeout(AT_MOST, append).await.unwrap().unwrap();
        slowest = slowest.max(called.elapsed());
    }
    let busy = busy.stop().await - 1_000;
    println!("30 appends beside {busy}, the slowest in {slowest:?}");
    assert!(busy > 0, "the busy one did nothing meanwhile");
    assert!(slowest < Duration::from_secs(10), "{slowest:?}");
    stored(&uri).await;
}
