//! How Avro reads what other schemas and another implementation wrote.

#![cfg(feature = "avro")]
#![allow(clippy::unwrap_used, reason = "tests")]

mod corpus;
mod evolution;
mod fastavro;
mod fitting;
mod refusals;
mod stored;
mod tree;

use es_core::{TypeName, TypeTag, TypeVersion};
use es_serde::{Avro, AvroSchemas};

fn tag() -> TypeTag {
    TypeTag::new(TypeName::from_static("Claim"), TypeVersion::INITIAL)
}

/// A codec with a schema for `Claim 1.0`.
fn avro(schema: &str) -> Avro {
    Avro::new(AvroSchemas::new().with("Claim", "1.0", schema).unwrap())
}

/// A codec that reads what one schema wrote with another.
fn reading(writer: &str, reader: &str) -> Avro {
    let schemas = AvroSchemas::new().with("Claim", "1.0", reader).unwrap();
    Avro::new(schemas.with_writer(writer).unwrap())
}

/// All that an error says.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = format!("{error} {error:?}");
    let mut next = error.source();
    while let Some(error) = next {
        words = format!("{words}: {error} {error:?}");
        next = error.source();
    }
    words
}
