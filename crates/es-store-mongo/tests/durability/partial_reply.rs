//! A reply that refuses one document of a batch, and says of those before it that a majority may
//! not have them.

use std::time::Instant;

use es_core::{EventStore, Position};
use es_store_mongo::mongodb::bson::{Document, doc};
use es_store_mongo::mongodb::options::ReadConcern;
use es_store_mongo::{MongoOptions, MongoStore};
use es_testkit::mongo::{Cluster, NodeId};
use es_testkit::{Direction, Link};

use crate::log::{AT_MOST, NEW, numbers, one_event, open, pause, stored, until_answered};
use crate::replication::{OneCluster, go_on_with_replication, stop_replication};

const NAME: &str = "partial-reply";

/// The primary gives such a reply and dies; the reply arrives when another one is there already,
/// which never had the first append. On one thread, so that both appends wait in the queue before
/// the writer looks there, and make one batch.
#[tokio::test]
async fn an_append_before_a_refused_one_is_acknowledged_only_if_a_majority_has_it() {
    let one = OneCluster::start().await;
    let cluster = &one.cluster;
    let uri = cluster.uri_for(NAME);
    let other = open(&uri, "other", MongoOptions::default()).await;
    other.append(one_event(2, NEW, 1)).await.unwrap();
    let store = open(&uri, NAME, MongoOptions::default()).await;
    let primary = cluster.wait_steady().await.unwrap();
    let stopped = stop_replication(cluster, primary).await;
    let held = doc! {
        "configureFailPoint": "failCommand",
        "mode": "alwaysOn",
        "data": {
            "failCommands": ["insert"],
            "appName": NAME,
            "blockConnection": true,
            "blockTimeMS": 500,
            "writeConcernError": { "code": 64, "errmsg": "timed out" },
        },
    };
    let held = cluster.set_fail_point(primary, held).await.unwrap();
    let batch = tokio::spawn({
        let store = store.clone();
        async move {
            tokio::join!(
                store.append(one_event(1, NEW, 2)),
                store.append(one_event(2, NEW, 3)),
            )
        }
    });
    held.entered(1).await.unwrap();
    let proxy = cluster.proxy(primary);
    proxy.set(Direction::ToClient, Link::black_hole());
    until_the_primary_has(cluster, primary, 2).await;
    // The reply is on its way, and gets no further than to the proxy.
    pause(300).await;
    cluster.kill(primary);
    drop(held);
    go_on_with_replication(stopped).await;
    cluster.wait_for_primary_other_than(primary).await.unwrap();
    until_it_writes_elsewhere(&store).await;
    proxy.heal();
    let (good, taken) = batch.await.unwrap();
    println!("before the refused one: {good:?}\nthe refused one: {taken:?}");
    // Where the election takes longer than the patience of an append, it is unknown.
    let refused = taken.unwrap_err();
    assert!(refused.is_conflict() || refused.is_unknown(), "{refused:?}");
    if good.is_ok() {
        let log = numbers(&stored(&uri).await);
        assert!(log.contains(&2), "acknowledged and lost; stored: {log:?}");
    }
    let answered = until_answered(&store, &one_event(1, NEW, 2)).await;
    assert_eq!(answered.last_position, Position::new(2));
    assert_eq!(numbers(&stored(&uri).await), [1, 2]);
}

/// Waits until so many appends are at this member, confirmed or not.
async fn until_the_primary_has(cluster: &Cluster, primary: NodeId, count: u64) {
    let client = cluster.admin_client(primary).await.unwrap();
    let events = client.database(NAME).collection::<Document>("events");
    let started = Instant::now();
    loop {
        let local = events.count_documents(doc! {});
        let local = local.read_concern(ReadConcern::local());
        if local.await.unwrap() == count {
            return;
        }
        assert!(started.elapsed() < AT_MOST, "it was never inserted");
        pause(10).await;
    }
}

/// Waits until the store's client has found the new primary.
async fn until_it_writes_elsewhere(store: &MongoStore) {
    let probe = store.database().collection::<Document>("probe");
    let started = Instant::now();
    while let Err(error) = probe.insert_one(doc! {}).await {
        assert!(started.elapsed() < AT_MOST, "{error}");
    }
}
