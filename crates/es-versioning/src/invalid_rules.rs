//! What is wrong with rules, found before any event is read.

use std::fmt;

use es_core::{InvalidName, InvalidTypeVersion};

use crate::FieldPath;

/// Rules that cannot be used: everything that is wrong with them, each with the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InvalidRules {
    /// What is wrong, in the order of declaration; at least one.
    pub problems: Vec<RuleProblem>,
}

impl fmt::Display for InvalidRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a rule. Rules are named as in `ClaimCreated 1.0 -> 2.0`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleProblem {
    /// Correct the name of the type.
    #[error("{rule}: {source}")]
    Name {
        /// The rule, or the type.
        rule: String,
        /// What is wrong with the name.
        #[source]
        source: InvalidName,
    },
    /// Write the version as in `2.0`.
    #[error("{rule}: {source}")]
    Version {
        /// The rule, or the type.
        rule: String,
        /// What is wrong with the version.
        #[source]
        source: InvalidTypeVersion,
    },
    /// Name a field, or fields with single dots between them; [`wrap_in`](crate::wrap_in) and
    /// [`unwrap_from`](crate::unwrap_from) take a plain name.
    #[error("{rule}: {field:?} is not the path of a field")]
    Field {
        /// The rule.
        rule: String,
        /// The path.
        field: FieldPath,
    },
    /// An upcast goes up and a downcast goes down: swap the versions, or the kind of rule.
    #[error("{rule}: the versions are not in the order of {expected}")]
    Direction {
        /// The rule.
        rule: String,
        /// What it was declared as.
        expected: &'static str,
    },
    /// Keep one of the two.
    #[error("{rule}: there are two rules for this step")]
    Twice {
        /// The rule.
        rule: String,
    },
    /// Following this rule and others leads back to where it starts. Remove one of them.
    #[error("{rule}: the rule closes a circle")]
    Cycle {
        /// The rule.
        rule: String,
    },
    /// Add a rule that leads from there to a current version, or correct the version.
    #[error("{rule}: no rules lead from {version} to a current version")]
    Gap {
        /// The rule that mentions the version.
        rule: String,
        /// The type and version that leads nowhere.
        version: String,
    },
    /// Declare the type with `for_event(..)` and its current version, or correct the name.
    #[error("{rule}: the event type {event} is not declared")]
    UnknownType {
        /// The rule.
        rule: String,
        /// The name of the type.
        event: String,
    },
    /// Say what the current version is, or what became of the type.
    #[error("{event}: the type has no current version, and no rule leads away from it")]
    NoCurrent {
        /// The name of the type.
        event: String,
    },
    /// Put all rules of a type into one `for_event(..)`.
    #[error("{event}: the type is declared twice")]
    DeclaredTwice {
        /// The name of the type.
        event: String,
    },
    /// A type that was dropped or renamed has no current version; one that was dropped has no
    /// rules. Remove them.
    #[error("{event}: the type is gone, and still has {what}")]
    Gone {
        /// The name of the type.
        event: String,
        /// What it has.
        what: &'static str,
    },
    /// Say what is lost right behind the downcast that loses it.
    #[error("{event}: a loss is declared where there is no downcast")]
    StrayLoss {
        /// The name of the type.
        event: String,
    },
    /// A rule must make at least one event; to drop a type, call `dropped()`.
    #[error("{rule}: the rule makes no event")]
    Nothing {
        /// The rule.
        rule: String,
    },
}
