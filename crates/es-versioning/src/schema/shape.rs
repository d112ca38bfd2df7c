//! The alternatives that a schema allows, with references and unions taken apart.

use serde_json::{Map, Value};

use super::keywords::{ANNOTATIONS, UNDERSTOOD};
use super::mismatch::MismatchKind;
use super::of_event::definition;

/// Deeper nesting of references and unions is a mistake, or a circle.
const MAX_DEPTH: usize = 64;

pub(crate) type Keywords = Map<String, Value>;

/// One alternative of a schema.
#[derive(Clone, Copy)]
pub(crate) enum Shape<'s> {
    Any,
    Constant(&'s Value),
    /// A type, and what else holds for its values.
    Typed(&'s str, &'s Keywords),
}

/// The alternatives of a schema whose definitions are in `root`.
pub(crate) fn shapes<'s>(
    schema: &'s Value,
    root: &'s Value,
) -> Result<Vec<Shape<'s>>, MismatchKind> {
    let mut found = Vec::new();
    collect(schema, root, &mut found, 0)?;
    Ok(found)
}

fn collect<'s>(
    schema: &'s Value,
    root: &'s Value,
    found: &mut Vec<Shape<'s>>,
    depth: usize,
) -> Result<(), MismatchKind> {
    if depth > MAX_DEPTH {
        return Err(MismatchKind::TooDeep);
    }
    let keywords = match schema {
        Value::Bool(true) => {
            found.push(Shape::Any);
            return Ok(());
        }
        Value::Bool(false) => return Ok(()),
        Value::Object(keywords) => keywords,
        _ => return Err(MismatchKind::Unknown("of no schema".to_owned())),
    };
    refuse_unknown(keywords)?;
    if let Some(reference) = keywords.get("$ref") {
        alone("$ref", keywords)?;
        return collect(resolve(reference, root)?, root, found, depth + 1);
    }
    if let Some(value) = keywords.get("const") {
        found.push(Shape::Constant(value));
        return Ok(());
    }
    if let Some(values) = list(keywords, "enum") {
        found.extend(values.iter().map(Shape::Constant));
        return Ok(());
    }
    for union in ["oneOf", "anyOf"] {
        if let Some(schemas) = list(keywords, union) {
            alone(union, keywords)?;
            let mut schemas = schemas.iter();
            return schemas.try_for_each(|schema| collect(schema, root, found, depth + 1));
        }
    }
    match list(keywords, "allOf") {
        Some([one]) => {
            alone("allOf", keywords)?;
            return collect(one, root, found, depth + 1);
        }
        Some(_) => return Err(MismatchKind::Unknown("allOf".to_owned())),
        None => {}
    }
    found.extend(by_type(keywords)?);
    Ok(())
}

fn by_type(keywords: &Keywords) -> Result<Vec<Shape<'_>>, MismatchKind> {
    match keywords.get("type") {
        Some(Value::String(name)) => Ok(vec![Shape::Typed(name, keywords)]),
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str);
            Ok(names.map(|name| Shape::Typed(name, keywords)).collect())
        }
        _ if keywords.keys().all(|keyword| says_nothing(keyword)) => Ok(vec![Shape::Any]),
        _ => Err(MismatchKind::Unknown("beside no type".to_owned())),
    }
}

fn refuse_unknown(keywords: &Keywords) -> Result<(), MismatchKind> {
    let known = |keyword: &&String| {
        UNDERSTOOD.contains(&keyword.as_str()) || ANNOTATIONS.contains(&keyword.as_str())
    };
    match keywords.keys().find(|keyword| !known(keyword)) {
        Some(keyword) => Err(MismatchKind::Unknown(keyword.clone())),
        None => Ok(()),
    }
}

/// Refuses what would hold beside a reference or union: it is not compared.
fn alone(keyword: &str, keywords: &Keywords) -> Result<(), MismatchKind> {
    let mut others = keywords.keys().filter(|other| *other != keyword);
    match others.find(|other| !says_nothing(other)) {
        Some(other) => Err(MismatchKind::Unknown(format!("{other} beside {keyword}"))),
        None => Ok(()),
    }
}

fn says_nothing(keyword: &str) -> bool {
    matches!(keyword, "$defs" | "default") || ANNOTATIONS.contains(&keyword)
}

fn resolve<'s>(reference: &Value, root: &'s Value) -> Result<&'s Value, MismatchKind> {
    let reference = reference.as_str().unwrap_or_default();
    if reference == "#" {
        return Ok(root);
    }
    definition(reference)
        .and_then(|name| root.get("$defs")?.get(name))
        .ok_or_else(|| MismatchKind::Reference(reference.to_owned()))
}

pub(super) fn list<'s>(keywords: &'s Keywords, keyword: &str) -> Option<&'s [Value]> {
    keywords.get(keyword)?.as_array().map(Vec::as_slice)
}

impl Shape<'_> {
    /// What messages call it.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Any => "of any type".to_owned(),
            Self::Constant(value) => value.to_string(),
            Self::Typed(name @ ("integer" | "object" | "array"), _) => format!("an {name}"),
            Self::Typed(name @ "null", _) => name.to_owned(),
            Self::Typed(name, _) => format!("a {name}"),
        }
    }

    /// What tells a variant from its siblings: its only field, which must be there (serde's
    /// external tag), or the value of a constant field (an internal tag).
    pub(super) fn tag(self) -> Option<String> {
        let Self::Typed("object", keywords) = self else {
            return None;
        };
        let properties = keywords.get("properties")?.as_object()?;
        let mut constants = properties.iter();
        if let Some(tag) = constants.find_map(|(_, schema)| schema.get("const")) {
            return Some(tag.to_string());
        }
        match (properties.len(), list(keywords, "required")) {
            (1, Some([only])) => only.as_str().map(str::to_owned),
            _ => None,
        }
    }
}
