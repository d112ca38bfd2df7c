//! A primary that nobody follows acknowledges nothing.

use std::time::Duration;

use es_core::{EventStore, Position};
use es_store_mongo::MongoOptions;
use es_store_mongo::mongodb::Client;
use es_store_mongo::mongodb::bson::{Document, doc};
use es_store_mongo::mongodb::options::ReadConcern;

use crate::log::{NEW, exact, numbers, one_event, open, over_two, stored, until_answered};
use crate::replication::{OneCluster, go_on_with_replication, stop_replication};

/// How many events a majority has, as far as anybody can know.
async fn confirmed(uri: &str) -> u64 {
    let client = Client::with_uri_str(uri).await.unwrap();
    let database = client.default_database().unwrap();
    let events = database.collection::<Document>("events");
    let count = events.count_documents(doc! {});
    count.read_concern(ReadConcern::majority()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_only_the_primary_has_is_unknown_until_a_majority_has_it() {
    let one = OneCluster::start().await;
    let uri = one.cluster.uri_for("unconfirmed");
    let patience = MongoOptions::default().append_timeout(Duration::from_millis(500));
    let store = open(&uri, "unconfirmed", patience).await;
    until_answered(&store, &one_event(1, NEW, 1)).await;
    let mut next = Position::new(2);
    for append in [
        one_event(1, exact(1), 2),
        over_two([1, 2], crate::log::ANY, 3),
    ] {
        let before = confirmed(&uri).await;
        let primary = one.cluster.wait_steady().await.unwrap();
        let stopped = stop_replication(&one.cluster, primary).await;
        let unknown = store.append(append.clone()).await.unwrap_err();
        assert!(unknown.is_unknown(), "{unknown:?}");
        assert_eq!(confirmed(&uri).await, before);
        go_on_with_replication(stopped).await;
        let appended = until_answered(&store, &append).await;
        assert_eq!(appended.first_position, next);
        let again = store.append(append).await.unwrap();
        assert!(again.repeated && again.first_position == next, "{again:?}");
        next = again.last_position.next();
    }
    assert_eq!(numbers(&stored(&uri).await), [1, 2, 3, 4]);
}
