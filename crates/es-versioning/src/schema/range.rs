//! The bounds of numbers and lengths.

use serde_json::Value;

use super::SchemaMismatch;
use super::mismatch::MismatchKind;
use super::shape::Keywords;
use crate::FieldPath;

/// The keywords of a lower and an upper bound.
#[derive(Clone, Copy)]
pub(super) struct Range(pub(super) &'static str, pub(super) &'static str);

impl Range {
    /// Where the reader's bounds cut off what the writer may write.
    pub(super) fn narrower(
        self,
        reader: (f64, f64),
        writer: (f64, f64),
        at: &FieldPath,
    ) -> Vec<SchemaMismatch> {
        let problem = |keyword| SchemaMismatch::new(at, MismatchKind::Narrower(keyword));
        let least = (reader.0 > writer.0).then(|| problem(self.0));
        let most = (reader.1 < writer.1).then(|| problem(self.1));
        least.into_iter().chain(most).collect()
    }
}

/// The bounds of a number: those that are given, and those of the Rust type that the format names.
/// As floats: near 2^64, where they are not exact, no two of Rust's types are that close.
pub(super) fn range((name, schema): (&str, &Keywords)) -> (f64, f64) {
    let of_type = match name {
        "integer" => of_format(schema.get("format").and_then(Value::as_str)),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    };
    bounded(schema, Range("minimum", "maximum"), of_type)
}

/// The bounds of a length.
pub(super) fn lengths(schema: &Keywords, range: Range) -> (f64, f64) {
    bounded(schema, range, (0.0, f64::INFINITY))
}

fn bounded(schema: &Keywords, range: Range, (least, most): (f64, f64)) -> (f64, f64) {
    let bound = |keyword| schema.get(keyword).and_then(Value::as_f64);
    (
        bound(range.0).map_or(least, |bound| bound.max(least)),
        bound(range.1).map_or(most, |bound| bound.min(most)),
    )
}

fn of_format(format: Option<&str>) -> (f64, f64) {
    let signed = |bits| (-2f64.powi(bits - 1), 2f64.powi(bits - 1) - 1.0);
    let unsigned = |bits| (0.0, 2f64.powi(bits) - 1.0);
    match format {
        Some("int8") => signed(8),
        Some("int16") => signed(16),
        Some("int32") => signed(32),
        Some("int64" | "int") => signed(64),
        Some("int128") => signed(128),
        Some("uint8") => unsigned(8),
        Some("uint16") => unsigned(16),
        Some("uint32") => unsigned(32),
        Some("uint64" | "uint") => unsigned(64),
        Some("uint128") => unsigned(128),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

/// Whether it is a number of single precision.
pub(super) fn is_float(schema: &Keywords) -> bool {
    schema.get("format").and_then(Value::as_str) == Some("float")
}
