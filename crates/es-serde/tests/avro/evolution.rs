use es_core::{Codec, CodecExt, TypeName, TypeTag, TypeVersion};
use es_serde::{Avro, AvroSchemas, can_read};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::tree::Tree;
use crate::{reading, tag, words};

fn record(fields: &str) -> String {
    format!(r#"{{"type": "record", "name": "Claim", "fields": [{fields}]}}"#)
}

/// A record with one field `v`.
fn of(schema: &str) -> String {
    record(&format!(r#"{{"name": "v", "type": {schema}}}"#))
}

#[test]
fn a_schema_that_cannot_read_is_told_the_field_and_the_reason() {
    let nested = |schema: &str| {
        of(&format!(
            r#"{{"type": "array", "items": {{"type": "map", "values": {{
                "type": "record", "name": "In", "fields": [{{"name": "w", "type": {schema}}}]}}}}}}"#
        ))
    };
    let logical = |name| of(&format!(r#"{{"type": "long", "logicalType": "{name}"}}"#));
    let decimal = |scale| {
        of(&format!(
            r#"{{"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": {scale}}}"#
        ))
    };
    let symbols = |list| {
        of(&format!(
            r#"{{"type": "enum", "name": "K", "symbols": {list}}}"#
        ))
    };
    for (writer, reader, problem) in [
        (
            of(r#""long""#),
            of(r#""int""#),
            "v: long is written and int read",
        ),
        (
            of(r#""double""#),
            of(r#""float""#),
            "v: double is written and float read",
        ),
        (
            of(r#""string""#),
            of(r#""long""#),
            "v: string is written and long read",
        ),
        (
            of(r#""int""#),
            record(r#"{"name": "w", "type": "int"}"#),
            "w: it is not written and has no default",
        ),
        (
            nested(r#""string""#),
            nested(r#""boolean""#),
            "v.[].{}.w: string is written and boolean read",
        ),
        (
            of(r#"["null", "int"]"#),
            of(r#"["null", "boolean"]"#),
            "v: no branch of the union reads a int",
        ),
        (
            symbols(r#"["A", "B"]"#),
            symbols(r#"["A"]"#),
            "v: symbol B is not known and there is no default",
        ),
        (
            of(r#"{"type": "fixed", "name": "F", "size": 4}"#),
            of(r#"{"type": "fixed", "name": "F", "size": 5}"#),
            "v: 4 bytes are written and 5 read",
        ),
        (
            of(r#"{"type": "fixed", "name": "F", "size": 4}"#),
            of(r#"{"type": "fixed", "name": "G", "size": 4}"#),
            "v: fixed F is written and fixed G read, which is no alias",
        ),
        (
            logical("timestamp-millis"),
            logical("timestamp-micros"),
            "v: timestamp-millis is written and timestamp-micros read",
        ),
        (
            decimal(2),
            decimal(3),
            "v: decimal(9,2) is written and decimal(9,3) read",
        ),
    ] {
        let found = can_read(&writer, &reader).unwrap_err();
        assert_eq!(found.to_string(), problem);
    }
}

#[test]
fn what_cannot_be_read_is_an_error_when_it_comes() {
    let writer = of(r#"["null", "int"]"#);
    let old = crate::avro(&writer);
    let new = reading(&writer, &of(r#""long""#));
    let some = old.encode(&tag(), &Tree(json!({ "v": 5 }))).unwrap();
    let none = old.encode(&tag(), &Tree(json!({ "v": null }))).unwrap();
    let read: Tree = new.decode_value(&tag(), &some).unwrap();
    assert_eq!(read.0, json!({ "v": 5 }));
    let error = new.decode_value::<Tree>(&tag(), &none).unwrap_err();
    assert!(words(&error).contains("a branch is not in the reader's schema"));
}

#[test]
fn a_name_goes_before_an_alias() {
    let writer = record(r#"{"name": "a", "type": "int"}, {"name": "b", "type": "int"}"#);
    let reader = record(r#"{"name": "b", "aliases": ["a"], "type": "int"}"#);
    let value = Tree(json!({ "a": 1, "b": 2 }));
    let data = crate::avro(&writer).encode(&tag(), &value).unwrap();
    let read: Tree = reading(&writer, &reader)
        .decode_value(&tag(), &data)
        .unwrap();
    assert_eq!(read.0, json!({ "b": 2 }));
}

/// Both have the same fingerprint, which leaves defaults out.
#[test]
fn schemas_that_differ_in_a_default_are_told_apart_by_their_version() {
    let with_default = |default| {
        record(&format!(
            r#"{{"name": "a", "type": "int"}}, {{"name": "b", "type": "int", "default": {default}}}"#
        ))
    };
    let first = record(r#"{"name": "a", "type": "int"}"#);
    let schemas = AvroSchemas::new()
        .with("Claim", "1.0", &first)
        .and_then(|schemas| schemas.with("Claim", "2.0", &with_default(2)))
        .and_then(|schemas| schemas.with("Claim", "3.0", &with_default(3)));
    let codec = Avro::new(schemas.unwrap());
    let data = codec.encode(&tag(), &Tree(json!({ "a": 1 }))).unwrap();
    for version in [2, 3] {
        let version_tag =
            TypeTag::new(TypeName::from_static("Claim"), TypeVersion::new(version, 0));
        let read: Tree = codec.decode_value(&version_tag, &data).unwrap();
        assert_eq!(read.0, json!({ "a": 1, "b": version }));
    }
}

#[test]
fn a_field_with_a_default_need_not_be_in_the_value() {
    let schema = record(
        r#"{"name": "a", "type": "int"}, {"name": "b", "type": ["null", "int"], "default": null}"#,
    );
    let codec = crate::avro(&schema);
    let data = codec.encode(&tag(), &Tree(json!({ "a": 1 }))).unwrap();
    let read: Tree = codec.decode_value(&tag(), &data).unwrap();
    assert_eq!(read.0, json!({ "a": 1, "b": null }));
}

#[test]
fn a_flattened_struct_fits_the_fields_of_the_record() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Inner {
        amount: u64,
        note: Option<String>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Outer {
        id: u8,
        #[serde(flatten)]
        inner: Inner,
    }
    let schema = record(
        r#"{"name": "amount", "type": "long"}, {"name": "id", "type": "int"},
           {"name": "note", "type": ["null", "string"]}"#,
    );
    let inner = Inner {
        amount: 7,
        note: None,
    };
    let value = Outer { id: 1, inner };
    let codec = crate::avro(&schema);
    let data = codec.encode(&tag(), &value).unwrap();
    assert_eq!(codec.decode_value::<Outer>(&tag(), &data).unwrap(), value);
}
