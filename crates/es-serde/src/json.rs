//! JSON: readable by people and by everything else, and forgiving when fields are added.

use bytes::Bytes;
use es_core::codec::{DecodeVisitor, erased};
use es_core::{Codec, CodecError, CodecId, TypeTag};

/// The JSON codec (RFC 8259), id `json`.
///
/// An event's payload is the object of its fields: `{"amount":1000}`, and `{}` for an event
/// without any. Unknown fields are ignored on reading, unless the type denies them.
///
/// Reading refuses values that nest more than 128 deep. The errors of reading say what was
/// expected and where, and show none of the content.
///
/// ```
/// use es_core::{Codec, CodecExt, TypeName, TypeTag, TypeVersion};
/// use es_serde::Json;
///
/// let tag = TypeTag::new(TypeName::from_static("Amounts"), TypeVersion::INITIAL);
/// let data = Json.encode(&tag, &vec![1, 2])?;
/// assert_eq!(&data[..], b"[1,2]");
/// assert_eq!(Json.decode_value::<Vec<u8>>(&tag, &data)?, [1, 2]);
/// # Ok::<(), es_core::CodecError>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Json;

impl Json {
    /// The id stored with each JSON payload.
    pub const ID: CodecId = CodecId::from_static("json");
}

impl Codec for Json {
    fn id(&self) -> CodecId {
        Self::ID
    }

    fn encode(&self, tag: &TypeTag, value: &dyn erased::Serialize) -> Result<Bytes, CodecError> {
        let data = serde_json::to_vec(value).map_err(|error| CodecError::encode(tag, error))?;
        Ok(data.into())
    }

    fn decode(
        &self,
        tag: &TypeTag,
        data: &[u8],
        visit: &mut DecodeVisitor<'_>,
    ) -> Result<(), CodecError> {
        let mut json = serde_json::Deserializer::from_slice(data);
        visit(&mut <dyn erased::Deserializer<'_>>::erase(&mut json))
            .map_err(|error| malformed(tag, &error.to_string()))?;
        json.end()
            .map_err(|error| malformed(tag, &error.to_string()))
    }
}

fn malformed(tag: &TypeTag, message: &str) -> CodecError {
    CodecError::decode(tag, without_content(message))
}

/// serde's messages quote the value that they did not expect, and what is in an event must not
/// get into a log.
fn without_content(message: &str) -> String {
    let quoting = [
        "invalid type",
        "invalid value",
        "unknown variant",
        "unknown field",
    ];
    let kind = quoting.into_iter().find(|kind| message.starts_with(kind));
    match (kind, message.rfind(", expected ")) {
        (Some(kind), Some(at)) => format!("{kind}{}", &message[at..]),
        (Some(kind), None) => kind.to_owned(),
        (None, _) => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use es_core::{CodecExt, TypeName, TypeVersion};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading it matters")]
    struct Claim {
        amount: u64,
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    enum Kind {
        Dental,
    }

    fn refusal(json: &str) -> String {
        let tag = TypeTag::new(TypeName::from_static("Claim"), TypeVersion::INITIAL);
        let error = Json
            .decode_value::<Claim>(&tag, json.as_bytes())
            .unwrap_err();
        format!("{error}: {}", error.source().unwrap())
    }

    #[test]
    fn an_error_says_what_is_wrong_and_shows_no_content() {
        for (json, reason) in [
            (r#"{"amount":"SECRET"}"#, "invalid type, expected u64"),
            (r#"{"amount":-7777}"#, "invalid value, expected u64"),
            (
                r#"{"amount":1,"kind":"SECRET"}"#,
                "unknown variant, expected `Dental`",
            ),
            (r#"{"SECRET":1}"#, "unknown field, expected"),
            (r#"{"amount":1}"#, "missing field `kind`"),
            (
                r#"{"amount":1,"kind":"Dental"} SECRET"#,
                "trailing characters",
            ),
            (r#"{"amount":1,"kind":"Den"#, "EOF while parsing"),
        ] {
            let message = refusal(json);
            assert!(
                message.starts_with("cannot decode a Claim 1.0: "),
                "{message}"
            );
            assert!(message.contains(reason), "{message}");
            assert!(
                !message.contains("SECRET") && !message.contains("7777"),
                "{message}"
            );
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "[".repeat(100_000);
        let tag = TypeTag::new(TypeName::from_static("Deep"), TypeVersion::INITIAL);
        let error = Json
            .decode_value::<serde_json::Value>(&tag, deep.as_bytes())
            .unwrap_err();
        assert!(
            error
                .source()
                .unwrap()
                .to_string()
                .contains("recursion limit")
        );
    }
}
