//! Reads the default values in schemas, which are JSON.

use serde_json::Value;

use super::datum::Datum;
use super::shape::{Field, Kind, Shape};

/// The value that `json` stands for, if it is one of this kind.
pub(super) fn from_json(kind: &Kind, json: &Value) -> Option<Datum<'static>> {
    match (kind, json) {
        (Kind::Null, Value::Null) => Some(Datum::Null),
        (Kind::Boolean, Value::Bool(value)) => Some(Datum::Boolean(*value)),
        (Kind::Int, json) => {
            let value = i32::try_from(json.as_i64()?).ok()?;
            Some(Datum::Long(value.into()))
        }
        (Kind::Long, json) => json.as_i64().map(Datum::Long),
        #[expect(clippy::cast_possible_truncation, reason = "JSON has no other number")]
        (Kind::Float, json) => json.as_f64().map(|value| Datum::Float(value as f32)),
        (Kind::Double, json) => json.as_f64().map(Datum::Double),
        (Kind::Bytes, Value::String(text)) => Some(Datum::Bytes(bytes(text)?.into())),
        (Kind::Fixed(fixed), Value::String(text)) => {
            let bytes = bytes(text)?;
            (bytes.len() == fixed.size).then(|| Datum::Fixed(bytes.into()))
        }
        (Kind::String, Value::String(text)) => Some(Datum::Text(text.clone().into())),
        (Kind::Enum(symbols), Value::String(symbol)) => {
            let index = symbols.index(symbol)?;
            Some(Datum::Enum(symbols.clone(), index))
        }
        (Kind::Array(items), Value::Array(values)) => {
            let values = values.iter().map(|value| from_json(&items.kind, value));
            Some(Datum::Array(values.collect::<Option<_>>()?))
        }
        (Kind::Map(values), Value::Object(object)) => {
            let entries = object
                .iter()
                .map(|(key, value)| Some((key.clone().into(), from_json(&values.kind, value)?)));
            Some(Datum::Map(entries.collect::<Option<_>>()?))
        }
        (Kind::Record(record), Value::Object(object)) => {
            let fields = record.fields.iter().map(|field| of_field(field, object));
            let fields = fields.collect::<Option<_>>()?;
            Some(Datum::Record(record.clone(), fields))
        }
        (Kind::Union(branches), json) => {
            let fits =
                |(index, branch): (usize, &Shape)| Some((index, from_json(&branch.kind, json)?));
            let (index, value) = branches.iter().enumerate().find_map(fits)?;
            Some(Datum::Union(index, Box::new(value)))
        }
        _ => None,
    }
}

fn of_field(field: &Field, object: &serde_json::Map<String, Value>) -> Option<Datum<'static>> {
    match object.get(&field.name) {
        Some(json) => from_json(&field.shape.kind, json),
        None => field.default.clone(),
    }
}

/// Bytes in a schema are text with one character for each.
fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).ok())
        .collect()
}
