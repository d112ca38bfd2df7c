//! A process whose appends are all transactions, at streams that others keep writing to.

use std::time::{Duration, Instant};

use es_core::{AppendError, EventStore};
use es_store_mongo::MongoOptions;
use es_testkit::mongo::shared;
use tokio::time::timeout;

use crate::fairness::Load;
use crate::log::{ANY, open, over_two, stored};
use crate::turn::turn;

const WITHIN: Duration = Duration::from_secs(20);
/// How many appends have to be acknowledged within that time.
const WANTED: u64 = 5;
const HOT_STREAMS: u64 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn appends_over_two_hot_streams_get_through_between_appends_to_one() {
    let _turn = turn().await;
    let server = shared().await;
    let uri = server.uri_for(&server.database());
    let mut rivals = Vec::new();
    for number in 1..=2 {
        let store = open(&uri, "rival", MongoOptions::default()).await;
        let load = Load::start(&store, number, 32, |task, n| (task + n) % HOT_STREAMS);
        rivals.push(load);
    }
    for rival in &rivals {
        rival.reaches(1_000).await;
    }
    let store = open(&uri, "transactions", MongoOptions::default()).await;
    let started = Instant::now();
    let mut acknowledged = 0;
    while acknowledged < WANTED {
        let first = acknowledged % HOT_STREAMS;
        let event = 1 + 2 * acknowledged;
        let append = over_two([first, (first + 1) % HOT_STREAMS], ANY, event);
        let left = WITHIN.saturating_sub(started.elapsed());
        match timeout(left, store.append(append)).await {
            Ok(Ok(_)) => acknowledged += 1,
            Ok(Err(AppendError::Unavailable { .. } | AppendError::Unknown { .. })) => {}
            Ok(Err(other)) => panic!("{other:?}"),
            Err(_) => break,
        }
    }
    let took = started.elapsed();
    let mut beside = 0;
    for rival in rivals {
        beside += rival.stop().await - 1_000;
    }
    assert!(beside > 0, "the rivals did nothing meanwhile");
    println!("{acknowledged} appends over two streams in {took:?}, beside {beside} over one");
    assert!(
        acknowledged >= WANTED,
        "{acknowledged} of {WANTED} in {took:?}, beside {beside} over one stream"
    );
    stored(&uri).await;
}
