//! Whether all that is written in one shape can be read in another.
//!
//! By the rules of serde: unknown fields are ignored unless the reader refuses them, and a writer
//! writes no fields but those of its schema. What the comparison cannot decide is a mismatch.

use serde_json::Value;

use super::SchemaMismatch;
use super::mismatch::MismatchKind;
use super::range::{Range, is_float, lengths, range};
use super::shape::{Keywords, Shape, list, shapes};
use crate::FieldPath;

/// How many pairs of schemas are looked at before the comparison gives up.
const MAX_PAIRS: usize = 20_000;

/// How deep it goes.
const MAX_DEPTH: usize = 128;

/// What of the writer's values the reader cannot read; empty if it reads all.
pub(crate) fn mismatches(reader: &Value, writer: &Value) -> Vec<SchemaMismatch> {
    let mut compare = Compare {
        roots: (reader, writer),
        open: Vec::new(),
        pairs: 0,
    };
    compare.schemas(reader, writer, &FieldPath::new(""))
}

struct Compare<'s> {
    roots: (&'s Value, &'s Value),
    /// The pairs that are being compared, by address: a shape may hold itself, and then fits if the
    /// rest does.
    open: Vec<(*const Value, *const Value)>,
    pairs: usize,
}

type Found = Vec<SchemaMismatch>;

fn one(at: &FieldPath, problem: MismatchKind) -> Found {
    vec![SchemaMismatch::new(at, problem)]
}

impl<'s> Compare<'s> {
    fn schemas(&mut self, reader: &'s Value, writer: &'s Value, at: &FieldPath) -> Found {
        let pair = (std::ptr::from_ref(reader), std::ptr::from_ref(writer));
        if self.open.contains(&pair) {
            return Vec::new();
        }
        self.pairs += 1;
        if self.pairs > MAX_PAIRS || self.open.len() > MAX_DEPTH {
            return one(at, MismatchKind::TooDeep);
        }
        self.open.push(pair);
        let found = self.unions(reader, writer, at);
        self.open.pop();
        found
    }

    fn unions(&mut self, reader: &'s Value, writer: &'s Value, at: &FieldPath) -> Found {
        match (shapes(reader, self.roots.0), shapes(writer, self.roots.1)) {
            (Ok(readers), Ok(writers)) => writers
                .into_iter()
                .flat_map(|writer| self.some_shape(&readers, writer, at))
                .collect(),
            (Err(problem), _) | (_, Err(problem)) => one(at, problem),
        }
    }

