use std::collections::BTreeMap;

use es_core::{Codec, CodecExt};
use es_serde::{AvroSchemaProblem, AvroSchemas};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::tree::Tree;
use crate::{avro, reading, tag, words};

fn of(schema: &str) -> String {
    format!(
        r#"{{"type": "record", "name": "Claim", "fields": [{{"name": "v", "type": {schema}}}]}}"#
    )
}

#[derive(Debug, Serialize, Deserialize)]
struct Holder<T> {
    v: T,
}

/// Why a value is not written.
fn refusal(schema: &str, value: impl Serialize) -> String {
    let value = Holder { v: value };
    words(&avro(&of(schema)).encode(&tag(), &value).unwrap_err())
}

#[test]
fn a_value_that_does_not_fit_is_refused_with_its_field() {
    for (message, reason) in [
        (
            refusal(r#""long""#, u64::MAX),
            "v: an integer is over the range of a long",
        ),
        (
            refusal(r#""int""#, 77_777_777_777i64),
            "v: an integer does not fit the schema's int",
        ),
        (
            refusal(r#""float""#, 0.777f64),
            "v: a number does not fit the schema's float",
        ),
        (
            refusal(r#""long""#, "SECRET"),
            "v: a text does not fit the schema's long",
        ),
        (
            refusal(r#""long""#, None::<u8>),
            "v: an empty option does not fit the schema's long",
        ),
        (
            refusal(
                r#"{"type": "enum", "name": "K", "symbols": ["A"]}"#,
                "SECRET",
            ),
            "v: a text does not fit the schema's enum",
        ),
        (
            refusal(r#"{"type": "fixed", "name": "F", "size": 4}"#, [7u8; 3]),
            "v: a tuple does not fit the schema's fixed",
        ),
        (
            refusal(r#""bytes""#, [777u16]),
            "v: a list of other values than bytes",
        ),
        (
            refusal(
                &of(r#""int""#).replace("Claim", "In"),
                BTreeMap::from([("SECRET", 1)]),
            ),
            "v: the schema has no such field",
        ),
        (
            refusal(
                &of(r#""int""#).replace("Claim", "In"),
                BTreeMap::<String, u8>::new(),
            ),
            "v: field `v` of the schema is not there",
        ),
    ] {
        assert!(message.contains(reason), "{reason}: {message}");
        assert!(!message.contains("SECRET"), "{message}");
        assert!(!message.contains("777"), "{message}");
    }
}

#[test]
fn an_error_of_reading_shows_no_content() {
    let text = avro(&of(r#""string""#));
    let data = text.encode(&tag(), &Holder { v: "SECRET" }).unwrap();
    let error = text.decode_value::<Holder<u64>>(&tag(), &data).unwrap_err();
    let message = words(&error);
    assert!(message.contains("invalid type, expected u64"), "{message}");
    assert!(!message.contains("SECRET"), "{message}");

    let long = avro(&of(r#""long""#));
    let data = long.encode(&tag(), &Holder { v: -7777 }).unwrap();
    let error = long.decode_value::<Holder<u64>>(&tag(), &data).unwrap_err();
    let message = words(&error);
    assert!(message.contains("invalid value, expected u64"), "{message}");
    assert!(!message.contains("7777"), "{message}");
}

#[test]
fn bytes_of_an_unknown_schema_are_refused_by_its_fingerprint() {
    let writer = avro(r#""int""#);
    let data = writer.encode(&tag(), &1).unwrap();
    let error = avro(r#""long""#)
        .decode_value::<i64>(&tag(), &data)
        .unwrap_err();
    let message = words(&error);
    assert!(message.contains("cannot decode a Claim 1.0"), "{message}");
    assert!(
        message.contains("fingerprint 7275d51a3f395c8f is known"),
        "{message}"
    );
}

#[test]
fn bytes_without_a_header_are_refused() {
    for data in [
        &b""[..],
        b"{}",
        &[0xC3],
        &[0xC3, 0x01, 1, 2, 3, 4, 5, 6, 7],
        &[0; 10],
    ] {
        let error = avro(r#""int""#)
            .decode_value::<i32>(&tag(), data)
            .unwrap_err();
        assert!(words(&error).contains("do not start with an Avro header"));
    }
}

#[test]
fn a_type_without_a_schema_is_refused() {
    let codec = es_serde::Avro::new(AvroSchemas::new());
    let error = codec.encode(&tag(), &1).unwrap_err();
    assert!(words(&error).contains("no schema of this version"));
}

#[test]
fn schemas_that_are_not_valid_are_refused() {
    let with = |name: &str, version: &str, schema: &str| {
        let error = AvroSchemas::new().with(name, version, schema).unwrap_err();
        words(&error)
    };
    assert!(with("", "1.0", r#""int""#).contains("is empty"));
    assert!(with("A", "1", r#""int""#).contains("is not a type version"));
    assert!(with("A", "1.0", r#""number""#).contains("is not an Avro schema"));
    let list =
        r#"{"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}]}"#;
    assert!(with("A", "1.0", list).contains("type L holds itself"));
    let deep = (0..70).fold(r#""int""#.to_owned(), |items, _| {
        format!(r#"{{"type": "array", "items": {items}}}"#)
    });
    assert!(with("A", "1.0", &deep).contains("nest more than 64 deep"));
    let twice = AvroSchemas::new().with("A", "1.0", r#""int""#).unwrap();
    let error = twice.with("A", "1.0", r#""int""#).unwrap_err();
    assert!(matches!(error.problem(), AvroSchemaProblem::Twice));
}

/// The fingerprint leaves logical types out, so bytes of one would be read as the other.
#[test]
fn a_schema_that_differs_only_in_a_logical_type_is_refused() {
    let at = |logical| {
        of(&format!(
            r#"{{"type": "long", "logicalType": "{logical}"}}"#
        ))
    };
    let schemas = AvroSchemas::new().with("Claim", "1.0", &at("timestamp-millis"));
    let error = schemas
        .unwrap()
        .with("Claim", "2.0", &at("timestamp-micros"))
        .unwrap_err();
    assert!(
        matches!(error.problem(), AvroSchemaProblem::Ambiguous(problem) if problem.path() == "v")
    );
}

/// The header of what a schema writes, and then these bytes.
fn forged(schema: &str, value: &Tree, bytes: &[u8]) -> Vec<u8> {
    let data = avro(schema).encode(&tag(), value).unwrap();
    [&data[..10], bytes].concat()
}

/// A count of `i64::MAX`.
const MANY: [u8; 10] = [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
/// A count of `i64::MIN`, which has no positive one.
const LEAST: [u8; 10] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];

#[test]
fn a_length_beyond_the_bytes_is_refused() {
    let list = |items: &str| format!(r#"{{"type": "array", "items": {items}}}"#);
    let map = r#"{"type": "map", "values": "null"}"#;
    for (schema, value) in [
        (r#""string""#, json!("")),
        (r#""bytes""#, json!({ "$hex": "" })),
        (&*list(r#""int""#), json!([])),
        (&*list(r#""null""#), json!([])),
        (&*list(&list(r#""null""#)), json!([])),
        (map, json!({})),
    ] {
        for bytes in [MANY, LEAST] {
            let data = forged(schema, &Tree(value.clone()), &bytes);
            let read = avro(schema).decode_value::<Tree>(&tag(), &data);
            assert!(read.is_err(), "{schema}");
        }
    }
}

#[test]
fn a_text_that_is_cut_off_is_not_taken_for_none() {
    let schema = of(r#"["null", "string"]"#);
    let codec = avro(&schema);
    let data = codec.encode(&tag(), &Holder { v: Some("abc") }).unwrap();
    for end in 10..data.len() {
        let read = codec.decode_value::<Holder<Option<String>>>(&tag(), &data[..end]);
        assert!(read.is_err(), "{end}");
    }
}

/// A list may come in several blocks, and with the length of each in bytes.
#[test]
fn blocks_are_read_in_both_forms() {
    let schema = r#"{"type": "array", "items": "int"}"#;
    for bytes in [
        &[6, 2, 4, 6, 0][..],
        &[2, 2, 4, 4, 6, 0],
        &[5, 6, 2, 4, 6, 0],
        &[1, 2, 2, 4, 4, 6, 0],
    ] {
        let data = forged(schema, &Tree(json!([])), bytes);
        let read: Vec<i32> = avro(schema).decode_value(&tag(), &data).unwrap();
        assert_eq!(read, [1, 2, 3]);
    }
}

proptest! {
    #[test]
    fn random_values_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        let schema = r#"{"type": "record", "name": "Claim", "fields": [
            {"name": "a", "type": {"type": "array", "items": ["null", "string", "bytes",
                {"type": "map", "values": {"type": "array", "items": "null"}}]}},
            {"name": "k", "type": {"type": "enum", "name": "K", "symbols": ["A", "B"]}},
            {"name": "f", "type": {"type": "fixed", "name": "F", "size": 2}},
            {"name": "d", "type": "double"}
        ]}"#;
        let value = json!({ "a": [], "k": "A", "f": { "$hex": "0000" }, "d": 0.5 });
        let data = forged(schema, &Tree(value), &bytes);
        let _ = reading(schema, schema).decode_value::<Tree>(&tag(), &data);
    }
}
