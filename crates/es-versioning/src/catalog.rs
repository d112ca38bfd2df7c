//! Rules that were looked at and found sound.

use std::collections::{HashMap, HashSet};

use es_core::{TypeName, TypeTag};

use crate::event_rules::{Direction, Loss};
use crate::step::Step;

/// One rule, between canonical types.
#[derive(Debug)]
pub(crate) struct Rule {
    /// As in `ClaimCreated 1.0 -> 2.0`.
    pub(crate) label: String,
    pub(crate) from: TypeTag,
    pub(crate) parts: Vec<Part>,
    pub(crate) direction: Direction,
    #[cfg_attr(
        not(feature = "testing"),
        allow(dead_code, reason = "tests ask for it")
    )]
    pub(crate) loss: Loss,
}

#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) to: TypeTag,
    pub(crate) step: Step,
}

impl Rule {
    /// Whether all of it is in this program.
    pub(crate) fn is_here(&self) -> bool {
        let is_here = |part: &Part| !matches!(part.step, Step::NotHere);
        self.parts.iter().all(is_here)
    }

    pub(crate) fn is_unchanged(&self) -> bool {
        match &self.parts[..] {
            [part] => matches!(&part.step, Step::Fields(transform) if transform.is_unchanged()),
            _ => false,
        }
    }

    pub(crate) fn targets(&self) -> impl Iterator<Item = &TypeTag> {
        self.parts.iter().map(|part| &part.to)
    }
}

/// All rules of a program.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    pub(crate) rules: Vec<Rule>,
    pub(crate) currents: Vec<TypeTag>,
    pub(crate) dropped: HashSet<TypeName>,
    /// From each name that a type once had to the one that stands for all its names.
    pub(crate) renamed: HashMap<TypeName, TypeName>,
}

impl Catalog {
    /// The tag under the name that stands for all names of the type.
    pub(crate) fn canonical(&self, tag: &TypeTag) -> TypeTag {
        match self.renamed.get(&tag.name) {
            Some(name) => TypeTag::new(name.clone(), tag.version),
            None => tag.clone(),
        }
    }
}