    /// What keeps the writer's alternative from fitting any of the reader's.
    fn some_shape(&mut self, readers: &[Shape<'s>], writer: Shape<'s>, at: &FieldPath) -> Found {
        let mut likely = None;
        for reader in readers {
            let found = self.pair(*reader, writer, at);
            if found.is_empty() {
                return Vec::new();
            }
            if readers.len() == 1 || is_likely(*reader, writer) {
                likely.get_or_insert(found);
            }
        }
        likely.unwrap_or_else(|| {
            let problem = match (writer, writer.tag()) {
                (_, Some(variant)) => MismatchKind::Value(variant),
                (Shape::Constant(value), None) => MismatchKind::Value(value.to_string()),
                _ => MismatchKind::Type(describe_all(readers), writer.describe()),
            };
            one(at, problem)
        })
    }

    fn pair(&mut self, reader: Shape<'s>, writer: Shape<'s>, at: &FieldPath) -> Found {
        match (reader, writer) {
            (Shape::Any, _) => Vec::new(),
            (Shape::Constant(read), Shape::Constant(written)) if read == written => Vec::new(),
            (Shape::Typed(name, keywords), Shape::Constant(value))
                if takes(name, keywords, value) =>
            {
                Vec::new()
            }
            (_, Shape::Constant(value)) => one(at, MismatchKind::Value(value.to_string())),
            (Shape::Typed(read, reader), Shape::Typed(written, writer))
                if is_read_as(written, read) =>
            {
                self.same_type((read, reader), (written, writer), at)
            }
            (Shape::Constant(_), _) => one(at, MismatchKind::Narrower("enum")),
            (reader, writer) => {
                let problem = MismatchKind::Type(reader.describe(), writer.describe());
                one(at, problem)
            }
        }
    }

    fn same_type(
        &mut self,
        reader: (&str, &'s Keywords),
        writer: (&str, &'s Keywords),
        at: &FieldPath,
    ) -> Found {
        match writer.0 {
            "object" => self.fields(reader.1, writer.1, at),
            "array" => self.lists(reader.1, writer.1, at),
            "string" => strings(reader.1, writer.1, at),
            "integer" | "number" => numbers(reader, writer, at),
            _ => Vec::new(),
        }
    }

    fn fields(&mut self, reader: &'s Keywords, writer: &'s Keywords, at: &FieldPath) -> Found {
        let mut found = Vec::new();
        for (name, read) in properties(reader) {
            let written = property(writer, name).or_else(|| map_values(writer));
            if let Some(written) = written {
                found.extend(self.schemas(read, written, &at.child(name)));
            }
        }
        for name in required(reader).filter(|name| !is_required(writer, name)) {
            let problem = match property(writer, name) {
                Some(_) => MismatchKind::MaybeMissing,
                None => MismatchKind::Missing,
            };
            found.extend(one(&at.child(name), problem));
        }
        for (name, written) in properties(writer) {
            if property(reader, name).is_none() {
                found.extend(self.other_field(reader, written, &at.child(name)));
            }
        }
        if let Some(written) = map_values(writer) {
            found.extend(self.other_field(reader, written, &at.child("*")));
        }
        found
    }

    /// A field that the reader does not know by name.
    fn other_field(&mut self, reader: &'s Keywords, written: &'s Value, at: &FieldPath) -> Found {
        match reader.get("additionalProperties") {
            Some(Value::Bool(false)) => one(at, MismatchKind::Refused),
            Some(read @ Value::Object(_)) => self.schemas(read, written, at),
            _ => Vec::new(),
        }
    }

    fn lists(&mut self, reader: &'s Keywords, writer: &'s Keywords, at: &FieldPath) -> Found {
        let items = Range("minItems", "maxItems");
        let mut found = items.narrower(lengths(reader, items), lengths(writer, items), at);
        let unique = |schema: &Keywords| schema.get("uniqueItems") == Some(&Value::Bool(true));
        if unique(reader) && !unique(writer) {
            found.extend(one(at, MismatchKind::Narrower("uniqueItems")));
        }
        let (read, written) = (prefix(reader), prefix(writer));
        let named = read.len().max(written.len());
        for index in 0..named {
            let read = read.get(index).or_else(|| reader.get("items"));
            let written = written.get(index).or_else(|| writer.get("items"));
            if let (Some(read), Some(written)) = (read, written) {
                found.extend(self.schemas(read, written, &at.child(&format!("[{index}]"))));
            }
        }
        let most = writer.get("maxItems").and_then(Value::as_u64);
        let has_more = most.is_none_or(|most| most > named as u64);
        if let (Some(read), true) = (reader.get("items"), has_more) {
            let written = writer.get("items").unwrap_or(&Value::Bool(true));
            found.extend(self.schemas(read, written, &at.child("[]")));
        }
        found
    }
}

fn strings(reader: &Keywords, writer: &Keywords, at: &FieldPath) -> Found {
    let length = Range("minLength", "maxLength");
    let mut found = length.narrower(lengths(reader, length), lengths(writer, length), at);
    for keyword in ["format", "pattern"] {
        let read = reader.get(keyword);
        if read.is_some() && read != writer.get(keyword) {
            found.extend(one(at, MismatchKind::Narrower(keyword)));
        }
    }
    found
}

fn numbers(reader: (&str, &Keywords), writer: (&str, &Keywords), at: &FieldPath) -> Found {
    let value = Range("minimum", "maximum");
    let mut found = value.narrower(range(reader), range(writer), at);
    if is_float(reader.1) && !is_float(writer.1) {
        found.extend(one(at, MismatchKind::Narrower("format")));
    }
    found
}

/// Whether values of the type include this one; where that depends on more, they do not.
fn takes(name: &str, keywords: &Keywords, value: &Value) -> bool {
    let Some(written) = type_of(value).filter(|written| is_read_as(written, name)) else {
        return false;
    };
    match value {
        Value::Number(number) => {
            let (least, most) = range((name, keywords));
            let number = number.as_f64();
            number.is_some_and(|number| least <= number && number <= most)
        }
        Value::String(_) => !["format", "pattern", "minLength", "maxLength"]
            .into_iter()
            .any(|keyword| keywords.contains_key(keyword)),
        _ => written == name,
    }
}

/// The type of a constant; objects and lists are not compared as constants.
fn type_of(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => Some("null"),
        Value::Bool(_) => Some("boolean"),
        Value::Number(number) if number.is_f64() => Some("number"),
        Value::Number(_) => Some("integer"),
        Value::String(_) => Some("string"),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_read_as(written: &str, read: &str) -> bool {
    written == read || (written == "integer" && read == "number")
}

/// Whether the two are meant to be the same alternative.
fn is_likely(reader: Shape<'_>, writer: Shape<'_>) -> bool {
    match (reader, writer) {
        (Shape::Typed(read, _), Shape::Typed(written, _)) => {
            is_read_as(written, read) && reader.tag() == writer.tag()
        }
        _ => false,
    }
}

fn describe_all(shapes: &[Shape<'_>]) -> String {
    match shapes {
        [] => "nothing".to_owned(),
        [first, rest @ ..] if rest.len() < 4 => {
            let all = [first].into_iter().chain(rest);
            let all: Vec<_> = all.map(|shape| shape.describe()).collect();
            all.join(" or ")
        }
        _ => "one of several shapes".to_owned(),
    }
}

fn properties(schema: &Keywords) -> impl Iterator<Item = (&String, &Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten()
}

fn property<'s>(schema: &'s Keywords, name: &str) -> Option<&'s Value> {
    schema.get("properties")?.get(name)
}

/// The schema of a map's values, if it is one: serde's structs write no unknown fields.
fn map_values(schema: &Keywords) -> Option<&Value> {
    let values = schema.get("additionalProperties")?;
    (*values != Value::Bool(false)).then_some(values)
}

fn required(schema: &Keywords) -> impl Iterator<Item = &str> {
    let required = list(schema, "required").unwrap_or_default();
    required.iter().filter_map(Value::as_str)
}

fn is_required(schema: &Keywords, name: &str) -> bool {
    required(schema).any(|required| required == name)
}

fn prefix(schema: &Keywords) -> &[Value] {
    list(schema, "prefixItems").unwrap_or_default()
}
