//! Refuses those attributes of serde with which an event could not be read back by its name.

use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Meta, Token};

use crate::problems::Problems;

/// A key of `#[serde(...)]`, and why it cannot stay.
type Refused = (&'static str, &'static str);

const TAGGED: &str = "the store keeps the event's name beside its content";
const CONVERTED: &str = "its variants would not be the event types any more";
const FOREIGN: &str = "serde would implement its traits for another type";
const SKIPPED: &str = "every variant of an event enum is written and read";
const SPREAD: &str = "what it holds would be stored under other names";
const NOT_STORED: &str = "what is not stored is not marked `personal` either";
const MERGED: &str = "an event is told by its stored name alone";

/// On an enum.
pub(crate) const ENUM: &[Refused] = &[
    ("tag", TAGGED),
    ("content", TAGGED),
    ("untagged", TAGGED),
    ("from", CONVERTED),
    ("try_from", CONVERTED),
    ("into", CONVERTED),
    ("remote", FOREIGN),
    ("variant_identifier", CONVERTED),
    ("field_identifier", CONVERTED),
];

/// On a struct.
pub(crate) const STRUCT: &[Refused] = &[("tag", TAGGED), ("remote", FOREIGN)];

/// On a struct without fields, which is written in a form that can gain fields, not in serde's.
pub(crate) const UNIT_STRUCT: &[Refused] = &[
    ("tag", TAGGED),
    ("remote", FOREIGN),
    ("from", "a struct without fields has nothing to convert"),
    ("try_from", "a struct without fields has nothing to convert"),
    ("into", "a struct without fields has nothing to convert"),
];

/// On a variant.
pub(crate) const VARIANT: &[Refused] = &[
    ("skip", SKIPPED),
    ("skip_serializing", SKIPPED),
    ("skip_deserializing", SKIPPED),
    ("other", MERGED),
    ("untagged", MERGED),
];

/// On a field that is personal by itself.
pub(crate) const PERSONAL_FIELD: &[Refused] = &[
    ("flatten", SPREAD),
    ("skip", NOT_STORED),
    ("skip_serializing", NOT_STORED),
    ("skip_serializing_if", NOT_STORED),
];

/// Refuses every key of the table, in the attributes of what is described by `place`.
pub(crate) fn refuse(
    attributes: &[Attribute],
    refused: &[Refused],
    place: &str,
    problems: &mut Problems,
) {
    for key in attributes.iter().filter_map(keys).flatten() {
        for (name, why) in refused.iter().filter(|(name, _)| key.path().is_ident(name)) {
            let message = format!("remove `#[serde({name})]` from {place}: {why}");
            problems.push(Error::new_spanned(&key, message));
        }
    }
}

/// Everything that serde is told, unless some of it cannot be read.
pub(crate) fn all(attributes: &[Attribute]) -> Option<Vec<Meta>> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|attribute| is_serde(attribute)) {
        all.extend(keys(attribute)?);
    }
    Some(all)
}

/// What a `serde` attribute holds. One that cannot be read is left to serde to report.
fn keys(attribute: &Attribute) -> Option<Punctuated<Meta, Token![,]>> {
    if !is_serde(attribute) {
        return None;
    }
    attribute.parse_args_with(Punctuated::parse_terminated).ok()
}

fn is_serde(attribute: &Attribute) -> bool {
    attribute.path().is_ident("serde")
}
