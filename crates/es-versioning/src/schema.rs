//! The shapes of stored events, as JSON Schema.

mod canonical;
mod keywords;
mod mismatch;
mod of_event;
mod range;
mod reads;
mod set;
mod shape;

pub(crate) use self::canonical::{canonical, canonical_text};
pub(crate) use self::reads::mismatches;
#[cfg(feature = "testing")]
pub(crate) use self::shape::{Shape, shapes};

pub use self::mismatch::{MismatchKind, SchemaMismatch};
pub use self::of_event::SchemaError;
pub use self::set::SchemaSet;

use es_core::{TypeName, TypeTag, TypeVersion};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The shape of one version of an event's content, as JSON Schema 2020-12.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSchema {
    /// The stored name of the type.
    pub name: TypeName,
    /// The version of the shape.
    pub version: TypeVersion,
    /// The schema of the content, without titles and descriptions, its lists and keys in a fixed
    /// order.
    pub schema: Value,
}

impl EventSchema {
    /// Brings the schema into the fixed order.
    #[must_use]
    pub fn new(tag: TypeTag, schema: &Value) -> Self {
        Self {
            name: tag.name,
            version: tag.version,
            schema: canonical(schema),
        }
    }

    /// The name and version.
    #[must_use]
    pub fn tag(&self) -> TypeTag {
        TypeTag::new(self.name.clone(), self.version)
    }

    /// What of an event that was written in the shape `writer` could not be read in this one, if
    /// its bytes were decoded as they are; empty if all can.
    #[must_use]
    pub fn mismatches(&self, writer: &EventSchema) -> Vec<SchemaMismatch> {
        mismatches(&self.schema, &writer.schema)
    }
}
