//! The changes that are data.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Conversion;
use crate::{FieldPath, Misfit};

/// One change, as it is stored in a rule set: these names are a stored format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Change {
    AddField {
        field: FieldPath,
        value: Value,
    },
    RemoveField {
        field: FieldPath,
    },
    MoveField {
        from: FieldPath,
        to: FieldPath,
    },
    #[serde(rename = "change_type")]
    Convert {
        field: FieldPath,
        conversion: Conversion,
    },
    ReplaceValue {
        field: FieldPath,
        value: Value,
        with: Value,
    },
    MergeFields {
        fields: Vec<FieldPath>,
        into: FieldPath,
        separator: String,
    },
    WrapIn {
        field: FieldPath,
    },
    UnwrapFrom {
        field: FieldPath,
    },
}

impl Change {
    pub(super) fn apply(&self, mut content: Value) -> Result<Value, Misfit> {
        match self {
            Self::AddField { field, value } => field.insert(&mut content, value.clone())?,
            Self::RemoveField { field } => drop(field.remove(&mut content)?),
            Self::MoveField { from, to } => {
                let value = from.remove(&mut content)?;
                to.insert(&mut content, value)?;
            }
            Self::Convert { field, conversion } => {
                let value = field.get_mut(&mut content)?;
                *value = conversion.apply(value.take(), field)?;
            }
            Self::ReplaceValue { field, value, with } => {
                let found = field.get_mut(&mut content)?;
                if found == value {
                    *found = with.clone();
                }
            }
            Self::MergeFields {
                fields,
                into,
                separator,
            } => {
                let texts = fields
                    .iter()
                    .map(|field| text(field, field.remove(&mut content)?))
                    .collect::<Result<Vec<_>, _>>()?;
                into.insert(&mut content, Value::String(texts.join(separator)))?;
            }
            Self::WrapIn { field } => {
                return Ok(Value::Object(Map::from_iter([(
                    field.as_str().to_owned(),
                    content,
                )])));
            }
            Self::UnwrapFrom { field } => return unwrap(field, content),
        }
        Ok(content)
    }

    /// Whether the fields that it takes are there, and the one that it makes is not.
    pub(super) fn fits(&self, content: &Value) -> bool {
        let has = |field: &FieldPath| field.get(content).is_some();
        match self {
            Self::AddField { field, .. } => !has(field),
            Self::RemoveField { field }
            | Self::Convert { field, .. }
            | Self::ReplaceValue { field, .. }
            | Self::UnwrapFrom { field } => has(field),
            Self::MoveField { from, to } => has(from) && !has(to),
            Self::MergeFields { fields, into, .. } => fits_merge(fields, into, content),
            Self::WrapIn { field } => !has(field),
        }
    }

    pub(super) fn paths(&self) -> Vec<&FieldPath> {
        match self {
            Self::AddField { field, .. }
            | Self::RemoveField { field }
            | Self::Convert { field, .. }
            | Self::ReplaceValue { field, .. }
            | Self::WrapIn { field }
            | Self::UnwrapFrom { field } => vec![field],
            Self::MoveField { from, to } => vec![from, to],
            Self::MergeFields { fields, into, .. } => fields.iter().chain([into]).collect(),
        }
    }
}

/// The merged field may take the place of one that goes into it.
pub(super) fn fits_merge(fields: &[FieldPath], into: &FieldPath, content: &Value) -> bool {
    fields.iter().all(|field| field.get(content).is_some())
        && (fields.contains(into) || into.get(content).is_none())
}

fn text(field: &FieldPath, value: Value) -> Result<String, Misfit> {
    match value {
        Value::String(text) => Ok(text),
        _ => Err(Misfit::Kind {
            field: field.clone(),
            expected: "a string",
        }),
    }
}

/// What is in the field, which must be the only one: nothing may get lost unseen.
fn unwrap(field: &FieldPath, mut content: Value) -> Result<Value, Misfit> {
    let inner = field.remove(&mut content)?;
    match content {
        Value::Object(rest) if rest.is_empty() => Ok(inner),
        _ => Err(Misfit::Kind {
            field: FieldPath::new(""),
            expected: "an object of that one field",
        }),
    }
}
