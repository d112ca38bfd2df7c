//! Bytes that the Python implementation wrote.

use std::collections::BTreeMap;

use apache_avro::schema_compatibility::SchemaCompatibility;
use es_core::{Codec, CodecExt};
use es_serde::can_read;
use serde_json::Value;

use crate::tree::{Tree, hex, unhex};
use crate::{avro, reading, tag};

/// What `corpus.py` printed, with fastavro 1.13.1.
pub(crate) const STORED: &str = include_str!("../golden/avro-fastavro.txt");

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) writer: String,
    reader: String,
    pub(crate) value: Value,
    pub(crate) expected: Value,
}

pub(crate) fn cases() -> Vec<Case> {
    let cases: Value = serde_json::from_str(include_str!("cases.json")).unwrap();
    let cases = cases.as_array().unwrap().iter();
    cases
        .map(|case| Case {
            name: case["name"].as_str().unwrap().to_owned(),
            writer: case["writer"].to_string(),
            reader: case["reader"].to_string(),
            value: case["value"].clone(),
            expected: case["expected"].clone(),
        })
        .collect()
}

/// The stored bytes by the name of the case.
fn stored() -> BTreeMap<&'static str, Vec<u8>> {
    let lines = STORED
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    lines.map(|line| (line[0], unhex(line[2]))).collect()
}

/// The bytes that this crate writes for a case.
pub(crate) fn written(case: &Case) -> Vec<u8> {
    let value = Tree(case.value.clone());
    let data = avro(&case.writer).encode(&tag(), &value);
    data.unwrap_or_else(|error| panic!("{}: {error:?}", case.name))
        .to_vec()
}

#[test]
fn what_python_wrote_is_read_in_the_readers_shape() {
    let stored = stored();
    assert_eq!(stored.len(), cases().len());
    for case in cases() {
        let codec = reading(&case.writer, &case.reader);
        let read = codec.decode_value::<Tree>(&tag(), &stored[&*case.name]);
        let read = read.unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        assert_eq!(read.0, case.expected, "{}", case.name);
    }
}

#[test]
fn the_same_bytes_are_written_as_by_python() {
    let stored = stored();
    for case in cases() {
        assert_eq!(
            hex(&written(&case)),
            hex(&stored[&*case.name]),
            "{}",
            case.name
        );
    }
}

#[test]
fn the_check_agrees_with_what_can_be_read() {
    for case in cases() {
        let check = can_read(&case.writer, &case.reader);
        if case.name == "union-to-value" {
            let problem = check.unwrap_err();
            assert_eq!(problem.to_string(), "v: null is written and long read");
        } else {
            check.unwrap_or_else(|problem| panic!("{}: {problem}", case.name));
        }
    }
}

/// Why `can_read` does not ask the library, which has a check too.
#[test]
fn the_check_of_the_library_refuses_some_of_what_can_be_read() {
    let parse = |json: &str| apache_avro::Schema::parse_str(json).unwrap();
    let refused = cases().into_iter().filter(|case| {
        SchemaCompatibility::can_read(&parse(&case.writer), &parse(&case.reader)).is_err()
    });
    let names: Vec<_> = refused.map(|case| case.name).collect();
    assert_eq!(names, ["type-alias", "nested-aliases", "references"]);
}

#[test]
fn python_bytes_that_end_too_early_are_refused() {
    let stored = stored();
    for case in cases() {
        let codec = reading(&case.writer, &case.reader);
        let data = &stored[&*case.name];
        for end in 0..data.len() {
            let read = codec.decode_value::<Tree>(&tag(), &data[..end]);
            assert!(read.is_err(), "{}: {end} of {}", case.name, data.len());
        }
    }
}

/// The number in the specification's own example.
#[test]
fn the_fingerprint_is_the_one_of_the_specification() {
    let data = avro(r#""int""#).encode(&tag(), &1).unwrap();
    let fingerprint = u64::from_le_bytes(data[2..10].try_into().unwrap());
    assert_eq!(fingerprint, 0x7275_d51a_3f39_5c8f);
}
