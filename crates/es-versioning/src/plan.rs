//! The shortest way from each stored version to what one reader knows.

use std::collections::{HashMap, VecDeque};

use es_core::TypeTag;

use crate::catalog::{Catalog, Rule};
use crate::event_rules::Direction;

/// The most rules that are applied to one stored event. A path that takes more is none; splits of
/// splits would otherwise grow without bound.
const MAX_RULES: u32 = 10_000;

/// What to do with each stored version for a reader that knows certain types.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What the reader knows, as it names it.
    pub(crate) known: Box<[TypeTag]>,
    /// The reader's own name for each type that it knows.
    own: HashMap<TypeTag, TypeTag>,
    /// The rule to take next.
    next: HashMap<TypeTag, usize>,
}

/// Downcasts weigh more than any number of upcasts.
type Cost = (u32, u32);

impl Plan {
    pub(crate) fn new(catalog: &Catalog, known: &[TypeTag]) -> Self {
        let own: HashMap<_, _> = known
            .iter()
            // A reader may know a type by both its names: the one it lists first is taken.
            .rev()
            .map(|tag| (catalog.canonical(tag), tag.clone()))
            .collect();
        let next = shortest(catalog, &own);
        let known = known.into();
        Self { known, own, next }
    }

    /// How the reader names this type, if it knows it.
    pub(crate) fn own(&self, canonical: &TypeTag) -> Option<&TypeTag> {
        self.own.get(canonical)
    }

    /// The rule to apply to this type.
    pub(crate) fn next<'c>(&self, catalog: &'c Catalog, canonical: &TypeTag) -> Option<&'c Rule> {
        self.next.get(canonical).map(|index| &catalog.rules[*index])
    }

    /// Whether anything becomes of a type, be it nothing because it was dropped.
    pub(crate) fn leads(&self, catalog: &Catalog, canonical: &TypeTag) -> bool {
        self.own.contains_key(canonical)
            || self.next.contains_key(canonical)
            || catalog.dropped.contains(&canonical.name)
    }
}

/// The first rule of the shortest way from each type, found backwards from what is known.
fn shortest(catalog: &Catalog, own: &HashMap<TypeTag, TypeTag>) -> HashMap<TypeTag, usize> {
    let mut costs: HashMap<&TypeTag, Cost> = own.keys().map(|tag| (tag, (0, 0))).collect();
    let mut next = HashMap::new();
    let leading_to = leading_to(catalog);
    // Those that nothing is known of yet are looked at again once something is.
    let mut open: VecDeque<usize> = (0..catalog.rules.len()).rev().collect();
    while let Some(index) = open.pop_front() {
        let rule = &catalog.rules[index];
        if own.contains_key(&rule.from) || !rule.is_here() {
            continue;
        }
        let Some(cost) = cost(catalog, rule, &costs) else {
            continue;
        };
        if costs.get(&rule.from).is_none_or(|known| cost < *known) {
            costs.insert(&rule.from, cost);
            next.insert(rule.from.clone(), index);
            open.extend(leading_to.get(&rule.from).into_iter().flatten());
        }
    }
    next
}

/// The rules that lead to each type.
fn leading_to(catalog: &Catalog) -> HashMap<&TypeTag, Vec<usize>> {
    let mut leading_to: HashMap<_, Vec<_>> = HashMap::new();
    for (index, rule) in catalog.rules.iter().enumerate() {
        for target in rule.targets() {
            leading_to.entry(target).or_default().push(index);
        }
    }
    leading_to
}

/// What it takes to apply the rule and all that follow; `None` if that leads nowhere.
fn cost(catalog: &Catalog, rule: &Rule, costs: &HashMap<&TypeTag, Cost>) -> Option<Cost> {
    let start: Cost = (u32::from(rule.direction == Direction::Down), 1);
    let total = rule.targets().try_fold(start, |(downs, rules), target| {
        let rest = match costs.get(target) {
            Some(rest) => *rest,
            None if catalog.dropped.contains(&target.name) => (0, 0),
            None => return None,
        };
        Some((downs.saturating_add(rest.0), rules.saturating_add(rest.1)))
    })?;
    (total.1 <= MAX_RULES).then_some(total)
}
