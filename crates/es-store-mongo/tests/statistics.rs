//! The figures of a store.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

#[path = "support/options.rs"]
mod options;

use es_core::testing::sample_event;
use es_core::{Append, EventStore, ExpectedVersion, Position};
use es_store_mongo::{ArchivePlan, MongoStore};
use es_testkit::mongo::shared;
use options::options;

#[tokio::test(flavor = "multi_thread")]
async fn statistics_count_what_was_appended_and_archived() {
    let server = shared().await;
    let uri = server.uri_for(&server.database());
    let store = MongoStore::connect_with(&uri, options()).await.unwrap();
    assert_eq!(store.statistics().await.unwrap().events, 0);
    assert_eq!(store.count_streams().await.unwrap(), 0);
    for number in 0..30 {
        let stream = format!("Claim/{}", number % 10).parse().unwrap();
        let events = [sample_event(number * 2), sample_event(number * 2 + 1)];
        let append = Append::new(stream, ExpectedVersion::Any, events).unwrap();
        store.append(append).await.unwrap();
    }
    let before = store.statistics().await.unwrap();
    assert_eq!((before.events, before.log.documents), (60, 30));
    assert_eq!((before.writer.appends, before.writer.events), (30, 60));
    assert!(before.log.bytes > 0 && before.log.index_bytes.contains_key("s_v"));
    assert_eq!((before.archived_up_to, before.archive.documents), (None, 0));
    assert_eq!(store.count_streams().await.unwrap(), 10);

    let plan = ArchivePlan::up_to(Position::new(20));
    store.archive(&plan, |_| {}).await.unwrap();
    let after = store.statistics().await.unwrap();
    assert_eq!((after.events, after.log.documents), (60, 30));
    assert_eq!(after.archived_up_to, Some(Position::new(20)));
    assert_eq!(after.archive.documents, 10);
    assert_eq!(store.count_streams().await.unwrap(), 10);
    let days = store.events_per_day(2).await.unwrap();
    assert_eq!(
        days.iter().map(|day| day.events).collect::<Vec<_>>(),
        [0, 60]
    );
}
