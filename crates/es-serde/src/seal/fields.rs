//! Personal fields of JSON objects, sealed one by one: the rest stays readable.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::sealer::{OpeningKeys, SealingKeys};
use super::{SealContext, SealError};

/// What stands in place of a field that was erased; see [`Personal`](es_core::Personal).
const ERASED: &str = r#"{"$erased":true}"#;

/// An object whose values are left as they are written.
type Object<'a> = BTreeMap<Cow<'a, str>, Cow<'a, RawValue>>;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed<'a> {
    #[serde(rename = "$sealed", borrow)]
    sealed: Cow<'a, str>,
}

/// Seals the fields of an object that are in `personal`; one that is absent, null or erased stays.
pub(crate) fn seal(
    keys: &SealingKeys,
    context: &SealContext<'_>,
    personal: &[&str],
    object: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut object = parse(object)?;
    if let Some(missing) = personal.iter().find(|name| !object.contains_key(**name)) {
        let field = (*missing).to_owned();
        return Err(SealError::MissingField { field });
    }
    for (name, value) in &mut object {
        let json = value.get();
        if sealed_form(json).is_some() {
            let field = name.to_string();
            return Err(SealError::LooksSealed { field });
        }
        if !personal.contains(&&**name) || json == "null" || json == ERASED {
            continue;
        }
        let sealed = keys.seal(context, Some(name), json.as_bytes())?;
        let sealed = Cow::Owned(BASE64_URL_SAFE_NO_PAD.encode(sealed));
        *value = Cow::Owned(raw(&Sealed { sealed })?);
    }
    write(&object)
}

/// The sealed contents in an object.
pub(crate) fn sealed_in(object: &[u8]) -> Result<Vec<Vec<u8>>, SealError> {
    let object = parse(object)?;
    let sealed = object.values().filter_map(|value| sealed_form(value.get()));
    sealed.collect()
}

/// Opens the sealed fields of an object.
pub(crate) fn open(
    keys: &OpeningKeys,
    context: &SealContext<'_>,
    object: &[u8],
) -> Result<Vec<u8>, SealError> {
    let mut object = parse(object)?;
    for (name, value) in &mut object {
        let Some(sealed) = sealed_form(value.get()) else {
            continue;
        };
        let content = keys.open(context, Some(name), &sealed?)?;
        let json = content.map_or_else(|| Ok(ERASED.to_owned()), String::from_utf8);
        let json = json.map_err(|error| SealError::NoObject(error.utf8_error().into()))?;
        *value = Cow::Owned(RawValue::from_string(json).map_err(no_object)?);
    }
    write(&object)
}

/// What is in a field that is sealed; nothing if it is not.
fn sealed_form(json: &str) -> Option<Result<Vec<u8>, SealError>> {
    // Most fields are plain, and are not parsed for this.
    if !json.starts_with('{') || !json.contains("$sealed") {
        return None;
    }
    let sealed: Sealed<'_> = serde_json::from_str(json).ok()?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(&*sealed.sealed);
    Some(bytes.map_err(|_| SealError::Malformed("a field is no base64url")))
}

fn parse(object: &[u8]) -> Result<Object<'_>, SealError> {
    let object: BTreeMap<Cow<'_, str>, &RawValue> =
        serde_json::from_slice(object).map_err(no_object)?;
    let borrowed = object
        .into_iter()
        .map(|(name, value)| (name, Cow::Borrowed(value)));
    Ok(borrowed.collect())
}

fn write(object: &Object<'_>) -> Result<Vec<u8>, SealError> {
    serde_json::to_vec(object).map_err(no_object)
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>, SealError> {
    serde_json::value::to_raw_value(value).map_err(no_object)
}

/// The message of the parser holds no content but where it stopped.
fn no_object(error: serde_json::Error) -> SealError {
    let at = format!("line {} column {}", error.line(), error.column());
    SealError::NoObject(at.into())
}
