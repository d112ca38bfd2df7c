//! The keywords of JSON Schema 2020-12 that serde types make use of.

/// They say nothing about which values fit.
pub(super) const ANNOTATIONS: &[&str] = &[
    "$schema",
    "$comment",
    "title",
    "description",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

/// Their values are schemas under names of the user's.
pub(super) const SCHEMA_MAPS: &[&str] = &["properties", "$defs"];

/// Their values are values, not schemas.
pub(super) const VALUES: &[&str] = &["const", "default", "enum"];

/// What the comparison understands.
pub(super) const UNDERSTOOD: &[&str] = &[
    "$defs",
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "pattern",
    "prefixItems",
    "properties",
    "required",
    "type",
    "uniqueItems",
];
