//! What the gate stops at, and what to do then.

use std::fmt;
use std::io;
use std::path::PathBuf;

use es_core::TypeTag;
use serde_json::Value;

use crate::{EventSchema, FieldPath, SchemaMismatch, SchemaSet};

/// Why the lock file is not kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The file cannot be read or written.
    #[error("cannot read or write {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not a lock file, or was edited or merged badly. Take it from version control.
    #[error("{}, line {line}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// The events are not as the file says.
    #[error(transparent)]
    Problems(LockProblems),
}

/// All in which the events are not as the file says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LockProblems {
    /// At least one.
    pub problems: Vec<LockProblem>,
}

impl fmt::Display for LockProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

/// One event that is not as the file says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockProblem {
    /// The shape of a version changed, of which events are stored. Give the event a new version and
    /// a rule that leads to it, or take the change back.
    #[error(
        "{tag}: the shape changed at {}; give it a new version with a rule from {}, \
         or take the change back", list(fields), tag.version
    )]
    Changed {
        /// The type and version.
        tag: TypeTag,
        /// Where the shapes differ.
        fields: Vec<FieldPath>,
    },
    /// No way of rules leads from a version of which events are stored to one that the program has.
    #[error("{from}: no rules lead to {}; add an upcast", list(current))]
    NoPath {
        /// The version in the file.
        from: TypeTag,
        /// The versions of this type that the program has.
        current: Vec<TypeTag>,
    },
    /// Rules leave events of a version as they are, and the current version cannot read them so.
    /// Write a rule that makes the new shape of the old one.
    #[error(
        "{from}: rules leave it unchanged, and {to} cannot read it: {}",
        list(mismatches)
    )]
    Unread {
        /// The version in the file.
        from: TypeTag,
        /// The version that would read it.
        to: TypeTag,
        /// What does not fit.
        mismatches: Vec<SchemaMismatch>,
    },
    /// A type of which events are stored is gone. Say what becomes of them: `renamed_to`,
    /// `becomes`, `split` or `dropped`.
    #[error("{tag}: the type is gone; add a rule that renames it, or drops its events")]
    Gone {
        /// The type and version in the file.
        tag: TypeTag,
    },
    /// A shape is not in the file. Run the test with `UPDATE_EVENTS_LOCK=1`, and commit the file.
    #[error("{tag}: the shape is new; run the test with UPDATE_EVENTS_LOCK=1 and commit the file")]
    New {
        /// The type and version.
        tag: TypeTag,
    },
}

fn list(items: &[impl fmt::Display]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}

pub(super) fn unreadable(from: TypeTag, schemas: &SchemaSet) -> LockProblem {
    let current: Vec<_> = schemas.versions(&from.name).map(EventSchema::tag).collect();
    if current.is_empty() {
        LockProblem::Gone { tag: from }
    } else {
        LockProblem::NoPath { from, current }
    }
}

pub(super) fn unread(old: &EventSchema, reader: &EventSchema) -> Option<LockProblem> {
    let mismatches = reader.mismatches(old);
    (!mismatches.is_empty()).then(|| LockProblem::Unread {
        from: old.tag(),
        to: reader.tag(),
        mismatches,
    })
}

pub(super) fn changed(old: &EventSchema, new: &EventSchema) -> LockProblem {
    let mut fields = Vec::new();
    differences(&old.schema, &new.schema, &FieldPath::new(""), &mut fields);
    fields.dedup();
    LockProblem::Changed {
        tag: old.tag(),
        fields,
    }
}

/// The fields at which two shapes differ, by name where it is a field, else the field around.
fn differences(old: &Value, new: &Value, at: &FieldPath, found: &mut Vec<FieldPath>) {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        found.push(at.clone());
        return;
    };
    let keywords = old
        .keys()
        .chain(new.keys().filter(|key| !old.contains_key(*key)));
    for keyword in keywords.filter(|keyword| old.get(*keyword) != new.get(*keyword)) {
        match (keyword.as_str(), old.get(keyword), new.get(keyword)) {
            ("properties" | "$defs", old, new) => named(old, new, at, found),
            ("items" | "additionalProperties", Some(old), Some(new)) => {
                differences(old, new, at, found);
            }
            ("required", old, new) => {
                let changed = [(old, new), (new, old)].into_iter().flat_map(only_in);
                found.extend(changed.map(|name| at.child(name)));
            }
            _ => found.push(at.clone()),
        }
    }
    found.sort();
}

/// The differences of schemas under names of the user's.
fn named(old: Option<&Value>, new: Option<&Value>, at: &FieldPath, found: &mut Vec<FieldPath>) {
    let names = [old, new]
        .into_iter()
        .flatten()
        .filter_map(Value::as_object);
    let mut names: Vec<_> = names.flat_map(|schemas| schemas.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        match (old.and_then(|o| o.get(name)), new.and_then(|n| n.get(name))) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => differences(old, new, &at.child(name), found),
            _ => found.push(at.child(name)),
        }
    }
}

fn only_in<'v>((these, others): (Option<&'v Value>, Option<&'v Value>)) -> Vec<&'v str> {
    let names = |list: Option<&'v Value>| {
        let list = list
            .and_then(Value::as_array)
            .map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(Value::as_str)
    };
    names(these)
        .filter(|name| !names(others).any(|other| other == *name))
        .collect()
}
