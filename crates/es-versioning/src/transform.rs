//! What a rule does to the content of an event, field by field.

mod change;
mod computed;
mod conversion;
mod make;

use serde_json::Value;

pub(crate) use self::change::Change;
pub(crate) use self::computed::Computed;
pub use self::conversion::Conversion;
pub use self::make::{
    add_computed, add_field, change_type, change_with, merge_fields, merge_with, move_field,
    remove_field, rename_field, replace_value, unchanged, unwrap_from, with, wrap_in,
};

use serde::{Deserialize, Serialize};

use crate::{FieldPath, Misfit};

/// What a rule does to the content of an event: changes, one after the other.
///
/// Made by functions such as [`add_field`]; joined by [`then`](Self::then), tuples and vectors.
///
/// ```
/// use es_versioning::{Transform, add_field, move_field};
/// let nested = add_field("address", serde_json::json!({}))
///     .then(move_field("city", "address.city"));
/// let content = nested.apply(serde_json::json!({ "city": "Graz" }))?;
/// assert_eq!(content, serde_json::json!({ "address": { "city": "Graz" } }));
/// # Ok::<(), es_versioning::Misfit>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Transform {
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
enum Step {
    Data(DataStep),
    Computed(Computed),
}

/// A change that is data, and can be stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DataStep {
    #[serde(flatten)]
    change: Change,
    #[serde(default, skip_serializing_if = "is_false")]
    optional: bool,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Transform {
    pub(crate) fn of(change: Change) -> Self {
        let optional = false;
        Self {
            steps: vec![Step::Data(DataStep { change, optional })],
        }
    }

    pub(crate) fn computed(computed: Computed) -> Self {
        Self {
            steps: vec![Step::Computed(computed)],
        }
    }

    pub(crate) fn from_data(steps: Vec<DataStep>) -> Self {
        Self {
            steps: steps.into_iter().map(Step::Data).collect(),
        }
    }

    /// The changes as data; `None` if there is a function among them.
    pub(crate) fn data(&self) -> Option<Vec<DataStep>> {
        let data = |step: &Step| match step {
            Step::Data(data) => Some(data.clone()),
            Step::Computed(_) => None,
        };
        self.steps.iter().map(data).collect()
    }

    /// Does this first and then `next`.
    #[must_use]
    pub fn then(mut self, next: impl Into<Transform>) -> Self {
        self.steps.extend(next.into().steps);
        self
    }

    /// Leaves the content as it is, in place of an error, where a field that a change takes is
    /// missing, or one that it makes is there already.
    ///
    /// For fields that are not always stored, such as those with `skip_serializing_if`.
    #[must_use]
    pub fn optional(mut self) -> Self {
        for step in &mut self.steps {
            match step {
                Step::Data(data) => data.optional = true,
                Step::Computed(computed) => computed.optional = true,
            }
        }
        self
    }

    /// Whether it does nothing.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.steps.is_empty()
    }

    /// Does it to a content.
    ///
    /// # Errors
    /// [`Misfit`] if a change does not fit, with the field.
    pub fn apply(&self, mut content: Value) -> Result<Value, Misfit> {
        for step in &self.steps {
            content = match step {
                Step::Data(DataStep { change, optional }) => {
                    if *optional && !change.fits(&content) {
                        continue;
                    }
                    change.apply(content)?
                }
                Step::Computed(computed) => {
                    if computed.optional && !computed.fits(&content) {
                        continue;
                    }
                    computed.apply(content)?
                }
            };
        }
        Ok(content)
    }

    /// The paths that cannot be of a field.
    pub(crate) fn invalid_paths(&self) -> Vec<FieldPath> {
        let paths = self.steps.iter().flat_map(|step| match step {
            Step::Data(data) => data.change.paths(),
            Step::Computed(computed) => computed.paths(),
        });
        let wrong = paths.filter(|path| !path.is_valid());
        wrong.chain(self.nested_wraps()).cloned().collect()
    }

    /// The names of wraps that are paths, which they cannot be.
    fn nested_wraps(&self) -> impl Iterator<Item = &FieldPath> {
        self.steps.iter().filter_map(|step| match step {
            Step::Data(DataStep {
                change: Change::WrapIn { field } | Change::UnwrapFrom { field },
                ..
            }) => field.as_str().contains('.').then_some(field),
            _ => None,
        })
    }
}

impl From<Vec<Transform>> for Transform {
    fn from(transforms: Vec<Transform>) -> Self {
        transforms.into_iter().fold(unchanged(), Transform::then)
    }
}

macro_rules! from_tuple {
    ($($name:ident)+) => {
        impl<$($name: Into<Transform>),+> From<($($name,)+)> for Transform {
            #[allow(non_snake_case, reason = "the type parameters name the parts")]
            fn from(($($name,)+): ($($name,)+)) -> Self {
                unchanged()$(.then($name))+
            }
        }
    };
}

from_tuple! { A B }
from_tuple! { A B C }
from_tuple! { A B C D }
from_tuple! { A B C D F }
from_tuple! { A B C D F G }
