//! Schemas kept beside the events: whoever has the store can read them.

use es_core::memory::MemoryStore;
use es_core::{Codec, CodecExt, TypeName, TypeTag, TypeVersion};
use es_serde::{Avro, AvroSchemas, StoredSchemaError};
use serde::{Deserialize, Serialize};

const FIRST: &str = r#"{"type": "record", "name": "Paid", "fields": [
    {"name": "sum", "type": "int"}
]}"#;
const SECOND: &str = r#"{"type": "record", "name": "Paid", "fields": [
    {"name": "amount", "aliases": ["sum"], "type": "long"}
]}"#;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct First {
    sum: i32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Second {
    amount: i64,
}

fn tag(major: u16) -> TypeTag {
    TypeTag::new(TypeName::from_static("Paid"), TypeVersion::new(major, 0))
}

fn first() -> AvroSchemas {
    AvroSchemas::new().with("Paid", "1.0", FIRST).unwrap()
}

#[tokio::test]
async fn a_newer_program_reads_what_an_older_one_wrote_by_the_schema_that_is_kept() {
    let store = MemoryStore::new();
    assert_eq!(first().publish(&store).await.unwrap(), 1);
    assert_eq!(first().publish(&store).await.unwrap(), 0);
    let data = Avro::new(first())
        .encode(&tag(1), &First { sum: 7 })
        .unwrap();

    let second = || AvroSchemas::new().with("Paid", "2.0", SECOND).unwrap();
    let alone = Avro::new(second());
    assert!(alone.decode_value::<Second>(&tag(2), &data).is_err());
    let informed = Avro::new(second().with_stored(&store).await.unwrap());
    let read: Second = informed.decode_value(&tag(2), &data).unwrap();
    assert_eq!(read, Second { amount: 7 });
}

#[tokio::test]
async fn the_same_schema_written_otherwise_is_the_same_and_another_is_refused() {
    let store = MemoryStore::new();
    first().publish(&store).await.unwrap();
    let spaced = FIRST.replace(':', " : ");
    let spaced = AvroSchemas::new().with("Paid", "1.0", &spaced).unwrap();
    assert_eq!(spaced.publish(&store).await.unwrap(), 0);
    let other = AvroSchemas::new().with("Paid", "1.0", SECOND).unwrap();
    let refused = other.publish(&store).await.unwrap_err();
    assert!(
        matches!(refused, StoredSchemaError::Changed { .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("Paid 1.0"), "{refused}");
}
