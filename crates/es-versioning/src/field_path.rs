//! Where a field is in the content of an event.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Misfit;

/// A field of an event's content, with dots for those inside others, as in `address.city`.
///
/// A field whose own name holds a dot, and the elements of a list, cannot be named; a function
/// ([`change_with`](crate::change_with)) reaches them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldPath(String);

impl FieldPath {
    /// Takes the names with dots between them. They are looked at when the rules are built.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path of a field inside this one.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        if self.0.is_empty() {
            Self(name.to_owned())
        } else {
            Self(format!("{}.{name}", self.0))
        }
    }

    pub(crate) fn is_valid(&self) -> bool {
        self.0.split('.').all(|name| !name.is_empty())
    }

    pub(crate) fn get<'v>(&self, content: &'v Value) -> Option<&'v Value> {
        self.0
            .split('.')
            .try_fold(content, |value, name| value.as_object()?.get(name))
    }

    pub(crate) fn get_mut<'v>(&self, content: &'v mut Value) -> Result<&'v mut Value, Misfit> {
        let (fields, name) = self.place(content)?;
        fields.get_mut(name).ok_or_else(|| self.missing())
    }

    /// Puts a value where none is.
    pub(crate) fn insert(&self, content: &mut Value, value: Value) -> Result<(), Misfit> {
        let (fields, name) = self.place(content)?;
        if fields.contains_key(name) {
            return Err(Misfit::Present {
                field: self.clone(),
            });
        }
        fields.insert(name.to_owned(), value);
        Ok(())
    }

    pub(crate) fn remove(&self, content: &mut Value) -> Result<Value, Misfit> {
        let (fields, name) = self.place(content)?;
        fields.remove(name).ok_or_else(|| self.missing())
    }

    /// The object that the field is in, or would be.
    fn place<'v, 'p>(
        &'p self,
        content: &'v mut Value,
    ) -> Result<(&'v mut Map<String, Value>, &'p str), Misfit> {
        let (parents, name) = self.0.rsplit_once('.').unwrap_or(("", &self.0));
        let mut inside = content;
        let mut at = Self::new("");
        for parent in parents.split('.').filter(|parent| !parent.is_empty()) {
            let fields = object(&at, inside)?;
            at = at.child(parent);
            inside = fields.get_mut(parent).ok_or_else(|| at.missing())?;
        }
        Ok((object(&at, inside)?, name))
    }

    fn missing(&self) -> Misfit {
        Misfit::Missing {
            field: self.clone(),
        }
    }
}

fn object<'v>(at: &FieldPath, value: &'v mut Value) -> Result<&'v mut Map<String, Value>, Misfit> {
    value.as_object_mut().ok_or_else(|| Misfit::Kind {
        field: at.clone(),
        expected: "an object",
    })
}

impl From<&str> for FieldPath {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl From<String> for FieldPath {
    fn from(path: String) -> Self {
        Self::new(path)
    }
}

/// An empty path is the content itself.
impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() {
            "(the content)"
        } else {
            &self.0
        })
    }
}

impl fmt::Debug for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
