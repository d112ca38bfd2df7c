//! Schemas and rules, stored beside the events they are about.

use std::sync::Arc;

use es_core::{
    BoxError, Document, DocumentError, DocumentKind, DocumentName, DocumentPages, DocumentStore,
    DocumentStoreExt, InvalidName, TypeTag,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{
    Compatibility, EventRules, EventSchema, Incompatibilities, RuleSet, SchemaSet, Upcasts,
};

static SCHEMAS: DocumentKind = DocumentKind::from_static("event-schemas");
static RULES: DocumentKind = DocumentKind::from_static("event-rules");

/// The schemas of all events in a store and the rules between them, kept in the store itself: what a
/// program of another version, or another language, needs to read them.
///
/// A program publishes when it starts. A shape that does not fit what is stored is refused there,
/// before the first event of it is; a program that is behind loads the rules of newer ones.
///
/// Publishing is safe for many programs at once: each schema and each rule is written once, and never
/// changed.
///
/// ```
/// # use es_core::{Event, memory::MemoryStore};
/// # use es_versioning::{SchemaRegistry, SchemaSet, Upcasts, for_event, remove_field};
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// #[derive(Event, Serialize, Deserialize, JsonSchema)]
/// enum ClaimEvent {
///     ClaimCreated { amount: u64 },
/// }
///
/// # es_core::testing::run(async {
/// let registry = SchemaRegistry::new(MemoryStore::new());
/// let schemas = SchemaSet::of::<ClaimEvent>()?;
/// assert_eq!(registry.publish(&schemas, &Upcasts::none()).await?.len(), 1);
/// assert_eq!(registry.publish(&schemas, &Upcasts::none()).await?.len(), 0);
/// assert_eq!(registry.schemas().await?, schemas);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct SchemaRegistry {
    documents: Arc<dyn DocumentStore>,
    compatibility: Compatibility,
}

impl SchemaRegistry {
    /// A registry in this store, which demands the default compatibility: each shape reads all
    /// earlier ones.
    pub fn new(documents: impl DocumentStore + 'static) -> Self {
        Self {
            documents: Arc::new(documents),
            compatibility: Compatibility::default(),
        }
    }

    /// Demands this of new shapes.
    #[must_use]
    pub fn with_compatibility(mut self, compatibility: Compatibility) -> Self {
        self.compatibility = compatibility;
        self
    }

    /// All schemas that were published.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub async fn schemas(&self) -> Result<SchemaSet, RegistryError> {
        let mut schemas = SchemaSet::new();
        for schema in self.all::<EventSchema>(&SCHEMAS).await? {
            schemas.insert(schema);
        }
        Ok(schemas)
    }

    /// All rules that were published, for
    /// [`UpcastsBuilder::and_rules`](crate::UpcastsBuilder::and_rules).
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub async fn rules(&self) -> Result<RuleSet, RegistryError> {
        let events = self.all::<EventRules>(&RULES).await?;
        Ok(RuleSet { events })
    }

    /// Publishes the shapes and rules of a program, and returns which shapes are new.
    ///
    /// # Errors
    /// [`RegistryError::Changed`] if a version has another shape already,
    /// [`RegistryError::Incompatible`] if a new one does not fit the earlier ones,
    /// [`RegistryError::RuleChanged`]; nothing is published then. Otherwise see there.
    pub async fn publish(
        &self,
        schemas: &SchemaSet,
        upcasts: &Upcasts,
    ) -> Result<Vec<TypeTag>, RegistryError> {
        let published = self.schemas().await?;
        let mut new = Vec::new();
        for schema in schemas.iter() {
            match published.get(&schema.tag()) {
                Some(known) if known == schema => {}
                Some(_) => return Err(RegistryError::Changed { tag: schema.tag() }),
                None => {
                    self.compatibility.check(&published, schema, upcasts)?;
                    new.push(schema);
                }
            }
        }
        let rules = upcasts.rules().one_by_one();
        for (label, rule) in &rules {
            self.save(&RULES, label, rule).await?;
        }
        for schema in &new {
            self.save(&SCHEMAS, &schema.tag().to_string(), *schema)
                .await?;
        }
        Ok(new.into_iter().map(EventSchema::tag).collect())
    }

    /// Saves what is never changed; what is there already must be the same.
    async fn save<T: Serialize>(
        &self,
        kind: &DocumentKind,
        name: &str,
        value: &T,
    ) -> Result<(), RegistryError> {
        let content = serde_json::to_vec(value).map_err(damaged(name))?;
        let document = DocumentName::new(name)?;
        let found = self
            .documents
            .save_once(kind, &document, content.clone().into());
        match found.await? {
            Some(other) if other != content => Err(RegistryError::RuleChanged {
                name: name.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    async fn all<T: DeserializeOwned>(&self, kind: &DocumentKind) -> Result<Vec<T>, RegistryError> {
        let mut all = Vec::new();
        let mut pages = DocumentPages::new(&*self.documents, kind);
        while let Some(page) = pages.next().await? {
            for Document { name, content, .. } in &page {
                let value = serde_json::from_slice(content);
                all.push(value.map_err(damaged(name.as_str()))?);
            }
        }
        Ok(all)
    }
}

fn damaged(name: &str) -> impl FnOnce(serde_json::Error) -> RegistryError {
    move |error| RegistryError::Damaged {
        name: name.to_owned(),
        source: error.into(),
    }
}

/// Why schemas or rules could not be published or loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The shape was changed without a new version: give the type one, and a rule to it.
    #[error("{tag} was published with another shape; give the new one a new version")]
    Changed {
        /// The type and version.
        tag: TypeTag,
    },
    /// A new shape does not fit the earlier ones: add a rule, or change the shape.
    #[error(transparent)]
    Incompatible(#[from] Incompatibilities),
    /// A rule, or a schema at the same moment by another program, was published with another
    /// content: publish what is meant under a new version.
    #[error("{name} was published with another content; a new version makes room for this one")]
    RuleChanged {
        /// The rule.
        name: String,
    },
    /// What is stored cannot be read: it is damaged, or of a later version of this program.
    #[error("what is stored about {name} cannot be read")]
    Damaged {
        /// The rule or schema.
        name: String,
        /// What is wrong.
        source: BoxError,
    },
    /// A name is too long to be stored with its version: 240 bytes are not.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The store did not answer.
    #[error(transparent)]
    Document(#[from] DocumentError),
}
