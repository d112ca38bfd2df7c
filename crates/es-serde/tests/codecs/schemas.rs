//! The Avro schemas of the events of claims.

use es_serde::{Avro, AvroSchemas};

const CREATED: &str = r#"{"type": "record", "name": "ClaimCreated", "namespace": "claims", "fields": [
    {"name": "id", "type": "long"},
    {"name": "balance", "type": "long"},
    {"name": "share", "type": "double"},
    {"name": "urgent", "type": "boolean"},
    {"name": "patient", "type": "string"},
    {"name": "scan", "type": "bytes"},
    {"name": "note", "type": ["null", "string"]},
    {"name": "codes", "type": {"type": "array", "items": "int"}},
    {"name": "labels", "type": {"type": "map", "values": "int"}},
    {"name": "address", "type": {"type": "record", "name": "Address", "fields": [
        {"name": "street", "type": "string"},
        {"name": "zip", "type": ["null", "long"]}
    ]}},
    {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["Dental", "Surgery"]}},
    {"name": "payout", "type": [
        {"type": "record", "name": "Refused", "fields": []},
        {"type": "record", "name": "Cheque", "fields": [{"name": "amount", "type": "long"}]},
        {"type": "record", "name": "Split", "fields": [
            {"name": "left", "type": "long"},
            {"name": "right", "type": "long"}
        ]},
        {"type": "record", "name": "Transfer", "fields": [{"name": "iban", "type": "string"}]}
    ]},
    {"name": "amount", "type": "long"}
]}"#;

const PAID: &str = r#"{"type": "record", "name": "ClaimPaid", "fields": [
    {"name": "amount", "type": "long"}
]}"#;

const MOVED: &str = r#"{"type": "record", "name": "ClaimMoved", "fields": [
    {"name": "street", "type": "string"},
    {"name": "zip", "type": ["null", "long"]}
]}"#;

const SPLIT: &str = r#"{"type": "record", "name": "ClaimSplit", "fields": [
    {"name": "part", "type": "long"},
    {"name": "side", "type": "string"}
]}"#;

const CLOSED: &str = r#"{"type": "record", "name": "ClaimClosed", "fields": []}"#;

pub(crate) fn claim_codec() -> Avro {
    let schemas = [
        ("ClaimCreated", CREATED),
        ("ClaimPaid", PAID),
        ("ClaimMoved", MOVED),
        ("ClaimSplit", SPLIT),
        ("ClaimClosed", CLOSED),
    ];
    let schemas = schemas
        .into_iter()
        .fold(AvroSchemas::new(), |schemas, (name, schema)| {
            schemas.with(name, "1.0", schema).unwrap()
        });
    Avro::new(schemas)
}
