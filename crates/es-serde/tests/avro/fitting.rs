//! Which Rust types fit which schemas, there and back.

use std::collections::BTreeMap;
use std::fmt::Debug;

use es_core::{Codec, CodecExt};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{avro, tag};

fn fits<T: Serialize + DeserializeOwned + PartialEq + Debug>(schema: &str, value: T) {
    let codec = avro(schema);
    let data = codec.encode(&tag(), &value);
    let data = data.unwrap_or_else(|error| panic!("{value:?}: {error:?}"));
    let read = codec.decode_value::<T>(&tag(), &data);
    let read = read.unwrap_or_else(|error| panic!("{value:?}: {error:?}"));
    assert_eq!(read, value);
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: i32,
    y: i32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct One {
    x: Option<u8>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Colour {
    Red,
    Blue,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Any {
    Nothing,
    Number(u64),
    Many(Vec<u64>),
    Named(BTreeMap<String, u64>),
    At(Point),
    Around(Point),
    Painted(Colour),
    Pair(u8, String),
    Both { first: u8, second: Option<One> },
}

const ANY: &str = r#"[
    {"type": "record", "name": "Nothing", "fields": []},
    {"type": "record", "name": "Number", "fields": [{"name": "v", "type": "long"}]},
    {"type": "record", "name": "Many", "fields": [
        {"name": "v", "type": {"type": "array", "items": "long"}}]},
    {"type": "record", "name": "Named", "fields": [
        {"name": "v", "type": {"type": "map", "values": "long"}}]},
    {"type": "record", "name": "At", "fields": [
        {"name": "x", "type": "int"}, {"name": "y", "type": "int"}]},
    {"type": "record", "name": "Around", "fields": [{"name": "v", "type":
        {"type": "record", "name": "Point", "fields": [
            {"name": "x", "type": "int"}, {"name": "y", "type": "int"}]}}]},
    {"type": "record", "name": "Painted", "fields": [{"name": "v", "type":
        {"type": "enum", "name": "Colour", "symbols": ["Blue", "Red"]}}]},
    {"type": "record", "name": "Pair", "fields": [
        {"name": "a", "type": "int"}, {"name": "b", "type": "string"}]},
    {"type": "record", "name": "Both", "fields": [
        {"name": "first", "type": "int"},
        {"name": "second", "type": ["null", {"type": "record", "name": "One", "fields": [
            {"name": "x", "type": ["null", "int"]}]}]}]}
]"#;

#[test]
fn an_enum_fits_a_union_of_records() {
    for value in [
        Any::Nothing,
        Any::Number(7),
        Any::Many(vec![1, 2]),
        Any::Many(vec![]),
        Any::Named(BTreeMap::from([("v".to_owned(), 1)])),
        Any::At(Point { x: 1, y: 2 }),
        Any::Around(Point { x: 1, y: 2 }),
        Any::Painted(Colour::Red),
        Any::Pair(1, "one".to_owned()),
        Any::Both {
            first: 1,
            second: None,
        },
        Any::Both {
            first: 1,
            second: Some(One { x: None }),
        },
        Any::Both {
            first: 1,
            second: Some(One { x: Some(1) }),
        },
    ] {
        fits(ANY, value);
    }
}

#[test]
fn an_enum_without_content_fits_an_enum_and_a_string() {
    let schema = r#"{"type": "enum", "name": "Colour", "symbols": ["Blue", "Red"]}"#;
    fits(schema, Colour::Red);
    fits(schema, "Blue".to_owned());
    fits(r#""string""#, Colour::Blue);
    fits(&format!(r#"["null", {schema}]"#), Some(Colour::Blue));
}

#[test]
fn scalars_fit_their_types() {
    fits(r#""boolean""#, true);
    fits(r#""int""#, -5i8);
    fits(r#""long""#, i64::MIN);
    fits(r#""long""#, i64::MAX as u64);
    fits(r#""float""#, 0.1f32);
    fits(r#""double""#, 0.1f32);
    fits(r#""double""#, 0.1f64);
    fits(r#""string""#, 'ß');
    fits(r#""null""#, ());
    fits(r#"["null", "long"]"#, Some(5u32));
    fits(r#"["long", "null"]"#, None::<u32>);
}

#[test]
fn bytes_fit_bytes_fixed_and_arrays() {
    fits(r#""bytes""#, vec![0u8, 255]);
    fits(r#"["null", "bytes"]"#, Some(vec![1u8]));
    fits(r#"{"type": "fixed", "name": "F", "size": 2}"#, [0u8, 255]);
    fits(r#"{"type": "array", "items": "int"}"#, vec![0u8, 255]);
    fits(r#"{"type": "array", "items": "int"}"#, (1u8, 2u8));
}
