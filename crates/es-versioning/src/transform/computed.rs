//! The changes that are functions of the program's.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::change::fits_merge;
use crate::{FieldPath, Misfit};

type OfContent = Arc<dyn Fn(&Value) -> Option<Value> + Send + Sync>;
type Function<I> = Arc<dyn Fn(I) -> Option<Value> + Send + Sync>;

/// A change that is a function. It cannot be stored in a rule set.
#[derive(Clone)]
pub(crate) struct Computed {
    pub(super) kind: Kind,
    pub(super) optional: bool,
}

#[derive(Clone)]
pub(super) enum Kind {
    Add(FieldPath, OfContent),
    Change(FieldPath, Function<Value>),
    Merge(Vec<FieldPath>, FieldPath, Function<Vec<Value>>),
    Whole(String, Function<Value>),
}

impl Computed {
    pub(super) fn new(kind: Kind) -> Self {
        let optional = false;
        Self { kind, optional }
    }

    pub(super) fn apply(&self, mut content: Value) -> Result<Value, Misfit> {
        match &self.kind {
            Kind::Add(field, function) => {
                let value = function(&content).ok_or_else(|| self.refused())?;
                field.insert(&mut content, value)?;
            }
            Kind::Change(field, function) => {
                let value = field.get_mut(&mut content)?;
                *value = function(value.take()).ok_or_else(|| self.refused())?;
            }
            Kind::Merge(fields, into, function) => {
                let values = fields
                    .iter()
                    .map(|field| field.remove(&mut content))
                    .collect::<Result<Vec<_>, _>>()?;
                let merged = function(values).ok_or_else(|| self.refused())?;
                into.insert(&mut content, merged)?;
            }
            Kind::Whole(_, function) => {
                return function(content).ok_or_else(|| self.refused());
            }
        }
        Ok(content)
    }

    pub(super) fn fits(&self, content: &Value) -> bool {
        match &self.kind {
            Kind::Add(field, _) => field.get(content).is_none(),
            Kind::Change(field, _) => field.get(content).is_some(),
            Kind::Merge(fields, into, _) => fits_merge(fields, into, content),
            Kind::Whole(..) => true,
        }
    }

    pub(super) fn paths(&self) -> Vec<&FieldPath> {
        match &self.kind {
            Kind::Add(field, _) | Kind::Change(field, _) => vec![field],
            Kind::Merge(fields, into, _) => fields.iter().chain([into]).collect(),
            Kind::Whole(..) => Vec::new(),
        }
    }

    fn refused(&self) -> Misfit {
        Misfit::Refused {
            what: self.what().to_owned(),
        }
    }

    fn what(&self) -> &str {
        match &self.kind {
            Kind::Add(field, _) | Kind::Change(field, _) | Kind::Merge(_, field, _) => {
                field.as_str()
            }
            Kind::Whole(name, _) => name,
        }
    }
}

impl fmt::Debug for Computed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Computed").field(&self.what()).finish()
    }
}
