//! Schemas kept beside the events that they wrote.

use es_core::{
    DocumentError, DocumentKind, DocumentName, DocumentStore, InvalidName, Revision, TypeTag,
};

use super::{AvroSchemaError, AvroSchemas};

static KIND: DocumentKind = DocumentKind::from_static("avro-schemas");
/// How many documents are loaded at a time.
const AT_ONCE: usize = 500;

impl AvroSchemas {
    /// Keeps the schemas of all types in a store, beside the events: as documents of kind
    /// `avro-schemas`, named `Type 1.0`, of which each is the JSON of its schema. Returns how many
    /// are new.
    ///
    /// Call it when a program starts, before it writes: then whatever is stored can be read by who
    /// has the store.
    ///
    /// # Errors
    /// [`StoredSchemaError::Changed`] if a version of a type was kept with another schema.
    pub async fn publish(&self, documents: &dyn DocumentStore) -> Result<usize, StoredSchemaError> {
        let mut new = 0;
        for (tag, json) in self.of_types() {
            let name = DocumentName::new(tag.to_string())?;
            let content = json.as_bytes().to_vec().into();
            let saved = documents.save_document(&KIND, &name, Revision::ABSENT, content);
            match saved.await {
                Ok(_) => new += 1,
                Err(error) if error.is_conflict() => {
                    let kept = documents.load_document(&KIND, &name).await?;
                    let kept = kept.map(|kept| kept.content).unwrap_or_default();
                    if !is_same(&kept, json.as_bytes()) {
                        return Err(StoredSchemaError::Changed { tag: tag.clone() });
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(new)
    }

    /// Adds every schema that is kept in a store as one that wrote: those of older and of newer
    /// programs.
    ///
    /// # Errors
    /// [`StoredSchemaError::Schema`] if one that is kept is not taken.
    pub async fn with_stored(
        mut self,
        documents: &dyn DocumentStore,
    ) -> Result<Self, StoredSchemaError> {
        let mut after: Option<DocumentName> = None;
        loop {
            let page = documents.documents(&KIND, after.as_ref(), AT_ONCE).await?;
            let Some(last) = page.last() else {
                return Ok(self);
            };
            after = Some(last.name.clone());
            for document in &page {
                let json = String::from_utf8_lossy(&document.content);
                self = self.with_writer(&json)?;
            }
        }
    }
}

/// Whether two texts are one schema, however they are written.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let parse = serde_json::from_slice::<serde_json::Value>;
    matches!((parse(one), parse(other)), (Ok(one), Ok(other)) if one == other)
}

/// Why schemas could not be kept in a store, or had from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoredSchemaError {
    /// This version was kept with another schema: give the type a new version.
    #[error("{tag} is kept with another schema; give the new one a new version")]
    Changed {
        /// The type and version.
        tag: TypeTag,
    },
    /// A schema that is kept is not taken.
    #[error(transparent)]
    Schema(#[from] AvroSchemaError),
    /// A name is too long to be stored with its version.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// The store did not answer.
    #[error(transparent)]
    Document(#[from] DocumentError),
}
