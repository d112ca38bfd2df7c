//! The functions that make transformations.

use std::sync::Arc;

use serde_json::Value;

use super::computed::Kind;
use super::{Change, Computed, Conversion, Transform};
use crate::FieldPath;

/// Leaves the content as it is: for a new version that reads the old shape unchanged.
#[must_use]
pub fn unchanged() -> Transform {
    Transform::default()
}

/// Adds a field with a value that is always the same. The object that it goes into must be there.
#[must_use]
pub fn add_field(field: impl Into<FieldPath>, value: impl Into<Value>) -> Transform {
    Transform::of(Change::AddField {
        field: field.into(),
        value: value.into(),
    })
}

/// Adds a field with a value that is computed from the content; `None` if it does not fit. The
/// function must always give the same for the same content.
#[must_use]
pub fn add_computed(
    field: impl Into<FieldPath>,
    function: impl Fn(&Value) -> Option<Value> + Send + Sync + 'static,
) -> Transform {
    let kind = Kind::Add(field.into(), Arc::new(function));
    Transform::computed(Computed::new(kind))
}

/// Removes a field and what is in it.
#[must_use]
pub fn remove_field(field: impl Into<FieldPath>) -> Transform {
    Transform::of(Change::RemoveField {
        field: field.into(),
    })
}

/// Gives a field another name; both are whole paths. The same as [`move_field`].
#[must_use]
pub fn rename_field(from: impl Into<FieldPath>, to: impl Into<FieldPath>) -> Transform {
    move_field(from, to)
}

/// Moves a field to another place, into or out of other fields. The object that it goes into must
/// be there, and the one that it leaves stays, even if it is empty then.
#[must_use]
pub fn move_field(from: impl Into<FieldPath>, to: impl Into<FieldPath>) -> Transform {
    Transform::of(Change::MoveField {
        from: from.into(),
        to: to.into(),
    })
}

/// Changes the type of a field.
#[must_use]
pub fn change_type(field: impl Into<FieldPath>, conversion: Conversion) -> Transform {
    Transform::of(Change::Convert {
        field: field.into(),
        conversion,
    })
}

/// Changes a field by a function; `None` if it does not fit. The function must always give the
/// same for the same value.
#[must_use]
pub fn change_with(
    field: impl Into<FieldPath>,
    function: impl Fn(Value) -> Option<Value> + Send + Sync + 'static,
) -> Transform {
    let kind = Kind::Change(field.into(), Arc::new(function));
    Transform::computed(Computed::new(kind))
}

/// Puts one value in the place of another, and leaves any other: for an enum's renamed variant.
#[must_use]
pub fn replace_value(
    field: impl Into<FieldPath>,
    value: impl Into<Value>,
    with: impl Into<Value>,
) -> Transform {
    Transform::of(Change::ReplaceValue {
        field: field.into(),
        value: value.into(),
        with: with.into(),
    })
}

/// Joins text fields into one, in the order given, with a separator between them. The new field
/// may have the name of one of them.
#[must_use]
pub fn merge_fields<F: Into<FieldPath>>(
    fields: impl IntoIterator<Item = F>,
    into: impl Into<FieldPath>,
    separator: impl Into<String>,
) -> Transform {
    Transform::of(Change::MergeFields {
        fields: fields.into_iter().map(Into::into).collect(),
        into: into.into(),
        separator: separator.into(),
    })
}

/// Makes one field of several by a function, which gets their values in the order given; `None` if
/// they do not fit. The function must always give the same for the same values.
#[must_use]
pub fn merge_with<F: Into<FieldPath>>(
    fields: impl IntoIterator<Item = F>,
    into: impl Into<FieldPath>,
    function: impl Fn(Vec<Value>) -> Option<Value> + Send + Sync + 'static,
) -> Transform {
    let fields = fields.into_iter().map(Into::into).collect();
    let kind = Kind::Merge(fields, into.into(), Arc::new(function));
    Transform::computed(Computed::new(kind))
}

/// Puts the whole content into a field, which is the only one then. A plain name, no path.
#[must_use]
pub fn wrap_in(field: impl Into<FieldPath>) -> Transform {
    Transform::of(Change::WrapIn {
        field: field.into(),
    })
}

/// Takes the content out of its only field: what [`wrap_in`] did, undone.
#[must_use]
pub fn unwrap_from(field: impl Into<FieldPath>) -> Transform {
    Transform::of(Change::UnwrapFrom {
        field: field.into(),
    })
}

/// Does anything at all by a function; `None` if the content does not fit. `name` is for messages.
/// The function must always give the same for the same content.
#[must_use]
pub fn with(
    name: impl Into<String>,
    function: impl Fn(Value) -> Option<Value> + Send + Sync + 'static,
) -> Transform {
    let kind = Kind::Whole(name.into(), Arc::new(function));
    Transform::computed(Computed::new(kind))
}
