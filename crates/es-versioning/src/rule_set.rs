//! Rules as data, to be stored beside the events.

use serde::{Deserialize, Serialize};

use crate::EventRules;

/// Rules as data: stored beside the events by a newer program, and loaded by an older one during a
/// rolling update, with [`UpcastsBuilder::and_rules`](crate::UpcastsBuilder::and_rules).
///
/// Functions (computed changes, typed rules) are no data: in their place only their names are kept,
/// and a program that needs one finds no path. [`functions`](Self::functions) lists them.
///
/// ```
/// use es_versioning::{RuleSet, Upcasts, add_field, for_event, remove_field};
/// let newer = Upcasts::new()
///     .event(
///         for_event("ClaimCreated")
///             .current("2.0")
///             .upcast("1.0", "2.0", add_field("category", "general"))
///             .downcast("2.0", "1.0", remove_field("category"))
///             .loses(["category"]),
///     )
///     .build()?;
/// let stored = serde_json::to_string(newer.rules())?;
///
/// let loaded: RuleSet = serde_json::from_str(&stored)?;
/// assert!(loaded.functions().is_empty());
/// let older = Upcasts::new()
///     .event(for_event("ClaimCreated").current("1.0"))
///     .and_rules(loaded)
///     .build()?;
/// # let tag = |v: &str| es_core::TypeTag::new(
/// #     es_core::TypeName::from_static("ClaimCreated"), v.parse().unwrap());
/// assert!(older.leads(&tag("2.0"), &[tag("1.0")]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    pub(crate) events: Vec<EventRules>,
}

impl RuleSet {
    /// The rules whose functions are not in the set, as in `ClaimCreated 1.0 -> 2.0`.
    #[must_use]
    pub fn functions(&self) -> Vec<String> {
        let rules = self
            .events
            .iter()
            .flat_map(|event| event.rules.iter().map(|rule| (&event.event, rule)));
        rules
            .filter(|(_, rule)| rule.is_function())
            .map(|(event, rule)| rule.label(event))
            .collect()
    }

    /// Each rule that is data by itself, with its label.
    pub(crate) fn one_by_one(&self) -> Vec<(String, EventRules)> {
        let alone = |of: &EventRules| EventRules {
            event: of.event.clone(),
            current: None,
            fate: None,
            rules: Vec::new(),
            stray_loss: false,
        };
        let mut all = Vec::new();
        for event in &self.events {
            if event.fate.is_some() {
                let fate = event.fate.clone();
                all.push((
                    event.event.clone(),
                    EventRules {
                        fate,
                        ..alone(event)
                    },
                ));
            }
            for rule in event.rules.iter().filter(|rule| !rule.is_function()) {
                let rules = vec![rule.clone()];
                all.push((
                    rule.label(&event.event),
                    EventRules {
                        rules,
                        ..alone(event)
                    },
                ));
            }
        }
        all
    }

    /// The names of the event types that it has rules for.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(|event| event.event.as_str())
    }
}
