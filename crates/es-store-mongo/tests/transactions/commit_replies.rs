//! Commits whose replies are lost, late, or say nothing for certain (I1, I5).

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use es_core::{Append, AppendError, Appended, EventStore, Position};
use es_store_mongo::mongodb::Client;
use es_store_mongo::mongodb::bson::{Bson, Document, doc};
use es_store_mongo::mongodb::error::Error;
use es_store_mongo::{MongoOptions, MongoStore};
use es_testkit::{Direction, FaultProxy, Link};
use futures_util::FutureExt;

use crate::log::{
    AT_MOST, NEW, exact, fault, numbers, one_event, open, over_two, pause, stored, times,
    until_answered,
};
use crate::servers::quick;

/// What a commit may be asked for before the whole is sent again: three times by the store, and
/// each time once more by the driver.
const MORE_THAN_COMMITS: i32 = 7;

/// An append over two streams while commits fail in this way is stored once, whoever repeats it.
/// Returns what its writer counted as doubtful.
async fn is_stored_once(name: &str, mode: impl Into<Bson>, effect: Document) -> u64 {
    let server = quick().await;
    let uri = server.uri_for(name);
    // A server that is said to go is looked at again this soon; the driver's own are ten seconds.
    let looking = format!("{uri}&heartbeatFrequencyMS=500");
    let store = open(&looking, name, MongoOptions::default()).await;
    store.append(one_event(9, NEW, 1)).await.unwrap();
    let point = fault(&server.uri(), name, "commitTransaction", mode, effect).await;
    let two = over_two([1, 2], NEW, 2);
    let first = until_answered(&store, &two).await;
    assert!(point.off().await.unwrap() > 0, "no commit met the fault");
    repeats_change_nothing(&store, &uri, &two, &first).await;
    let doubtful = store.statistics().await.unwrap().writer.unknown_batches;
    println!("{name}: {doubtful} doubtful batches");
    doubtful
}

