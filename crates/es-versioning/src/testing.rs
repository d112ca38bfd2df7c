//! Checks of a program's rules, for its tests.

mod contents;

pub use self::contents::{contents_of, objects};

use es_core::{TypeName, TypeTag};
use serde_json::Value;

use crate::event_rules::{Direction, Loss};
use crate::{FieldPath, Upcasts};

/// Checks that contents of version `from` go to version `to` and back unchanged, and that no
/// downcast on the way there declares a loss, or leaves open whether there is one.
///
/// ```
/// use es_versioning::testing::assert_lossless;
/// use es_versioning::{Upcasts, for_event, rename_field};
/// use serde_json::json;
///
/// let upcasts = Upcasts::new()
///     .event(
///         for_event("ClaimCreated")
///             .current("2.0")
///             .upcast("1.0", "2.0", rename_field("sum", "amount"))
///             .downcast("2.0", "1.0", rename_field("amount", "sum"))
///             .lossless(),
///     )
///     .build()?;
/// assert_lossless(&upcasts, "ClaimCreated", "1.0", "2.0", [json!({ "sum": 7 })]);
/// assert_lossless(&upcasts, "ClaimCreated", "2.0", "1.0", [json!({ "amount": 7 })]);
/// # Ok::<(), es_versioning::InvalidRules>(())
/// ```
///
/// # Panics
/// If not; the message names the fields.
#[track_caller]
pub fn assert_lossless(
    upcasts: &Upcasts,
    event: &str,
    from: &str,
    to: &str,
    samples: impl IntoIterator<Item = Value>,
) {
    let (from, to) = (tag(event, from), tag(event, to));
    let declared = losses(upcasts, &from, &to);
    assert!(
        declared.iter().all(|(_, loss)| *loss == Loss::Lossless),
        "not every downcast from {from} to {to} is declared lossless",
    );
    for sample in samples {
        let lost = lost(upcasts, &from, &to, &sample);
        assert!(
            lost.is_empty(),
            "from {from} to {to} and back changes {lost:?}"
        );
    }
}

/// Checks that contents of version `from` go to version `to` and back with just those fields
/// changed that the downcasts on the way declare: none that is not declared in any sample, and each
/// that is declared in some sample.
///
/// Fields are declared as they are called in the version that their downcast starts from, which
/// must be `from` for the names to mean the same: check downcasts one by one.
///
/// # Panics
/// If not; the message names the fields.
#[track_caller]
pub fn assert_loses_as_declared(
    upcasts: &Upcasts,
    event: &str,
    from: &str,
    to: &str,
    samples: impl IntoIterator<Item = Value>,
) {
    let (from, to) = (tag(event, from), tag(event, to));
    let mut declared = Vec::new();
    for (rule, loss) in losses(upcasts, &from, &to) {
        match loss {
            Loss::Fields(fields) => declared.extend(fields),
            Loss::Lossless => {}
            Loss::Undeclared => panic!("{rule} declares no loss, and is not declared lossless"),
        }
    }
    let mut met = Vec::new();
    for sample in samples {
        for field in lost(upcasts, &from, &to, &sample) {
            let mut covering = declared.iter().filter(|declared| covers(declared, &field));
            match covering.next() {
                Some(declared) => met.push(declared.clone()),
                None => panic!("from {from} to {to} field {field} is lost, which is not declared"),
            }
        }
    }
    for field in declared {
        assert!(
            met.contains(&field),
            "from {from} to {to} field {field} is declared lost, and no sample loses it"
        );
    }
}

/// What the downcasts on the way declare, with their names.
#[track_caller]
fn losses(upcasts: &Upcasts, from: &TypeTag, to: &TypeTag) -> Vec<(String, Loss)> {
    let Some(rules) = upcasts.rules_on(from, std::slice::from_ref(to)) else {
        panic!("no rules lead from {from} to {to}");
    };
    rules
        .into_iter()
        .filter(|rule| rule.direction == Direction::Down)
        .map(|rule| (rule.label.clone(), rule.loss.clone()))
        .collect()
}

/// The fields that are not the same after the way there and back.
#[track_caller]
fn lost(upcasts: &Upcasts, from: &TypeTag, to: &TypeTag, sample: &Value) -> Vec<FieldPath> {
    let there = translated(upcasts, from, to, sample.clone());
    let back = translated(upcasts, to, from, there);
    let mut lost = Vec::new();
    differences(sample, &back, &FieldPath::new(""), &mut lost);
    lost
}

#[track_caller]
fn translated(upcasts: &Upcasts, from: &TypeTag, to: &TypeTag, content: Value) -> Value {
    let events = match upcasts.translate(from, content, std::slice::from_ref(to)) {
        Ok(events) => events,
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            panic!(
                "from {from} to {to}: {error}: {}",
                source.unwrap_or_default()
            )
        }
    };
    let [(_, content)] = <[_; 1]>::try_from(events)
        .unwrap_or_else(|events| panic!("{from} makes {} events of {to}", events.len()));
    content
}

fn differences(one: &Value, other: &Value, at: &FieldPath, found: &mut Vec<FieldPath>) {
    let (Value::Object(one), Value::Object(other)) = (one, other) else {
        if one != other {
            found.push(at.clone());
        }
        return;
    };
    let names = one
        .keys()
        .chain(other.keys().filter(|name| !one.contains_key(*name)));
    for name in names {
        match (one.get(name), other.get(name)) {
            (Some(one), Some(other)) => differences(one, other, &at.child(name), found),
            _ => found.push(at.child(name)),
        }
    }
}

/// Whether a field is the declared one, or inside it.
fn covers(declared: &FieldPath, field: &FieldPath) -> bool {
    let inside = field.as_str().strip_prefix(declared.as_str());
    inside.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[track_caller]
fn tag(event: &str, version: &str) -> TypeTag {
    let name = TypeName::new(event).unwrap_or_else(|error| panic!("{event}: {error}"));
    let version = version.parse();
    TypeTag::new(
        name,
        version.unwrap_or_else(|error| panic!("{event}: {error}")),
    )
}
