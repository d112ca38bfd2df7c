//! Schemas and rules in the store: what is published once stays, and helps programs that are behind.

#![allow(
    clippy::unwrap_used,
    reason = "a panic with a message is how a test fails"
)]

use es_core::memory::MemoryStore;
use es_core::{
    AllRange, Append, CodecSet, Event, EventCoding, EventId, EventStore, ExpectedVersion, Position,
    StreamId,
};
use es_serde::Json;
use es_versioning::{
    RegistryError, SchemaRegistry, SchemaSet, Upcasts, add_field, for_event, remove_field,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod old {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Event, Serialize, Deserialize, JsonSchema)]
    pub(super) enum ClaimEvent {
        ClaimCreated { amount: u64 },
        ClaimPaid { amount: u64 },
    }
}

mod new {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Event, Serialize, Deserialize, JsonSchema)]
    pub(super) enum ClaimEvent {
        #[event(version = "2.0")]
        ClaimCreated {
            amount: u64,
            category: String,
        },
        ClaimPaid {
            amount: u64,
        },
    }
}

fn rules() -> Upcasts {
    let created = for_event("ClaimCreated")
        .current("2.0")
        .upcast("1.0", "2.0", add_field("category", "general"))
        .downcast("2.0", "1.0", remove_field("category"))
        .loses(["category"]);
    Upcasts::new().event(created).build().unwrap()
}

async fn old_is_published() -> (MemoryStore, SchemaRegistry) {
    let store = MemoryStore::new();
    let registry = SchemaRegistry::new(store.clone());
    let schemas = SchemaSet::of::<old::ClaimEvent>().unwrap();
    let published = registry.publish(&schemas, &Upcasts::none()).await.unwrap();
    assert_eq!(published.len(), 2);
    (store, registry)
}

#[tokio::test]
async fn a_new_version_is_published_with_the_rules_that_lead_to_it() {
    let (_, registry) = old_is_published().await;
    let schemas = SchemaSet::of::<new::ClaimEvent>().unwrap();
    let published = registry.publish(&schemas, &rules()).await.unwrap();
    let published: Vec<_> = published.iter().map(ToString::to_string).collect();
    assert_eq!(published, ["ClaimCreated 2.0"]);
    assert_eq!(registry.schemas().await.unwrap().tags().len(), 3);
    assert!(
        registry
            .publish(&schemas, &rules())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_shape_that_does_not_fit_is_refused_and_nothing_is_published() {
    let (_, registry) = old_is_published().await;
    let schemas = SchemaSet::of::<new::ClaimEvent>().unwrap();
    let refused = registry
        .publish(&schemas, &Upcasts::none())
        .await
        .unwrap_err();
    let said = refused.to_string();
    assert!(
        said.contains("ClaimCreated 2.0") && said.contains("category"),
        "{said}"
    );
    assert_eq!(registry.schemas().await.unwrap().tags().len(), 2);
}

#[tokio::test]
async fn a_changed_shape_of_one_version_is_refused() {
    #[derive(Event, Serialize, Deserialize, JsonSchema)]
    enum Changed {
        ClaimPaid { amount: String },
    }
    let (_, registry) = old_is_published().await;
    let schemas = SchemaSet::of::<Changed>().unwrap();
    let refused = registry
        .publish(&schemas, &Upcasts::none())
        .await
        .unwrap_err();
    assert!(
        matches!(refused, RegistryError::Changed { .. }),
        "{refused}"
    );
}

#[tokio::test]
async fn a_changed_rule_is_refused() {
    let (_, registry) = old_is_published().await;
    let schemas = SchemaSet::of::<new::ClaimEvent>().unwrap();
    registry.publish(&schemas, &rules()).await.unwrap();
    let other = for_event("ClaimCreated").current("2.0").upcast(
        "1.0",
        "2.0",
        add_field("category", "special"),
    );
    let other = Upcasts::new().event(other).build().unwrap();
    let refused = registry.publish(&schemas, &other).await.unwrap_err();
    assert!(
        matches!(refused, RegistryError::RuleChanged { .. }),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_programs_may_publish_at_once() {
    let (store, registry) = old_is_published().await;
    let publishing = (0..16).map(|_| {
        let registry = SchemaRegistry::new(store.clone());
        tokio::spawn(async move {
            let schemas = SchemaSet::of::<new::ClaimEvent>().unwrap();
            registry.publish(&schemas, &rules()).await.unwrap();
        })
    });
    for publishing in publishing.collect::<Vec<_>>() {
        publishing.await.unwrap();
    }
    assert_eq!(registry.schemas().await.unwrap().tags().len(), 3);
}

/// The old program was built before there was a 2.0, and learns of it from the store.
#[tokio::test]
async fn a_program_that_is_behind_reads_with_the_rules_of_the_newer_one() {
    let (store, registry) = old_is_published().await;
    let schemas = SchemaSet::of::<new::ClaimEvent>().unwrap();
    registry.publish(&schemas, &rules()).await.unwrap();

    let category = "dental".to_owned();
    let created = new::ClaimEvent::ClaimCreated {
        amount: 1_000,
        category,
    };
    let new_codecs = CodecSet::new(Json).with_upcasts(rules());
    let id = EventId::derived(Default::default(), "created");
    let event = new_codecs.encode_event(id, &created).unwrap();
    let stream = StreamId::new("Claim", 1).unwrap();
    let append = Append::new(stream, ExpectedVersion::Any, [event]);
    store.append(append.unwrap()).await.unwrap();
    let all = AllRange::after(Position::START);
    let stored = store.read_all(&all).await.unwrap().events.remove(0);

    let alone = CodecSet::new(Json);
    assert!(alone.decode_event::<old::ClaimEvent>(&stored).is_err());
    let behind = Upcasts::new()
        .event(for_event("ClaimCreated").current("1.0"))
        .and_rules(registry.rules().await.unwrap())
        .build()
        .unwrap();
    let old_codecs = CodecSet::new(Json).with_upcasts(behind);
    let read: Vec<old::ClaimEvent> = old_codecs.decode_event(&stored).unwrap().collect();
    assert_eq!(read, [old::ClaimEvent::ClaimCreated { amount: 1_000 }]);
}
