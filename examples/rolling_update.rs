//! A rolling update: an event type gets a field, and for a while the old and the new program run on
//! one store. Each reads what the other writes.
//!
//! ```sh
//! cargo run --release --example rolling_update
//! cargo run --release --example rolling_update -- "mongodb://127.0.0.1:27117/?replicaSet=rs0"
//! ```

use std::error::Error;
use std::sync::Arc;

use event_sourcing::core::{DocumentStore, IdGenerator, TimeOrderedIds};
use event_sourcing::memory::MemoryStore;
use event_sourcing::mongo::MongoStore;
use event_sourcing::{BoxError, EventStore};

/// The program that is in use: a claim has an amount.
mod old {
    use event_sourcing::serde::Json;
    use event_sourcing::versioning::{SchemaRegistry, SchemaSet, Upcasts, for_event};
    use event_sourcing::{Aggregate, BoxError, CodecSet, Event, Repository};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::Store;

    #[derive(Event, Serialize, Deserialize, JsonSchema)]
    pub(crate) enum ClaimEvent {
        ClaimCreated { amount: u64 },
        ClaimPaid { amount: u64 },
    }

    #[derive(Debug, Default, PartialEq)]
    pub(crate) struct Claim {
        pub(crate) amount: u64,
        pub(crate) paid: u64,
    }

    impl Aggregate for Claim {
        const CATEGORY: &'static str = "Claim";
        type Event = ClaimEvent;

        fn apply(&mut self, event: &ClaimEvent) {
            match event {
                ClaimEvent::ClaimCreated { amount } => self.amount = *amount,
                ClaimEvent::ClaimPaid { amount } => self.paid += amount,
            }
        }
    }

    /// It knows no rules of its own, and takes those that newer programs published.
    pub(crate) async fn start(store: &Store) -> Result<Repository<Claim>, BoxError> {
        let registry = SchemaRegistry::new(store.documents.clone());
        let schemas = SchemaSet::of::<ClaimEvent>()?;
        registry.publish(&schemas, &Upcasts::none()).await?;
        let rules = Upcasts::new()
            .event(for_event("ClaimCreated").current("1.0"))
            .and_rules(registry.rules().await?)
            .build()?;
        let codecs = CodecSet::new(Json).with_upcasts(rules);
        Ok(Repository::new(store.events.clone(), codecs))
    }
}

/// The program that is to come: a claim has a category too.
mod new {
    use event_sourcing::serde::Json;
    use event_sourcing::versioning::{
        SchemaRegistry, SchemaSet, Upcasts, add_field, for_event, remove_field,
    };
    use event_sourcing::{Aggregate, BoxError, CodecSet, Event, Repository};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::Store;

    #[derive(Event, Serialize, Deserialize, JsonSchema)]
    pub(crate) enum ClaimEvent {
        #[event(version = "2.0")]
        ClaimCreated {
            amount: u64,
            category: String,
        },
        ClaimPaid {
            amount: u64,
        },
    }

    #[derive(Debug, Default, PartialEq)]
    pub(crate) struct Claim {
        pub(crate) amount: u64,
        pub(crate) category: String,
        pub(crate) paid: u64,
    }

    impl Aggregate for Claim {
        const CATEGORY: &'static str = "Claim";
        type Event = ClaimEvent;

        fn apply(&mut self, event: &ClaimEvent) {
            match event {
                ClaimEvent::ClaimCreated { amount, category } => {
                    self.amount = *amount;
                    self.category.clone_from(category);
                }
                ClaimEvent::ClaimPaid { amount } => self.paid += amount,
            }
        }
    }

    /// One rule for what is stored, and one for programs that are behind: they lose the category.
    fn rules() -> Result<Upcasts, BoxError> {
        let created = for_event("ClaimCreated")
            .current("2.0")
            .upcast("1.0", "2.0", add_field("category", "general"))
            .downcast("2.0", "1.0", remove_field("category"))
            .loses(["category"]);
        Ok(Upcasts::new().event(created).build()?)
    }

    /// What it will write is published before the first event of it is written.
    pub(crate) async fn start(store: &Store) -> Result<Repository<Claim>, BoxError> {
        let registry = SchemaRegistry::new(store.documents.clone());
        let schemas = SchemaSet::of::<ClaimEvent>()?;
        for shape in registry.publish(&schemas, &rules()?).await? {
            println!("the new program publishes {shape}");
        }
        let codecs = CodecSet::new(Json).with_upcasts(rules()?);
        Ok(Repository::new(store.events.clone(), codecs))
    }
}

/// One store, as both programs see it.
#[derive(Debug)]
struct Store {
    events: Arc<dyn EventStore>,
    documents: Arc<dyn DocumentStore>,
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let store = match std::env::args().nth(1) {
        Some(uri) => of(MongoStore::connect(&uri).await?),
        None => of(MemoryStore::new()),
    };
    let id = |name: &str| format!("{name}-{}", TimeOrderedIds.next_id());
    let (early, late) = (id("early"), id("late"));

    let before = old::start(&store).await?;
    let created = old::ClaimEvent::ClaimCreated { amount: 1_000 };
    before.create(&early, created).await?;

    let new = new::start(&store).await?;
    let claim = new.load(&early).await?;
    println!("the new program reads a 1.0 claim:  {:?}", claim.state());
    assert_eq!(claim.state().category, "general");

    let category = "dental".to_owned();
    let created = new::ClaimEvent::ClaimCreated {
        amount: 2_000,
        category,
    };
    new.create(&late, created).await?;
    if let Err(error) = before.load(&late).await {
        let reason = error.source().map(ToString::to_string).unwrap_or_default();
        println!("an old program that started before: {error}: {reason}");
    }

    let old = old::start(&store).await?;
    let claim = old.load(&late).await?;
    println!("started again it reads a 2.0 claim: {:?}", claim.state());
    assert_eq!(claim.state().amount, 2_000);

    let pay = |claim: &old::Claim| -> Result<_, BoxError> {
        Ok(old::ClaimEvent::ClaimPaid {
            amount: claim.amount,
        })
    };
    old.execute(&late, pay).await?;
    let claim = new.load(&late).await?;
    println!("and pays it; the new program reads: {:?}", claim.state());
    assert_eq!(
        (claim.state().paid, &*claim.state().category),
        (2_000, "dental")
    );
    Ok(())
}

fn of<S: EventStore + DocumentStore + Clone + 'static>(store: S) -> Store {
    Store {
        events: Arc::new(store.clone()),
        documents: Arc::new(store),
    }
}
