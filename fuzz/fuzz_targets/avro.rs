//! Any bytes, read as Avro: no panic, and what is read is written and read again as the same.
//!
//! The header of the single-object encoding is put in front of every other input: few random bytes
//! have a fingerprint that is known.

#![no_main]

use std::sync::LazyLock;

use es_core::{Codec, CodecExt, TypeName, TypeTag, TypeVersion};
use es_serde::{Avro, AvroSchemas};
use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Claim {
    amount: i64,
    tags: Vec<String>,
    paid: Option<bool>,
}

const TAG: TypeTag = TypeTag::new(TypeName::from_static("Claim"), TypeVersion::INITIAL);
const SCHEMA: &str = r#"{"type": "record", "name": "Claim", "fields": [
    {"name": "amount", "type": "long"},
    {"name": "tags", "type": {"type": "array", "items": "string"}},
    {"name": "paid", "type": ["null", "boolean"]}
]}"#;
const HEADER_BYTES: usize = 10;

static AVRO: LazyLock<Avro> = LazyLock::new(|| {
    let schemas = AvroSchemas::new().with("Claim", "1.0", SCHEMA);
    Avro::new(schemas.expect("a schema"))
});
static HEADER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let claim = Claim { amount: 1, tags: Vec::new(), paid: None };
    AVRO.encode(&TAG, &claim).expect("a claim")[..HEADER_BYTES].to_vec()
});

fuzz_target!(|data: &[u8]| {
    let _ = AVRO.decode_value::<Claim>(&TAG, data);
    let headed = [&HEADER, data].concat();
    if let Ok(claim) = AVRO.decode_value::<Claim>(&TAG, &headed) {
        let again = AVRO.encode(&TAG, &claim).expect("it was read");
        assert_eq!(
            AVRO.decode_value::<Claim>(&TAG, &again)
                .expect("it was written"),
            claim
        );
    }
});
