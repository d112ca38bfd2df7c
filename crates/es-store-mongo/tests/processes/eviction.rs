//! What was read for a check before the store itself wrote that stream, and forgot that it did.

use es_core::{AppendError, EventStore};
use es_store_mongo::MongoOptions;
use es_store_mongo::mongodb::bson::doc;
use es_testkit::mongo::shared;
use futures_util::future::join_all;

use crate::log::{ANY, NEW, claim, exact, fault, one_event, open, pause, stored};

/// How many streams a batch writes besides the one that is checked: enough to push it out of a
/// memory for one.
const OTHERS: u64 = 20;

/// A batch that writes the stream is under way, and held up at the server. Meanwhile an append
/// comes that checks it: its version is read, and is that of before the batch. When the batch is
/// done the store has forgotten the new version for those of the other streams.
///
/// On one thread, so that what is queued together goes in one batch.
#[tokio::test]
async fn a_head_that_was_read_before_and_then_forgotten_does_not_let_a_check_pass() {
    let server = shared().await;
    let (name, uri) = ("eviction", server.uri_for(&server.database()));
    let options = MongoOptions::default().cache_streams(1);
    let store = open(&uri, name, options).await;
    store.append(one_event(1, NEW, 1)).await.unwrap();
    for round in 1..=10_u64 {
        let event = round * 100;
        let held = doc! { "blockConnection": true, "blockTimeMS": 400 };
        let held = fault(&server.uri(), name, "insert", "alwaysOn", held).await;
        let batch = tokio::spawn({
            let store = store.clone();
            async move {
                let others = (0..OTHERS).map(|n| one_event(10 + n, ANY, event + 1 + n));
                let all = [one_event(1, exact(round), event)]
                    .into_iter()
                    .chain(others);
                join_all(all.map(|append| store.append(append))).await
            }
        });
        held.entered(1).await.unwrap();
        let check = one_event(2, ANY, event + 50)
            .check(claim(1), exact(round))
            .unwrap();
        let checked = tokio::spawn({
            let store = store.clone();
            async move { store.append(check).await }
        });
        pause(200).await;
        held.off().await.unwrap();
        for appended in batch.await.unwrap() {
            appended.unwrap();
        }
        let checked = checked.await.unwrap();
        let Err(AppendError::Conflict(conflict)) = checked else {
            panic!("round {round}: checked version {round} after it was passed: {checked:?}");
        };
        assert_eq!(conflict.actual.get(), round + 1);
    }
    let log = stored(&uri).await;
    assert!(log.iter().all(|event| event.stream != claim(2)));
}
