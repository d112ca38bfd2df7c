//! The schema of each event type, out of the schema of the Rust type.
//!
//! schemars describes an enum as serde writes it, with the variant's name around the fields, and
//! in an order of its own. The store has the fields alone. Which variant an event type is, serde
//! itself says: its names for the variants, in the order of the enum.

use std::fmt;

use es_core::{Event, TypeTag};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserializer;
use serde::de::{DeserializeOwned, Error, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value, json};

use super::EventSchema;

/// Why the shape of an event is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// The schema has no variant for this event. It must be made by `#[derive(JsonSchema)]`, with
    /// no other names than serde has.
    #[error("the schema has no variant {variant} for event type {tag}")]
    NoVariant {
        /// The event.
        tag: TypeTag,
        /// What serde calls it.
        variant: String,
    },
    /// Variants and event types do not pair off. Give each variant one name: remove
    /// `#[serde(alias)]`, and what else hides variants from serde.
    #[error("serde knows {variants} variants, and there are {types} event types")]
    Variants {
        /// What serde knows.
        variants: usize,
        /// What there is in `TYPES`.
        types: usize,
    },
}

pub(super) fn schemas<E>() -> Result<Vec<EventSchema>, SchemaError>
where
    E: Event + JsonSchema + DeserializeOwned,
{
    let generator = SchemaSettings::draft2020_12().into_generator();
    let root = generator.into_root_schema_for::<E>().to_value();
    let stored = (0..E::TYPES.len()).filter(|index| !E::STAND_INS.holds(*index));
    let Some(variants) = variants::<E>() else {
        let content = |index: usize| EventSchema::new(E::TYPES[index].clone(), &root);
        return Ok(stored.map(content).collect());
    };
    let root = naming_itself(root, &E::schema_name());
    let indices: Vec<_> = match variants.len() {
        all if all == E::TYPES.len() => stored.map(|index| (index, variants[index])).collect(),
        _ => stored.zip(variants.iter().copied()).collect(),
    };
    check_count::<E>(variants, &indices)?;
    let schema = |(index, variant): (usize, &str)| {
        let tag = E::TYPES[index].clone();
        match content(&root, variant) {
            Some(content) => Ok(EventSchema::new(tag, &content)),
            None => Err(SchemaError::NoVariant {
                tag,
                variant: variant.to_owned(),
            }),
        }
    };
    indices.into_iter().map(schema).collect()
}

/// Variants pair off with all types, or with all that are stored.
fn check_count<E: Event>(variants: &[&str], indices: &[(usize, &str)]) -> Result<(), SchemaError> {
    let stand_ins = (0..E::TYPES.len()).filter(|index| E::STAND_INS.holds(*index));
    let stored = E::TYPES.len() - stand_ins.count();
    let pairs = variants.len() == E::TYPES.len() || variants.len() == stored;
    if pairs && indices.len() == stored {
        return Ok(());
    }
    Err(SchemaError::Variants {
        variants: variants.len(),
        types: E::TYPES.len(),
    })
}

/// The content of one variant, with the definitions that it refers to.
fn content(root: &Value, variant: &str) -> Option<Value> {
    let alternatives = ["oneOf", "anyOf"]
        .into_iter()
        .find_map(|keyword| root.get(keyword)?.as_array());
    let alternatives = alternatives.map_or(std::slice::from_ref(root), Vec::as_slice);
    let content = alternatives
        .iter()
        .find_map(|alternative| content_in(alternative, variant))?;
    Some(with_definitions(content, root))
}

fn content_in(alternative: &Value, variant: &str) -> Option<Value> {
    if let Some(content) = alternative.get("properties").and_then(|p| p.get(variant)) {
        return Some(content.clone());
    }
    let is_unit = alternative.get("const").is_some_and(|name| name == variant)
        || alternative
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|names| names.iter().any(|name| name == variant));
    // What is stored of a variant without fields: an object without any.
    is_unit.then(|| json!({ "type": "object" }))
}

/// The same schema, but referring to itself by a name where it did by its place, which a part of it
/// would take with it.
fn naming_itself(mut root: Value, name: &str) -> Value {
    let reference = format!("#/$defs/{}", name.replace('~', "~0").replace('/', "~1"));
    if !rename_root(&mut root, &reference) {
        return root;
    }
    let mut named = root.clone();
    if let Value::Object(keywords) = &mut named {
        keywords.remove("$defs");
    }
    if let Value::Object(keywords) = &mut root {
        let definitions = keywords.entry("$defs").or_insert_with(|| json!({}));
        if let Value::Object(definitions) = definitions {
            definitions.insert(name.to_owned(), named);
        }
    }
    root
}

/// Whether there were references to the whole.
fn rename_root(schema: &mut Value, reference: &str) -> bool {
    let mut renamed = false;
    match schema {
        Value::Object(keywords) => {
            for (keyword, value) in keywords {
                if keyword == "$ref" && *value == "#" {
                    *value = reference.into();
                    renamed = true;
                }
                renamed |= rename_root(value, reference);
            }
        }
        Value::Array(list) => {
            for value in list {
                renamed |= rename_root(value, reference);
            }
        }
        _ => {}
    }
    renamed
}

fn with_definitions(mut content: Value, root: &Value) -> Value {
    let Some(all) = root.get("$defs").and_then(Value::as_object) else {
        return content;
    };
    let mut needed = Map::new();
    let mut open = references(&content);
    while let Some(name) = open.pop() {
        if let (Some(schema), false) = (all.get(&name), needed.contains_key(&name)) {
            open.extend(references(schema));
            needed.insert(name, schema.clone());
        }
    }
    if let (Value::Object(keywords), false) = (&mut content, needed.is_empty()) {
        keywords.insert("$defs".to_owned(), Value::Object(needed));
    }
    content
}

/// The names of all definitions that are referred to anywhere in it.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(keywords) => keywords
            .iter()
            .flat_map(|(keyword, value)| match (keyword.as_str(), value) {
                ("$ref", Value::String(to)) => definition(to).into_iter().collect(),
                (_, value) => references(value),
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The name in a reference to a definition (RFC 6901).
pub(super) fn definition(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("#/$defs/")?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

/// What serde calls the variants, in order; `None` if it is no enum.
fn variants<E: DeserializeOwned>() -> Option<&'static [&'static str]> {
    match E::deserialize(Ask) {
        Err(Answer(variants)) => variants,
        Ok(_) => None,
    }
}

/// Asks a type what it is, and has no value to give.
struct Ask;

/// The variants, in the way that an error goes.
#[derive(Debug)]
struct Answer(Option<&'static [&'static str]>);

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no value")
    }
}

impl std::error::Error for Answer {}

impl Error for Answer {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(None)
    }
}

impl<'de> Deserializer<'de> for Ask {
    type Error = Answer;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Answer> {
        Err(Answer(Some(variants)))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Answer> {
        Err(Answer(None))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
