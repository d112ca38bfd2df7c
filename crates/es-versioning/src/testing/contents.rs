//! Contents to try rules on.

use proptest::collection::{btree_map, vec};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any};
use proptest::strategy::Union;
use serde_json::{Map, Value};

use crate::EventSchema;
use crate::schema::{Shape, shapes};

/// Shapes that hold themselves are followed that deep, and end in null there.
const MAX_DEPTH: usize = 6;

/// Any object of JSON, some levels deep.
pub fn objects() -> BoxedStrategy<Value> {
    let field = "[a-z]{1,8}";
    let values = scalars().prop_recursive(3, 24, 4, move |inner| {
        Union::new([
            vec(inner.clone(), 0..4).prop_map(Value::from).boxed(),
            btree_map(field, inner, 0..4).prop_map(object).boxed(),
        ])
    });
    btree_map(field, values, 0..5).prop_map(object).boxed()
}

fn scalars() -> BoxedStrategy<Value> {
    Union::new([
        Just(Value::Null).boxed(),
        any::<bool>().prop_map(Value::from).boxed(),
        any::<i64>().prop_map(Value::from).boxed(),
        any::<u64>().prop_map(Value::from).boxed(),
        proptest::num::f64::NORMAL.prop_map(Value::from).boxed(),
        ".{0,12}".prop_map(Value::from).boxed(),
    ])
    .boxed()
}

fn object(fields: std::collections::BTreeMap<String, Value>) -> Value {
    Value::Object(Map::from_iter(fields))
}

/// Contents of the shape of an event, for a round trip of every one of its fields.
///
/// Texts are of any characters, whatever their format or pattern; numbers keep to their bounds.
///
/// ```
/// use es_core::{TypeName, TypeTag, TypeVersion};
/// use es_versioning::testing::{assert_lossless, contents_of};
/// use es_versioning::{EventSchema, Upcasts, for_event, rename_field};
/// use proptest::prelude::*;
///
/// let upcasts = Upcasts::new()
///     .event(
///         for_event("ClaimCreated")
///             .current("2.0")
///             .upcast("1.0", "2.0", rename_field("sum", "amount"))
///             .downcast("2.0", "1.0", rename_field("amount", "sum"))
///             .lossless(),
///     )
///     .build()?;
/// // Better from `SchemaSet::of` or from the lock file.
/// let tag = TypeTag::new(TypeName::from_static("ClaimCreated"), TypeVersion::new(2, 0));
/// let schema = EventSchema::new(tag, &serde_json::json!({
///     "type": "object",
///     "properties": { "amount": { "type": "integer" }, "note": { "type": "string" } },
///     "required": ["amount"],
/// }));
///
/// proptest!(|(content in contents_of(&schema))| {
///     assert_lossless(&upcasts, "ClaimCreated", "2.0", "1.0", [content]);
/// });
/// # Ok::<(), es_versioning::InvalidRules>(())
/// ```
///
/// # Panics
/// If the schema has keywords that the [comparison](EventSchema::mismatches) does not understand.
#[track_caller]
pub fn contents_of(schema: &EventSchema) -> BoxedStrategy<Value> {
    of_schema(&schema.schema, &schema.schema, 0)
}

#[track_caller]
fn of_schema(schema: &Value, root: &Value, depth: usize) -> BoxedStrategy<Value> {
    let shapes = match shapes(schema, root) {
        Ok(shapes) if !shapes.is_empty() => shapes,
        Ok(_) => panic!("the schema fits no value"),
        Err(problem) => panic!("the schema cannot be followed: {problem:?}"),
    };
    if depth > MAX_DEPTH {
        return Just(Value::Null).boxed();
    }
    let shapes = shapes.into_iter().map(|shape| of_shape(shape, root, depth));
    Union::new(shapes).boxed()
}

#[track_caller]
fn of_shape(shape: Shape<'_>, root: &Value, depth: usize) -> BoxedStrategy<Value> {
    match shape {
        Shape::Any => scalars(),
        Shape::Constant(value) => Just(value.clone()).boxed(),
        Shape::Typed("null", _) => Just(Value::Null).boxed(),
        Shape::Typed("boolean", _) => any::<bool>().prop_map(Value::from).boxed(),
        Shape::Typed("integer", keywords) => integers(keywords),
        Shape::Typed("number", keywords) if keywords.get("format") == Some(&"float".into()) => {
            proptest::num::f32::NORMAL.prop_map(Value::from).boxed()
        }
        Shape::Typed("number", _) => proptest::num::f64::NORMAL.prop_map(Value::from).boxed(),
        Shape::Typed("array", keywords) => lists(keywords, root, depth),
        Shape::Typed("object", keywords) => fields(keywords, root, depth),
        Shape::Typed(_, _) => ".{0,12}".prop_map(Value::from).boxed(),
    }
}

fn integers(keywords: &Map<String, Value>) -> BoxedStrategy<Value> {
    let bits = match keywords.get("format").and_then(Value::as_str) {
        Some("int8" | "uint8") => 7,
        Some("int16" | "uint16") => 15,
        Some("int32" | "uint32") => 31,
        _ => 62,
    };
    let bound = |keyword| keywords.get(keyword).and_then(Value::as_i64);
    let is_unsigned = keywords
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|format| format.starts_with('u'));
    let least = if is_unsigned { 0 } else { -(1 << bits) };
    let (least, most) = (
        bound("minimum").unwrap_or(least),
        bound("maximum").unwrap_or((1 << bits) - 1),
    );
    (least..=most.max(least)).prop_map(Value::from).boxed()
}

#[track_caller]
fn lists(keywords: &Map<String, Value>, root: &Value, depth: usize) -> BoxedStrategy<Value> {
    if let Some(items) = keywords.get("prefixItems").and_then(Value::as_array) {
        let items: Vec<_> = items
            .iter()
            .map(|item| of_schema(item, root, depth + 1))
            .collect();
        return items.prop_map(Value::from).boxed();
    }
    let items = match keywords.get("items") {
        Some(items) => of_schema(items, root, depth + 1),
        None => scalars(),
    };
    let number = |keyword| keywords.get(keyword).and_then(Value::as_u64);
    let least = usize::try_from(number("minItems").unwrap_or(0)).unwrap_or(0);
    let most = number("maxItems").map_or(least + 3, |most| usize::try_from(most).unwrap_or(least));
    vec(items, least..=most.max(least))
        .prop_map(Value::from)
        .boxed()
}

#[track_caller]
fn fields(keywords: &Map<String, Value>, root: &Value, depth: usize) -> BoxedStrategy<Value> {
    let properties = keywords.get("properties").and_then(Value::as_object);
    let required = keywords.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
    let named: Vec<_> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| {
            let value = of_schema(schema, root, depth + 1);
            let value = match is_required(name) {
                true => value.prop_map(Some).boxed(),
                false => proptest::option::of(value).boxed(),
            };
            let name = name.clone();
            value.prop_map(move |value| (name.clone(), value)).boxed()
        })
        .collect();
    let others = match keywords.get("additionalProperties") {
        Some(values @ Value::Object(_)) => {
            btree_map("[A-Z]{1,6}", of_schema(values, root, depth + 1), 0..3).boxed()
        }
        _ => Just(std::collections::BTreeMap::new()).boxed(),
    };
    (named, others)
        .prop_map(|(named, others)| {
            let named = named
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)));
            Value::Object(others.into_iter().chain(named).collect())
        })
        .boxed()
}
