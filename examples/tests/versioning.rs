//! Schemas, rules and migrations on every store.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use es_testkit::mongo::shared;
use event_sourcing::core::DocumentStore;
use event_sourcing::core::testing::{run, sample_event};
use event_sourcing::embedded::EmbeddedStore;
use event_sourcing::memory::MemoryStore;
use event_sourcing::mongo::MongoStore;
use event_sourcing::versioning::migration::{Migrated, Migration};
use event_sourcing::versioning::{
    SchemaRegistry, SchemaSet, Upcasts, add_field, for_event, remove_field,
};
use event_sourcing::{
    Append, BoxError, Event, EventStore, ExpectedVersion, RecordedEvent, StreamId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tempfile::tempdir;
use tokio::sync::Notify;

const EVENTS: u64 = 1_500;

#[derive(Event, Serialize, Deserialize, JsonSchema)]
enum Old {
    ClaimCreated { amount: u64 },
}

#[derive(Event, Serialize, Deserialize, JsonSchema)]
enum New {
    #[event(version = "2.0")]
    ClaimCreated { amount: u64, category: String },
}

fn rules() -> Upcasts {
    let created = for_event("ClaimCreated")
        .current("2.0")
        .upcast("1.0", "2.0", add_field("category", "general"))
        .downcast("2.0", "1.0", remove_field("category"))
        .loses(["category"]);
    Upcasts::new().event(created).build().unwrap()
}

/// What is published is there for whoever opens the store later.
async fn schemas_are_kept<S: DocumentStore + Clone + 'static>(store: S) {
    let registry = SchemaRegistry::new(store.clone());
    let (old, new) = (
        SchemaSet::of::<Old>().unwrap(),
        SchemaSet::of::<New>().unwrap(),
    );
    assert_eq!(
        registry
            .publish(&old, &Upcasts::none())
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(registry.publish(&new, &Upcasts::none()).await.is_err());
    assert_eq!(registry.publish(&new, &rules()).await.unwrap().len(), 1);
    let later = SchemaRegistry::new(store);
    assert_eq!(later.schemas().await.unwrap(), old.and(new));
    let behind = Upcasts::new()
        .event(for_event("ClaimCreated").current("1.0"))
        .and_rules(later.rules().await.unwrap())
        .build()
        .unwrap();
    let (from, to) = (
        SchemaSet::of::<New>().unwrap(),
        SchemaSet::of::<Old>().unwrap(),
    );
    assert!(behind.leads(&from.tags()[0], &to.tags()));
}

/// A history comes over whole, in order, and once, however the first run ended.
async fn a_history_is_copied<S: EventStore + Clone + 'static>(store: S) {
    let from = MemoryStore::new();
    for n in 1..=EVENTS {
        let stream = StreamId::new("Claim", n * n % 31).unwrap();
        let append = Append::new(stream, ExpectedVersion::Any, [sample_event(n)]).unwrap();
        from.append(append).await.unwrap();
    }
    let to_cases = |event: &RecordedEvent| -> Result<Vec<Migrated>, BoxError> {
        let stream = StreamId::new("Case", event.stream.id())?;
        Ok(vec![Migrated::same(event).to_stream(stream)])
    };
    let migration = Migration::new(from, store.clone(), to_cases).with_events_per_append(50);
    let enough = Notify::new();
    let interrupted = migration.run(|done| {
        if done.written >= 500 {
            enough.notify_one();
        }
    });
    tokio::select! {
        biased;
        () = enough.notified() => {}
        done = interrupted => panic!("not interrupted: {done:?}"),
    }
    let copied = store.head().await.unwrap().get();
    assert!((500..EVENTS).contains(&copied), "{copied}");
    let rest = migration.run(|_| {}).await.unwrap().written;
    assert!((1..=EVENTS - 500).contains(&rest), "{rest}");
    assert_eq!(migration.run(|_| {}).await.unwrap().written, 0);
    assert_eq!(migration.verify(|_| {}).await.unwrap().written, EVENTS);
}

#[test]
fn in_a_directory_schemas_are_kept_and_a_history_is_copied() {
    run(async {
        let home = tempdir().unwrap();
        let store = EmbeddedStore::open(home.path()).await.unwrap();
        schemas_are_kept(store.clone()).await;
        a_history_is_copied(store.clone()).await;
        store.close().await.unwrap();
    });
}

#[test]
fn on_mongodb_schemas_are_kept_and_a_history_is_copied() {
    run(async {
        let server = shared().await;
        let uri = server.uri_for(&server.database());
        let store = MongoStore::connect(&uri).await.unwrap();
        schemas_are_kept(store.clone()).await;
        a_history_is_copied(store.clone()).await;
        store.close().await.unwrap();
    });
}
