//! Schemas kept beside the events that they wrote.

use es_core::{
    DocumentError, DocumentKind, DocumentName, DocumentPages, DocumentStore, DocumentStoreExt,
    InvalidName, TypeTag,
};

use super::{AvroSchemaError, AvroSchemas};

static KIND: DocumentKind = DocumentKind::from_static("avro-schemas");

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
            match documents.save_once(&KIND, &name, content).await? {
                None => new += 1,
                Some(kept) if is_same(&kept, json.as_bytes()) => {}
                Some(_) => return Err(StoredSchemaError::Changed { tag: tag.clone() }),
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
        let mut pages = DocumentPages::new(documents, &KIND);
        while let Some(page) = pages.next().await? {
            for document in &page {
                let json = String::from_utf8_lossy(&document.content);
                self = self.with_writer(&json)?;
            }
        }
        Ok(self)
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
