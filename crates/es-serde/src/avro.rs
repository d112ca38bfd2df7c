//! Avro: compact, with schemas that let types change.

mod compatibility;
mod datum;
mod defaults;
mod deserializer;
mod plan;
mod reading;
mod sample;
mod schemas;
mod serializer;
mod shape;
mod stored;

use std::sync::Arc;

use bytes::Bytes;
use es_core::codec::{DecodeVisitor, erased};
use es_core::{Codec, CodecError, CodecId, TypeTag};
use serde::Serialize;
use serde::de::DeserializeSeed;

pub use self::compatibility::{AvroIncompatible, can_read};
use self::datum::Datum;
use self::deserializer::DatumDeserializer;
use self::plan::Plan;
use self::reading::Input;
pub use self::schemas::{AvroSchemaError, AvroSchemaProblem, AvroSchemas};
use self::schemas::{Fingerprint, TypeSchema};
use self::serializer::{Refusals, ShapeSerializer};
pub use self::stored::StoredSchemaError;
use crate::guard::{Failure, Guard};
use crate::limit::{self, MAX_PAYLOAD_BYTES};

/// The mark that starts the
/// [single-object encoding](https://avro.apache.org/docs/1.12.0/specification/#single-object-encoding).
const MARK: [u8; 2] = [0xC3, 0x01];

/// The Avro codec, id `avro`, by the
/// [specification 1.12](https://avro.apache.org/docs/1.12.0/specification/).
///
/// A payload is in the single-object encoding: two bytes as a mark, eight for the fingerprint of
/// the schema that wrote it, and the value. Any tool that has the schema can read it.
///
/// Each event type has a schema for each of its versions ([`AvroSchemas`]), which must be a record
/// with the fields of the event, or fit its content otherwise. Reading brings what another schema
/// wrote into the shape of the type's own: fields are found by their names and aliases, new ones
/// get their defaults, and `int` becomes `long`, `float` or `double`. [`can_read`] says beforehand
/// whether that works.
///
/// # How Rust types fit schemas
/// - Integers fit `int` and `long`. Avro has none without a sign, so a `u64` over [`i64::MAX`] is
///   refused when it is written. An `f64` fits only `double`.
/// - `Vec<u8>` and arrays of bytes fit `bytes`, and `fixed` of their size.
/// - An option fits a union with `null`. An option in an option is not kept.
/// - An enum without content fits an `enum`. Any other fits a union of records, each with the name
///   of its variant; a variant with one value has it in a record with one field of any name.
/// - A tuple fits a record with as many fields, in its order.
/// - A logical type is read and written as the type beneath. Types with different logical types are
///   incompatible.
///
/// # Limits
/// A payload has at most [`MAX_BYTES`](Self::MAX_BYTES). Schemas that hold themselves are refused,
/// since bytes could nest them without bound. The errors show none of the content, and so not what a
/// type's own `Deserialize` says of it.
///
/// ```
/// use es_core::{Codec, CodecExt, TypeName, TypeTag, TypeVersion};
/// use es_serde::{Avro, AvroSchemas};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Paid {
///     amount: u64,
/// }
///
/// let first = r#"{"type": "record", "name": "Paid", "fields": [
///     {"name": "sum", "type": "int"}
/// ]}"#;
/// let second = r#"{"type": "record", "name": "Paid", "fields": [
///     {"name": "amount", "aliases": ["sum"], "type": "long"}
/// ]}"#;
/// let old = Avro::new(AvroSchemas::new().with("Paid", "1.0", first)?);
/// let new = Avro::new(AvroSchemas::new().with("Paid", "2.0", second)?.with_writer(first)?);
///
/// let tag = |major| TypeTag::new(TypeName::from_static("Paid"), TypeVersion::new(major, 0));
/// let data = old.encode(&tag(1), &std::collections::BTreeMap::from([("sum", 7)]))?;
/// assert_eq!(new.decode_value::<Paid>(&tag(2), &data)?.amount, 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Avro {
    schemas: Arc<AvroSchemas>,
}

