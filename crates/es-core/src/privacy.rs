//! Personal data: whom it is about, and what is left of it once it was erased.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whom the content of an event or a snapshot is about, so that a sealing store can encrypt it with
/// a key of that subject and of nobody else.
///
/// It travels with the content to the store and is never stored itself. `Debug` does not show the
/// subjects.
#[derive(Clone, PartialEq, Eq)]
pub struct Privacy {
    subjects: Vec<String>,
    fields: Option<&'static [&'static str]>,
}

impl Privacy {
    /// The whole content is about one subject: a claimant, a tenant, a stream.
    pub fn of(subject: impl Into<String>) -> Self {
        Self::of_all([subject])
    }

    /// The whole content is about each of these, and unreadable once one of them is erased; as a
    /// snapshot is, which can be made again.
    pub fn of_all(subjects: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut subjects: Vec<String> = subjects.into_iter().map(Into::into).collect();
        subjects.sort_unstable();
        subjects.dedup();
        Self {
            subjects,
            fields: None,
        }
    }

    /// Only the fields that are stored under these names are; the rest stays readable where the
    /// format allows it.
    #[must_use]
    pub fn in_fields(mut self, fields: &'static [&'static str]) -> Self {
        self.fields = Some(fields);
        self
    }

    /// The subjects, each once, in order.
    #[must_use]
    pub fn subjects(&self) -> &[String] {
        &self.subjects
    }

    /// The stored names of the fields that are personal; `None` if all of the content is.
    #[must_use]
    pub const fn fields(&self) -> Option<&'static [&'static str]> {
        self.fields
    }
}

impl fmt::Debug for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Privacy")
            .field("subjects", &self.subjects.len())
            .field("fields", &self.fields)
            .finish()
    }
}

/// A value about a person: there, or erased.
///
/// `Debug` never shows it. In formats for people (JSON) a value that is there is written as itself,
/// and an erased one as `{"$erased":true}`; in binary formats it is an option.
///
/// ```
/// use es_core::Personal;
///
/// let name = Personal::new("Jane".to_owned());
/// assert_eq!(name.known().map(String::as_str), Some("Jane"));
/// assert_eq!(format!("{name:?}"), "Personal(..)");
/// assert_eq!(serde_json::to_string(&name)?, r#""Jane""#);
/// assert!(serde_json::from_str::<Personal<String>>(r#"{"$erased":true}"#)?.is_erased());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Personal<T> {
    /// The value.
    Known(T),
    /// Its key was destroyed: nobody can read it any more.
    Erased,
}

impl<T> Personal<T> {
    /// A value that is there.
    pub const fn new(value: T) -> Self {
        Self::Known(value)
    }

    /// The value, unless it was erased.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }

    /// The value, unless it was erased.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Erased => None,
        }
    }

    /// Whether it was erased.
    pub const fn is_erased(&self) -> bool {
        matches!(self, Self::Erased)
    }
}

impl<T> From<T> for Personal<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Known(_) => "Personal(..)",
            Self::Erased => "Erased",
        })
    }
}

/// What stands in a readable format where a value was erased.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mark {
    #[serde(rename = "$erased")]
    erased: True,
}

/// `true`, and nothing else.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
#[derive(Clone)]
struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, &'static str> {
        value.then_some(Self).ok_or("it is not erased")
    }
}

impl From<True> for bool {
    fn from(_: True) -> Self {
        true
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Readable<T> {
    Erased(Mark),
    Known(T),
}

impl<T: Serialize> Serialize for Personal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return self.known().serialize(serializer);
        }
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Erased => Mark { erased: True }.serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Personal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Readable::deserialize(deserializer).map(|value| match value {
                Readable::Erased(_) => Self::Erased,
                Readable::Known(value) => Self::Known(value),
            });
        }
        let value = Option::deserialize(deserializer)?;
        Ok(value.map_or(Self::Erased, Self::Known))
    }
}

/// What a field marked `#[event(personal)]` may be: something that can stand erased.
#[diagnostic::on_unimplemented(
    message = "the personal field of type `{Self}` could not be read once it was erased",
    label = "write `Personal<{Self}>`"
)]
pub trait PersonalField {}

impl<T> PersonalField for Personal<T> {}
impl<T> PersonalField for Option<Personal<T>> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_subject_nor_a_value_is_shown() {
        let shown = format!("{:?} {:?}", Privacy::of("jane"), Personal::new("Jane"));
        assert!(!shown.to_lowercase().contains("jane"), "{shown}");
    }

    #[test]
    fn what_only_looks_erased_is_a_value() {
        type Map = std::collections::BTreeMap<String, bool>;
        for json in [
            r#"{"$erased":false}"#,
            r#"{"$erased":true,"more":true}"#,
            "{}",
        ] {
            let value: Personal<Map> = serde_json::from_str(json).unwrap();
            assert!(!value.is_erased(), "{json}");
        }
    }
}
