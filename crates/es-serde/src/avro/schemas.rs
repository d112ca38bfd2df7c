//! The schemas that a program reads and writes with.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use apache_avro::Schema;
use apache_avro::rabin::Rabin;
use es_core::{InvalidName, InvalidTypeVersion, TypeName, TypeTag};

use super::AvroIncompatible;
use super::plan::{Plan, Planner};
use super::shape::{Shape, ShapeError};

/// The CRC-64-AVRO of a schema in canonical form, which leaves out documentation, aliases and
/// defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 8]);

impl Fingerprint {
    pub(super) fn new(little_endian: [u8; 8]) -> Self {
        Self(little_endian)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn of(schema: &Schema) -> Self {
        let mut bytes = [0; 8];
        for (byte, of_schema) in bytes.iter_mut().zip(schema.fingerprint::<Rabin>().bytes) {
            *byte = of_schema;
        }
        Self(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_le_bytes(self.0))
    }
}

/// The schema of one version of a type: it writes, and everything is read into it.
pub(super) struct TypeSchema {
    json: String,
    shape: Arc<Shape>,
    fingerprint: Fingerprint,
    /// How to read what each writer wrote; there are no more than there are writers.
    plans: RwLock<HashMap<Fingerprint, Arc<Plan>>>,
}

impl TypeSchema {
    pub(super) fn shape(&self) -> &Shape {
        &self.shape
    }

    pub(super) fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    pub(super) fn plan(
        &self,
        fingerprint: Fingerprint,
        writer: &Shape,
    ) -> Result<Arc<Plan>, AvroIncompatible> {
        let plans = self.plans.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.get(&fingerprint) {
            return Ok(plan.clone());
        }
        drop(plans);
        let plan = Arc::new(Planner::plan(writer, &self.shape)?);
        let mut plans = self.plans.write().unwrap_or_else(PoisonError::into_inner);
        plans.insert(fingerprint, plan.clone());
        Ok(plan)
    }
}

/// The schemas of an [`Avro`](super::Avro) codec.
///
/// A type's own schema is found by its name and version, never by fingerprint: two schemas that
/// differ in a default have the same one. A schema that wrote something is found by the fingerprint
/// in front of it. Every schema of a type also counts as one that wrote.
///
/// ```
/// use es_serde::AvroSchemas;
///
/// let schemas = AvroSchemas::new()
///     .with("ClaimPaid", "1.0", r#"{"type": "record", "name": "ClaimPaid", "fields": [
///         {"name": "amount", "type": "long"}
///     ]}"#)?;
/// let error = schemas.with("ClaimPaid", "1.0", r#""long""#).unwrap_err();
/// assert_eq!(error.to_string(), "the schema of ClaimPaid 1.0 is not taken");
/// # Ok::<(), es_serde::AvroSchemaError>(())
/// ```
#[derive(Default)]
pub struct AvroSchemas {
    types: HashMap<TypeTag, TypeSchema>,
    writers: HashMap<Fingerprint, Arc<Shape>>,
}

impl AvroSchemas {
    /// No schema yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the schema of one version of a type, as JSON.
    ///
    /// # Errors
    /// [`AvroSchemaError`] if the name, the version or the schema is not a valid one, the type has
    /// a schema of this version already, or the schema holds itself or differs from another only in
    /// a logical type.
    pub fn with(mut self, name: &str, version: &str, json: &str) -> Result<Self, AvroSchemaError> {
        let of = || format!("{name} {version}");
        let tag = tag(name, version).map_err(|problem| AvroSchemaError::new(of(), problem))?;
        if self.types.contains_key(&tag) {
            return Err(AvroSchemaError::new(of(), AvroSchemaProblem::Twice));
        }
        let (fingerprint, shape) = self
            .add(json)
            .map_err(|problem| AvroSchemaError::new(of(), problem))?;
        let schema = TypeSchema {
            json: json.to_owned(),
            shape,
            fingerprint,
            plans: RwLock::default(),
        };
        self.types.insert(tag, schema);
        Ok(self)
    }

    /// Adds a schema that wrote events: an older one, or one of another program.
    ///
    /// # Errors
    /// [`AvroSchemaError`] if the schema is not a valid one, holds itself, or differs from another
    /// only in a logical type.
    pub fn with_writer(mut self, json: &str) -> Result<Self, AvroSchemaError> {
        self.add(json)
            .map_err(|problem| AvroSchemaError::new("a writer".to_owned(), problem))?;
        Ok(self)
    }

    fn add(&mut self, json: &str) -> Result<(Fingerprint, Arc<Shape>), AvroSchemaProblem> {
        let schema = Schema::parse_str(json)
            .map_err(|error| AvroSchemaProblem::Invalid(error.to_string()))?;
        let shape = Arc::new(Shape::of(&schema)?);
        let fingerprint = Fingerprint::of(&schema);
        let known = self.writers.entry(fingerprint);
        Planner::whole_plan(known.or_insert_with(|| shape.clone()), &shape)
            .map_err(AvroSchemaProblem::Ambiguous)?;
        Ok((fingerprint, shape))
    }

    /// The schemas of all types, as they were given.
    pub(super) fn of_types(&self) -> impl Iterator<Item = (&TypeTag, &str)> {
        self.types.iter().map(|(tag, schema)| (tag, &*schema.json))
    }

    pub(super) fn of_type(&self, tag: &TypeTag) -> Option<&TypeSchema> {
        self.types.get(tag)
    }

    /// The schema with this fingerprint: the type's own, since another may differ in what the
    /// fingerprint leaves out.
    pub(super) fn writer<'a>(
        &'a self,
        reader: &'a TypeSchema,
        fingerprint: Fingerprint,
    ) -> Option<&'a Shape> {
        if reader.fingerprint == fingerprint {
            Some(&reader.shape)
        } else {
            self.writers.get(&fingerprint).map(|shape| &**shape)
        }
    }
}

impl fmt::Debug for AvroSchemas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AvroSchemas")
            .field("types", &self.types.keys())
            .field("writers", &self.writers.len())
            .finish()
    }
}

fn tag(name: &str, version: &str) -> Result<TypeTag, AvroSchemaProblem> {
    Ok(TypeTag::new(TypeName::new(name)?, version.parse()?))
}

/// A schema that is not taken; the source says why.
#[derive(Debug, thiserror::Error)]
#[error("the schema of {of} is not taken")]
pub struct AvroSchemaError {
    of: String,
    source: AvroSchemaProblem,
}

impl AvroSchemaError {
    fn new(of: String, source: AvroSchemaProblem) -> Self {
        Self { of, source }
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> &AvroSchemaProblem {
        &self.source
    }
}

/// What is wrong with a schema.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AvroSchemaProblem {
    /// Give the type a name that can be stored.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// Write the version as two numbers with a dot.
    #[error(transparent)]
    Version(#[from] InvalidTypeVersion),
    /// One version of a type has one schema. Give a changed one a new version.
    #[error("the type has a schema of this version already")]
    Twice,
    /// It is not a schema by the Avro specification; the text says where.
    #[error("it is not an Avro schema: {0}")]
    Invalid(String),
    /// Another schema has the same fingerprint, which leaves out logical types, and means something
    /// else, so that what was written could be read as the wrong one. Give the field another name.
    #[error("another schema has the same fingerprint: {0}")]
    Ambiguous(AvroIncompatible),
    /// Avro knows such schemas, and this codec does not take them; the text says where.
    #[error("{0}")]
    Unsupported(String),
}

impl From<ShapeError> for AvroSchemaProblem {
    fn from(error: ShapeError) -> Self {
        Self::Unsupported(error.to_string())
    }
}