impl Avro {
    /// The id stored with each Avro payload.
    pub const ID: CodecId = CodecId::from_static("avro");

    /// The most bytes of a payload, on writing and on reading: 16 MiB.
    pub const MAX_BYTES: usize = MAX_PAYLOAD_BYTES;

    /// A codec for the types that have a schema.
    #[must_use]
    pub fn new(schemas: AvroSchemas) -> Self {
        Self {
            schemas: Arc::new(schemas),
        }
    }

    fn own_schema(&self, tag: &TypeTag) -> Result<&TypeSchema, Problem> {
        self.schemas.of_type(tag).ok_or(Problem::NoSchema)
    }

    fn read(
        &self,
        tag: &TypeTag,
        data: &[u8],
        visit: &mut DecodeVisitor<'_>,
    ) -> Result<usize, Problem> {
        let (fingerprint, data) = split_header(data)?;
        let plan = self.plan(tag, fingerprint)?;
        let mut input = Input::new(data);
        let value = input.read(&plan)?;
        if input.remaining() == 0 {
            give(value, visit)?;
        }
        Ok(input.remaining())
    }

    fn plan(&self, tag: &TypeTag, fingerprint: Fingerprint) -> Result<Arc<Plan>, Problem> {
        let reader = self.own_schema(tag)?;
        let writer = self.schemas.writer(reader, fingerprint);
        let writer = writer.ok_or(Problem::UnknownWriter(fingerprint))?;
        Ok(reader.plan(fingerprint, writer)?)
    }
}

impl Codec for Avro {
    fn id(&self) -> CodecId {
        Self::ID
    }

    fn encode(&self, tag: &TypeTag, value: &dyn erased::Serialize) -> Result<Bytes, CodecError> {
        let schema = self
            .own_schema(tag)
            .map_err(|problem| CodecError::encode(tag, problem))?;
        let refusals = Refusals::default();
        let written = value.serialize(ShapeSerializer::new(&schema.shape().kind, &refusals));
        let value = written.map_err(|_| CodecError::encode(tag, refusals.into_words()))?;
        let mut data = [&MARK[..], schema.fingerprint().bytes()].concat();
        value.write(&mut data);
        limit::check_encoded(tag, data)
    }

    fn decode(
        &self,
        tag: &TypeTag,
        data: &[u8],
        visit: &mut DecodeVisitor<'_>,
    ) -> Result<(), CodecError> {
        limit::check(tag, data)?;
        let left_over = self
            .read(tag, data, visit)
            .map_err(|problem| CodecError::decode(tag, problem))?;
        limit::check_used(tag, data.len() - left_over, data.len())
    }
}

fn split_header(data: &[u8]) -> Result<(Fingerprint, &[u8]), Problem> {
    let data = data.strip_prefix(&MARK).ok_or(Problem::NoHeader)?;
    let (fingerprint, data) = data.split_first_chunk().ok_or(Problem::NoHeader)?;
    Ok((Fingerprint::new(*fingerprint), data))
}

fn give(value: Datum<'_>, visit: &mut DecodeVisitor<'_>) -> Result<(), Failure> {
    let guard = Guard::unbounded(|_| "the value does not have the shape of the type");
    let given = guard.seed(visit).deserialize(DatumDeserializer::new(value));
    guard.outcome(given)
}

/// Why a payload is not written or read.
#[derive(Debug, thiserror::Error)]
enum Problem {
    /// Give the type a schema with [`AvroSchemas::with`].
    #[error("the type has no schema of this version")]
    NoSchema,
    /// The bytes were not written by this codec, or are damaged.
    #[error("the bytes do not start with an Avro header")]
    NoHeader,
    /// Give the reader the schema that wrote this, with [`AvroSchemas::with_writer`].
    #[error("no schema with the fingerprint {0} is known")]
    UnknownWriter(Fingerprint),
    #[error("what the schema with another version wrote cannot be read: {0}")]
    Incompatible(#[from] AvroIncompatible),
    #[error(transparent)]
    Content(#[from] Failure),
}
