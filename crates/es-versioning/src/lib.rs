//! Schemas that can change: what was stored years ago is read as the program of today knows it.
//!
//! Events are never rewritten. When their shape changes, they get a new version, and a rule that
//! makes the new shape of the old one as events are read. [`Upcasts`] holds the rules; a
//! [`CodecSet`](es_core::CodecSet) applies them:
//!
//! ```
//! use es_core::{CodecSet, Event, EventCoding};
//! # use es_core::{NewEvent, Payload, Position, RecordedEvent, StreamId, StreamVersion};
//! # use es_core::{EventId, IdGenerator, SystemClock, TimeOrderedIds, Clock};
//! use es_serde::Json;
//! use es_versioning::{Upcasts, add_field, for_event, remove_field};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
//! enum ClaimEvent {
//!     #[event(version = "2.0")]
//!     ClaimCreated { amount: u64, category: String },
//! }
//!
//! let upcasts = Upcasts::new()
//!     .event(
//!         for_event("ClaimCreated")
//!             .current("2.0")
//!             .upcast("1.0", "2.0", add_field("category", "general"))
//!             .downcast("2.0", "1.0", remove_field("category"))
//!             .loses(["category"]),
//!     )
//!     .build()?;
//! let codecs = CodecSet::new(Json).with_upcasts(upcasts);
//!
//! # let stored = |name: &'static str, version: &str, json: &'static str| RecordedEvent::new(
//! #     Position::new(1), StreamId::new("Claim", "42").unwrap(), StreamVersion::FIRST,
//! #     SystemClock.now(),
//! #     NewEvent::new(EventId::new(TimeOrderedIds.next_id()), es_core::TypeName::from_static(name),
//! #         Payload::new(Json::ID, version.parse().unwrap(), json.as_bytes())));
//! // Stored by a program of years ago:
//! let recorded = stored("ClaimCreated", "1.0", r#"{"amount":1000}"#);
//! let read: Vec<ClaimEvent> = codecs.decode_event(&recorded)?.collect();
//! assert_eq!(read, [ClaimEvent::ClaimCreated { amount: 1_000, category: "general".into() }]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Rules
//! - On fields: [`add_field`], [`rename_field`], [`change_type`] and the others. They work on
//!   every codec that describes itself (JSON, Avro), and are data that a [`RuleSet`] stores, except
//!   for the functions among them.
//! - By Rust types: [`typed`] chains the structs of all versions by `From`. They work on every
//!   codec.
//! - On types: an event can be [split](EventRules::split), [become](EventRules::becomes) another,
//!   be [renamed](EventRules::renamed_to) and be [dropped](EventRules::dropped).
//!
//! # The gate
//! [`events_lock_test!`] makes a test that compares the events of a program with a committed file of
//! all shapes that were ever stored. [`Compatibility`] compares two shapes.
//!
//! # Migrations
//! What rules cannot carry - other streams, a format that is to go - is copied into another
//! namespace: [`migration`].
//!
//! # Features
//! - `testing`: checks of round trips and declared losses, and contents to try rules on.

extern crate self as es_versioning;

mod builder;
mod catalog;
mod compatibility;
mod content;
mod event_rules;
mod field_path;
mod invalid_rules;
mod lock;
pub mod migration;
mod misfit;
mod plan;
mod registry;
mod rule_set;
mod schema;
mod step;
#[cfg(feature = "testing")]
pub mod testing;
mod transform;
mod typed;
mod upcasts;

pub use builder::UpcastsBuilder;
pub use compatibility::{Compatibility, Incompatibilities, Incompatible};
pub use event_rules::{EventRules, SplitPart, for_event, part};
pub use field_path::FieldPath;
pub use invalid_rules::{InvalidRules, RuleProblem};
pub use lock::{LockError, LockProblem, LockProblems, check_lock, update_lock};
pub use misfit::Misfit;
pub use registry::{RegistryError, SchemaRegistry};
pub use rule_set::RuleSet;
pub use schema::{EventSchema, MismatchKind, SchemaError, SchemaMismatch, SchemaSet};
/// What describes the shapes of events; `#[schemars(crate = "es_versioning::schemars")]` finds it.
pub use schemars;
pub use transform::{
    Conversion, Transform, add_computed, add_field, change_type, change_with, merge_fields,
    merge_with, move_field, remove_field, rename_field, replace_value, unchanged, unwrap_from,
    with, wrap_in,
};
pub use typed::{Typed, typed};
pub use upcasts::Upcasts;

/// For the code that the macros write; not part of the API.
#[doc(hidden)]
pub mod __private {
    pub use crate::lock::gate;
}