/// The store itself and another process get the first answer again, and work goes on.
async fn repeats_change_nothing(store: &MongoStore, uri: &str, two: &Append, first: &Appended) {
    assert_eq!(first.first_position, Position::new(2));
    assert_eq!(first.last_position, Position::new(3));
    let other = open(uri, "reader", MongoOptions::default()).await;
    for repeating in [store, &other] {
        let again = repeating.append(two.clone()).await.unwrap();
        let repeated = Appended {
            repeated: true,
            ..first.clone()
        };
        assert_eq!(again, repeated);
    }
    let next = until_answered(store, &over_two([1, 2], exact(1), 4)).await;
    assert_eq!(next.first_position, Position::new(4));
    assert_eq!(numbers(&stored(uri).await), [1, 2, 3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_lost_connection_at_the_commit_is_not_even_noticed() {
    let effect = doc! { "closeConnection": true };
    let doubtful = is_stored_once("commit-closed-1", times(1), effect).await;
    assert_eq!(doubtful, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn four_lost_connections_at_the_commit_store_one_copy() {
    let effect = doc! { "closeConnection": true };
    is_stored_once("commit-closed-4", times(4), effect).await;
}

/// The first transaction is left open, and in the way of the second until the server ends it.
#[tokio::test(flavor = "multi_thread")]
async fn commits_that_never_arrive_are_followed_by_the_whole_append_again() {
    let effect = doc! { "closeConnection": true };
    let mode = times(MORE_THAN_COMMITS);
    let doubtful = is_stored_once("commit-closed-7", mode, effect).await;
    assert_eq!(doubtful, 1);
}

/// All of these commits happen, and every reply says that a majority may not know of it.
#[tokio::test(flavor = "multi_thread")]
async fn commits_that_a_majority_does_not_confirm_store_one_copy() {
    let effect = doc! { "writeConcernError": { "code": 64, "errmsg": "timed out" } };
    is_stored_once("commit-concern-1", times(1), effect.clone()).await;
    let doubtful = is_stored_once("commit-concern", "alwaysOn", effect).await;
    assert_eq!(doubtful, 1);
}

/// 91: the server is shutting down.
#[tokio::test(flavor = "multi_thread")]
async fn commits_that_a_server_refuses_since_it_goes_store_one_copy() {
    let effect = doc! { "errorCode": 91 };
    is_stored_once("commit-91-1", times(1), effect.clone()).await;
    let mode = times(MORE_THAN_COMMITS);
    let doubtful = is_stored_once("commit-91", mode, effect).await;
    assert_eq!(doubtful, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_outlasts_the_patience_of_its_caller_is_found_by_the_repeat() {
    let server = quick().await;
    let name = "commit-slow";
    let uri = server.uri_for(name);
    let patience = MongoOptions::default().append_timeout(Duration::from_millis(500));
    let store = open(&uri, name, patience).await;
    until_answered(&store, &one_event(9, NEW, 1)).await;
    let slow = doc! { "blockConnection": true, "blockTimeMS": 1_500 };
    let point = fault(&server.uri(), name, "commitTransaction", times(1), slow).await;
    let two = over_two([1, 2], NEW, 2);
    let unknown = store.append(two.clone()).await.unwrap_err();
    assert!(unknown.is_unknown(), "{unknown:?}");
    let first = until_answered(&store, &two).await;
    assert_eq!(point.off().await.unwrap(), 1);
    let first = Appended {
        repeated: false,
        ..first
    };
    repeats_change_nothing(&store, &uri, &two, &first).await;
}

/// The commit happens, and not a byte of the reply arrives, nor of any other for a while.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_happened_and_whose_reply_is_lost_is_recognised() {
    let server = quick().await;
    let name = "commit-reply-lost";
    let direct = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
    let proxy = FaultProxy::start(direct).unwrap();
    let address = proxy.address();
    let uri = format!("mongodb://{address}/{name}?directConnection=true");
    let store = open(&uri, name, MongoOptions::default()).await;
    store.append(one_event(9, NEW, 1)).await.unwrap();
    let held = doc! { "blockConnection": true, "blockTimeMS": 1_000 };
    let point = fault(&server.uri(), name, "commitTransaction", times(1), held).await;
    let two = over_two([1, 2], NEW, 2);
    let under_way = tokio::spawn({
        let (store, two) = (store.clone(), two.clone());
        async move { store.append(two).await }
    });
    point.entered(1).await.unwrap();
    proxy.set(Direction::ToClient, Link::cut_after(0));
    let past_the_proxy = server.uri_for(name);
    until_documents(&past_the_proxy, 3).await;
    pause(300).await;
    proxy.heal();
    point.off().await.unwrap();
    let first = under_way.await.unwrap().unwrap();
    repeats_change_nothing(&store, &past_the_proxy, &two, &first).await;
}

async fn until_documents(uri: &str, count: u64) {
    let client = Client::with_uri_str(uri).await.unwrap();
    let database = client.default_database().unwrap();
    let events = database.collection::<Document>("events");
    let started = Instant::now();
    while events.count_documents(doc! {}).await.unwrap() < count {
        assert!(started.elapsed() < AT_MOST, "never committed");
        pause(10).await;
    }
}

/// What was refused is not stored later, even if the server is not told of the abort.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_aborted_append_is_stored_even_if_the_abort_is_lost() {
    let server = quick().await;
    let name = "abort-lost";
    let uri = server.uri_for(name);
    let store = open(&uri, name, MongoOptions::default()).await;
    store.append(one_event(9, NEW, 1)).await.unwrap();
    let effect = doc! { "closeConnection": true };
    let point = fault(&server.uri(), name, "abortTransaction", "alwaysOn", effect).await;
    let refused = store.append_with(over_two([1, 2], NEW, 2), |_| {
        async { Err(Error::custom("no")) }.boxed()
    });
    let refused = refused.await.unwrap_err();
    assert!(
        matches!(refused, AppendError::Unavailable { .. }),
        "{refused:?}"
    );
    // One of its streams has the version taken: refused, and aborted, by the server.
    let conflict = store.append(over_two([3, 9], NEW, 4)).await.unwrap_err();
    assert!(conflict.is_conflict(), "{conflict:?}");
    let next = until_answered(&store, &over_two([1, 2], NEW, 6)).await;
    assert_eq!(next.first_position, Position::new(2));
    assert!(point.off().await.unwrap() > 0, "no abort met the fault");
    // By now the server has ended what was left open.
    pause(3_000).await;
    assert_eq!(numbers(&stored(&uri).await), [1, 6, 7]);
}

/// One stream of two has the version taken by somebody else, which this process does not know.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_meets_a_taken_version_stores_nothing_of_either_stream() {
    let server = quick().await;
    let uri = server.uri_for("taken-version");
    let store = open(&uri, "taken-version", MongoOptions::default()).await;
    let other = open(&uri, "other", MongoOptions::default()).await;
    other.append(one_event(2, NEW, 1)).await.unwrap();
    for streams in [[1, 2], [2, 1]] {
        let conflict = store.append(over_two(streams, NEW, 2)).await.unwrap_err();
        assert!(conflict.is_conflict(), "{conflict:?}");
    }
    let next = store.append(one_event(1, NEW, 4)).await.unwrap();
    assert_eq!(next.last_position, Position::new(2));
    assert_eq!(numbers(&stored(&uri).await), [1, 4]);
}
