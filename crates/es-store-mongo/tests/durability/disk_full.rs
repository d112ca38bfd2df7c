//! A full disk of a server that still answers. (One that does not, crashes.)

use std::error::Error;
use std::time::Duration;

use es_core::{Append, AppendError, EventStore};
use es_store_mongo::MongoOptions;
use es_store_mongo::mongodb::bson::doc;
use es_testkit::mongo::shared;

use crate::log::{
    ANY, NEW, exact, fault, numbers, one_event, open, over_two, stored, until_answered,
};

const OUT_OF_DISK_SPACE: i32 = 14_031;

/// Either the append is refused, and the error says why; or nothing is certain, which the repeat
/// finds out once there is room again.
async fn an_append_meets_a_full_disk(name: &str, append: Append, then: Append) {
    let server = shared().await;
    let uri = server.uri_for(&server.database());
    let patience = MongoOptions::default().append_timeout(Duration::from_secs(2));
    let store = open(&uri, name, patience).await;
    until_answered(&store, &one_event(9, NEW, 9)).await;
    let full = doc! { "errorCode": OUT_OF_DISK_SPACE };
    let full = fault(&server.uri(), name, "insert", "alwaysOn", full).await;
    let error = store.append(append.clone()).await.unwrap_err();
    println!("{name}: {error:?}");
    match &error {
        AppendError::Unknown { .. } => {}
        AppendError::Unavailable { source } => {
            assert!(says_disk(source.as_ref()), "{source:?}");
            assert_eq!(numbers(&stored(&uri).await), [9]);
        }
        other => panic!("{other:?}"),
    }
    assert!(full.off().await.unwrap() > 0, "nothing was inserted");
    until_answered(&store, &append).await;
    until_answered(&store, &then).await;
    let log = stored(&uri).await;
    let events = 1 + append.event_count() + then.event_count();
    assert_eq!(log.len(), events);
}

/// Whether it, or one of its causes, names the disk.
fn says_disk(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string().to_lowercase();
        if text.contains("disk") {
            return true;
        }
        cause = error.source();
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_meets_a_full_disk_fails_cleanly_and_can_be_repeated() {
    let (append, then) = (one_event(1, NEW, 1), one_event(1, exact(1), 2));
    an_append_meets_a_full_disk("disk-full", append, then).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_over_two_streams_that_meets_a_full_disk_fails_cleanly_and_can_be_repeated() {
    let (append, then) = (over_two([1, 2], NEW, 1), over_two([1, 2], ANY, 3));
    an_append_meets_a_full_disk("disk-full-two", append, then).await;
}
