//! The JSON format, version 1.0.2.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use es_core::Timestamp;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::{CloudEvent, CloudEventData, CloudEventError, ExtensionValue, media_type, text};

const SPEC_VERSION: &str = "1.0";
const DATA: &str = "data";
const DATA_BASE64: &str = "data_base64";

impl CloudEvent {
    /// Reads one document. What it takes in memory is a small multiple of the document.
    ///
    /// Attributes that are `null` count as absent. A `source` may be any text.
    ///
    /// # Errors
    /// [`CloudEventError`] if it is not a JSON object, or not a CloudEvent of version 1.0; a member
    /// that stands there twice is also refused.
    pub fn from_json(document: &[u8]) -> Result<Self, CloudEventError> {
        let mut members = Members::parse(document)?;
        if members.required("specversion")? != SPEC_VERSION {
            let problem = "is not \"1.0\", the only version that is understood";
            return Err(CloudEventError::invalid("specversion", problem));
        }
        let data_content_type = members.content_type()?;
        Ok(Self {
            id: members.required("id")?,
            source: members.required("source")?,
            kind: members.required("type")?,
            subject: members.optional("subject")?,
            time: members.time()?,
            data_schema: members.optional("dataschema")?,
            data: members.data(data_content_type.as_deref())?,
            data_content_type,
            extensions: members.into_extensions()?,
        })
    }

    /// Writes the document, without blanks or line breaks other than those within JSON data.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = String::from("{");
        self.write_attributes(&mut json);
        for (name, value) in &self.extensions {
            write_member(&mut json, name, &extension_to_json(value));
        }
        match &self.data {
            Some(CloudEventData::Json(data)) => write_member(&mut json, DATA, data),
            Some(CloudEventData::Text(data)) => write_member(&mut json, DATA, &quoted(data)),
            Some(CloudEventData::Binary(data)) => {
                write_member(&mut json, DATA_BASE64, &quoted(&STANDARD.encode(data)));
            }
            None => {}
        }
        json.push('}');
        json
    }

    fn write_attributes(&self, json: &mut String) {
        let time = self.time.map(|time| time.to_string());
        let attributes = [
            ("specversion", Some(SPEC_VERSION)),
            ("id", Some(&self.id)),
            ("source", Some(&self.source)),
            ("type", Some(&self.kind)),
            ("subject", self.subject.as_deref()),
            ("time", time.as_deref()),
            ("datacontenttype", self.data_content_type.as_deref()),
            ("dataschema", self.data_schema.as_deref()),
        ];
        for (name, value) in attributes {
            if let Some(value) = value {
                write_member(json, name, &quoted(value));
            }
        }
    }
}

fn write_member(json: &mut String, name: &str, value: &str) {
    if !json.ends_with('{') {
        json.push(',');
    }
    json.push_str(&quoted(name));
    json.push(':');
    json.push_str(value);
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn extension_to_json(value: &ExtensionValue) -> String {
    match value {
        ExtensionValue::Text(text) => quoted(text),
        other => other.to_string(),
    }
}

/// The members of a document that nobody has asked for yet, as they stand there.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Members<'a> {
    fn parse(document: &'a [u8]) -> Result<Self, CloudEventError> {
        let Pairs(pairs) = serde_json::from_slice(document).map_err(|error| not_json(&error))?;
        let mut members = BTreeMap::new();
        for (name, value) in pairs {
            if members.contains_key(&name) {
                return Err(CloudEventError::invalid(&name, "stands there twice"));
            }
            members.insert(name, value);
        }
        Ok(Self(members))
    }

    fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        self.0.remove(name).filter(|value| value.get() != "null")
    }

    fn optional(&mut self, name: &'static str) -> Result<Option<String>, CloudEventError> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        text::checked(name, &as_text(name, value)?).map(Some)
    }

    fn required(&mut self, attribute: &'static str) -> Result<String, CloudEventError> {
        self.optional(attribute)?
            .ok_or(CloudEventError::Missing { attribute })
    }

    fn time(&mut self) -> Result<Option<Timestamp>, CloudEventError> {
        self.optional("time")?
            .map(|time| text::time("time", &time))
            .transpose()
    }

    fn content_type(&mut self) -> Result<Option<String>, CloudEventError> {
        match self.optional("datacontenttype")? {
            Some(other) if !media_type::is_media_type(&other) => {
                let problem = "is no media type, as application/json is one";
                Err(CloudEventError::invalid("datacontenttype", problem))
            }
            content_type => Ok(content_type),
        }
    }

    /// Section 3.1.2 of the format.
    fn data(
        &mut self,
        content_type: Option<&str>,
    ) -> Result<Option<CloudEventData>, CloudEventError> {
        let data = match (self.0.remove(DATA), self.take(DATA_BASE64)) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => {
                let problem = "stands there beside \"data\"";
                return Err(CloudEventError::invalid(DATA_BASE64, problem));
            }
            (None, Some(value)) => {
                let bytes = STANDARD.decode(as_text(DATA_BASE64, value)?);
                let bytes =
                    bytes.map_err(|_| CloudEventError::invalid(DATA_BASE64, "is no base64"))?;
                CloudEventData::Binary(bytes.into())
            }
            (Some(value), None) if media_type::is_json(content_type) => {
                CloudEventData::Json(value.get().to_owned())
            }
            (Some(value), None) => CloudEventData::Text(as_text(DATA, value)?),
        };
        Ok(Some(data))
    }

    fn into_extensions(self) -> Result<BTreeMap<String, ExtensionValue>, CloudEventError> {
        let set = self
            .0
            .into_iter()
            .filter(|(_, value)| value.get() != "null");
        set.map(|(name, value)| {
            let value = extension(&name, value)?;
            Ok((name, value))
        })
        .collect()
    }
}

fn extension(name: &str, value: &RawValue) -> Result<ExtensionValue, CloudEventError> {
    let invalid = |problem| Err(CloudEventError::invalid(name, problem));
    if !text::is_name(name) {
        return invalid("has a name with other characters than a to z and 0 to 9");
    }
    match value.get().as_bytes().first() {
        Some(b'"') => {
            let value = as_text(name, value)?;
            if text::is_text(&value) {
                Ok(ExtensionValue::Text(value))
            } else {
                invalid(text::NO_TEXT)
            }
        }
        Some(b't') => Ok(ExtensionValue::Boolean(true)),
        Some(b'f') => Ok(ExtensionValue::Boolean(false)),
        _ => match value.get().parse() {
            Ok(number) => Ok(ExtensionValue::Integer(number)),
            Err(_) => invalid("is no text, no boolean, and no whole number of 64 bits"),
        },
    }
}

fn as_text(name: &str, value: &RawValue) -> Result<String, CloudEventError> {
    serde_json::from_str(value.get()).map_err(|_| CloudEventError::invalid(name, "is not a text"))
}

/// serde's own message may quote the document.
fn not_json(error: &serde_json::Error) -> CloudEventError {
    let problem = match error.classify() {
        Category::Eof => "ends before it is complete",
        Category::Data => "is not a JSON object",
        Category::Syntax | Category::Io => "is not JSON",
    };
    CloudEventError::Document {
        problem,
        line: error.line(),
        column: error.column(),
    }
}

/// The members in the order of the document, with all repetitions.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor).map(Pairs)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
