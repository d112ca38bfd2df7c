//! The shapes of all events of a program.

use std::collections::BTreeMap;

use es_core::{Event, TypeName, TypeTag, TypeVersion};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{EventSchema, SchemaError, of_event};

/// The shapes of many event types and versions, in order of name and version.
///
/// ```
/// use es_core::Event;
/// use es_versioning::SchemaSet;
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize, JsonSchema)]
/// enum ClaimEvent {
///     ClaimCreated { amount: u64 },
///     ClaimSubmitted,
/// }
///
/// let schemas = SchemaSet::of::<ClaimEvent>()?;
/// let created = schemas.get(&ClaimEvent::TYPES[0]).unwrap();
/// assert_eq!(created.schema["properties"]["amount"]["type"], "integer");
/// # Ok::<(), es_versioning::SchemaError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<EventSchema>", into = "Vec<EventSchema>")]
pub struct SchemaSet {
    schemas: BTreeMap<(TypeName, TypeVersion), EventSchema>,
}

impl SchemaSet {
    /// A set without any.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The shapes of all types that an event type writes, by `#[derive(JsonSchema)]`.
    ///
    /// They are the shapes that the program reads: a field with `#[serde(default)]` is not
    /// required. Variants that stand in for other events have none.
    ///
    /// # Limits
    /// JSON Schema says nothing about the order of fields and variants, which binary formats
    /// depend on: a new order is a new version that the schema does not show.
    ///
    /// # Errors
    /// [`SchemaError`] if the schema is not that of an externally tagged enum or of a struct.
    pub fn of<E: Event + JsonSchema + DeserializeOwned>() -> Result<Self, SchemaError> {
        Ok(of_event::schemas::<E>()?.into())
    }

    /// These shapes and those; where both have one, the other's.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.schemas.extend(other.schemas);
        self
    }

    /// Adds one, in the place of what was there.
    pub fn insert(&mut self, schema: EventSchema) {
        let key = (schema.name.clone(), schema.version);
        self.schemas.insert(key, schema);
    }

    /// The shape of one version.
    #[must_use]
    pub fn get(&self, tag: &TypeTag) -> Option<&EventSchema> {
        self.schemas.get(&(tag.name.clone(), tag.version))
    }

    /// All of them, by name and version.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &EventSchema> {
        self.schemas.values()
    }

    /// The versions of one type, the lowest first.
    pub fn versions(&self, name: &TypeName) -> impl DoubleEndedIterator<Item = &EventSchema> {
        self.iter().filter(move |schema| schema.name == *name)
    }

    /// All names and versions.
    #[must_use]
    pub fn tags(&self) -> Vec<TypeTag> {
        self.iter().map(EventSchema::tag).collect()
    }
}

impl From<Vec<EventSchema>> for SchemaSet {
    fn from(schemas: Vec<EventSchema>) -> Self {
        let mut set = Self::new();
        for schema in schemas {
            set.insert(schema);
        }
        set
    }
}

impl From<SchemaSet> for Vec<EventSchema> {
    fn from(set: SchemaSet) -> Self {
        set.schemas.into_values().collect()
    }
}
