//! One text for each shape, whatever is said about it beside.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::keywords::{ANNOTATIONS, SCHEMA_MAPS, VALUES};

/// The schema without annotations; keys, `required` and the texts of `enum` sorted.
///
/// `default` stays: it says what is read where the field is missing.
pub(crate) fn canonical(schema: &Value) -> Value {
    match schema {
        Value::Object(keywords) => sorted(
            keywords
                .iter()
                .filter(|(keyword, _)| !ANNOTATIONS.contains(&keyword.as_str()))
                .map(|(keyword, value)| (keyword.clone(), canonical_keyword(keyword, value))),
        ),
        Value::Array(schemas) => schemas.iter().map(canonical).collect(),
        other => other.clone(),
    }
}

fn canonical_keyword(keyword: &str, value: &Value) -> Value {
    match value {
        Value::Object(schemas) if SCHEMA_MAPS.contains(&keyword) => sorted(
            schemas
                .iter()
                .map(|(name, schema)| (name.clone(), canonical(schema))),
        ),
        Value::Array(names) if matches!(keyword, "required" | "enum" | "type") => {
            let mut names = names.clone();
            if names.iter().all(Value::is_string) {
                names.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            }
            Value::Array(names)
        }
        value if VALUES.contains(&keyword) => sorted_value(value),
        value => canonical(value),
    }
}

/// A value with the keys of its objects sorted.
fn sorted_value(value: &Value) -> Value {
    match value {
        Value::Object(fields) => sorted(
            fields
                .iter()
                .map(|(name, value)| (name.clone(), sorted_value(value))),
        ),
        Value::Array(list) => list.iter().map(sorted_value).collect(),
        other => other.clone(),
    }
}

/// serde_json may or may not sort by itself, as some crate of the build wishes.
fn sorted(entries: impl Iterator<Item = (String, Value)>) -> Value {
    let entries: BTreeMap<_, _> = entries.collect();
    Value::Object(Map::from_iter(entries))
}

/// The canonical schema as text, a keyword a line.
pub(crate) fn canonical_text(schema: &Value) -> String {
    // A `Value` has only text keys, so that writing it as text cannot fail.
    serde_json::to_string_pretty(&canonical(schema)).unwrap_or_default()
}
