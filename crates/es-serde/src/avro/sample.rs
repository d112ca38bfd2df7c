//! Samples of what can be written under a schema.

use super::datum::Datum;
use super::shape::Kind;

/// The most samples of a schema. Those with more ways to write than that have some left out.
const MAX_SAMPLES: usize = 4_096;

/// Values that together show every branch of every union and every symbol of every enum.
pub(super) fn samples(kind: &Kind) -> impl Iterator<Item = Datum<'static>> {
    (0..ways(kind).min(MAX_SAMPLES)).map(|way| sample(kind, way))
}

/// How many samples show everything.
fn ways(kind: &Kind) -> usize {
    match kind {
        Kind::Boolean => 2,
        Kind::Enum(symbols) => symbols.symbols.len().max(1),
        Kind::Array(items) | Kind::Map(items) => ways(&items.kind),
        Kind::Record(record) => {
            let ways = record.fields.iter().map(|field| ways(&field.shape.kind));
            ways.max().unwrap_or(1)
        }
        Kind::Union(branches) => {
            let ways = branches.iter().map(|branch| ways(&branch.kind));
            ways.max()
                .unwrap_or(1)
                .saturating_mul(branches.len().max(1))
        }
        _ => 1,
    }
}

/// One of the ways to write a value; larger numbers come round again.
fn sample(kind: &Kind, way: usize) -> Datum<'static> {
    match kind {
        Kind::Null => Datum::Null,
        Kind::Boolean => Datum::Boolean(way % 2 == 1),
        Kind::Int => Datum::Long(i32::MAX.into()),
        Kind::Long => Datum::Long(i64::MIN),
        Kind::Float => Datum::Float(0.5),
        Kind::Double => Datum::Double(-0.25),
        Kind::Bytes => Datum::Bytes(b"bytes".into()),
        Kind::String => Datum::Text("text".into()),
        Kind::Fixed(fixed) => Datum::Fixed(vec![b'f'; fixed.size].into()),
        Kind::Enum(symbols) => Datum::Enum(symbols.clone(), way % symbols.symbols.len().max(1)),
        Kind::Array(items) => Datum::Array(vec![sample(&items.kind, way); 2]),
        Kind::Map(values) => Datum::Map(vec![("key".into(), sample(&values.kind, way))]),
        Kind::Record(record) => {
            let fields = record.fields.iter();
            let fields = fields.map(|field| sample(&field.shape.kind, way));
            Datum::Record(record.clone(), fields.collect())
        }
        Kind::Union(branches) => {
            let count = branches.len().max(1);
            let branch = way % count;
            match branches.get(branch) {
                Some(shape) => Datum::Union(branch, Box::new(sample(&shape.kind, way / count))),
                None => Datum::Null,
            }
        }
    }
}
