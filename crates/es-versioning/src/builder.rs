//! From declared rules to sound ones, or to all that is wrong with them.

use std::collections::{HashMap, HashSet};

use es_core::{TypeName, TypeTag, TypeVersion};

use crate::catalog::{Catalog, Part, Rule};
use crate::event_rules::{DeclaredPart, DeclaredRule, Direction, Fate, Loss};
use crate::plan::Plan;
use crate::step::Step;
use crate::{EventRules, InvalidRules, RuleProblem, RuleSet, Upcasts};

/// Gathers the rules of a program; [`Upcasts::new`] starts it.
#[derive(Debug, Clone, Default)]
#[must_use = "rules do nothing until they are built"]
pub struct UpcastsBuilder {
    own: Vec<EventRules>,
    loaded: Vec<EventRules>,
}

impl UpcastsBuilder {
    /// Adds the rules of one event type.
    pub fn event(mut self, rules: impl Into<EventRules>) -> Self {
        self.own.push(rules.into());
        self
    }

    /// Adds rules that another program stored. Where this program has a rule of its own for the
    /// same step, its own is taken; versions that only the other program knows may lead nowhere.
    pub fn and_rules(mut self, rules: RuleSet) -> Self {
        self.loaded.extend(rules.events);
        self
    }

    /// Looks at all of it.
    ///
    /// # Errors
    /// [`InvalidRules`], with everything that is wrong.
    pub fn build(self) -> Result<Upcasts, InvalidRules> {
        let mut check = Check::default();
        check.renames(self.own.iter().chain(&self.loaded));
        check.types(&self.own);
        check.rules_of(&self.own, false);
        check.rules_of(&self.loaded, true);
        // What was not understood above would be reported again by its consequences.
        if check.problems.is_empty() {
            check.cycles();
        }
        if check.problems.is_empty() {
            check.gaps();
        }
        if check.problems.is_empty() {
            let own = RuleSet { events: self.own };
            Ok(Upcasts::of(check.catalog, own))
        } else {
            let problems = check.problems;
            Err(InvalidRules { problems })
        }
    }
}

#[derive(Default)]
struct Check {
    problems: Vec<RuleProblem>,
    catalog: Catalog,
    declared: HashSet<String>,
    /// How many of the first rules are the program's own.
    own_rules: usize,
}

impl Check {
    /// What the types are called, and which are gone.
    fn renames<'r>(&mut self, all: impl Iterator<Item = &'r EventRules> + Clone) {
        self.declared = all.clone().map(|event| event.event.clone()).collect();
        let mut renames = HashMap::new();
        let mut seen = HashSet::new();
        // The program's own come first, and go before what others stored.
        for event in all.filter(|event| event.fate.is_some()) {
            if seen.insert(&event.event) {
                self.fate(event, &mut renames);
            }
        }
        for name in renames.keys() {
            match last_name(name, &renames) {
                Some(last) => drop(self.catalog.renamed.insert(name.clone(), last)),
                None => self.problems.push(RuleProblem::Cycle {
                    rule: format!("{name} -> {}", renames[name]),
                }),
            }
        }
        self.problems.sort_by_key(ToString::to_string);
    }

    fn fate(&mut self, event: &EventRules, renames: &mut HashMap<TypeName, TypeName>) {
        let Some(name) = self.name(&event.event, &event.event) else {
            return;
        };
        match &event.fate {
            Some(Fate::Dropped) => {
                self.catalog.dropped.insert(name);
            }
            Some(Fate::RenamedTo(to)) => {
                let rule = format!("{name} -> {to}");
                self.declared(&rule, to);
                if let Some(to) = self.name(&rule, to) {
                    renames.insert(name, to);
                }
            }
            None => {}
        }
    }

    /// What was declared of each type but its rules.
    fn types(&mut self, own: &[EventRules]) {
        let mut seen = HashSet::new();
        for rules in own {
            // Names of types that are gone were looked at with their fates.
            if rules.fate.is_none() {
                self.name(&rules.event, &rules.event);
            }
            if !seen.insert(&rules.event) {
                let event = rules.event.clone();
                self.problems.push(RuleProblem::DeclaredTwice { event });
            }
            self.problems.extend(contradictions(rules));
        }
    }

    fn rules_of(&mut self, events: &[EventRules], loaded: bool) {
        let mut steps: HashSet<_> = self.catalog.rules.iter().map(step_of).collect();
        for event in events {
            if let Some(current) = &event.current {
                let tag = self.tag(&event.event, &event.event, current);
                self.catalog.currents.extend(tag);
            }
            for declared in &event.rules {
                let label = declared.label(&event.event);
                let Some(rule) = self.rule(&event.event, declared, &label) else {
                    continue;
                };
                if steps.insert(step_of(&rule)) {
                    self.catalog.rules.push(rule);
                } else if !loaded {
                    self.problems.push(RuleProblem::Twice { rule: label });
                }
            }
        }
        if !loaded {
            self.own_rules = self.catalog.rules.len();
        }
    }

    fn rule(&mut self, event: &str, declared: &DeclaredRule, label: &str) -> Option<Rule> {
        if declared.to.is_empty() {
            self.problems.push(RuleProblem::Nothing {
                rule: label.to_owned(),
            });
        }
        self.fields(declared, label);
        let from = self.tag(label, event, &declared.from);
        let parts: Vec<_> = declared
            .to
            .iter()
            .filter_map(|part| self.part(part, label))
            .collect();
        let from = from?;
        if parts.len() != declared.to.len() {
            return None;
        }
        self.direction(&from, &parts, declared.direction, label);
        Some(Rule {
            label: label.to_owned(),
            from,
            parts,
            direction: declared.direction,
            loss: declared.loss.clone(),
        })
    }

    fn part(&mut self, part: &DeclaredPart, label: &str) -> Option<Part> {
        self.declared(label, &part.event);
        let to = self.tag(label, &part.event, &part.version)?;
        let step = part.step.clone();
        Some(Part { to, step })
    }

    fn fields(&mut self, declared: &DeclaredRule, label: &str) {
        let changed = declared.to.iter().filter_map(|part| match &part.step {
            Step::Fields(transform) => Some(transform.invalid_paths()),
            Step::Typed(_) | Step::NotHere => None,
        });
        let lost = match &declared.loss {
            Loss::Fields(fields) => &fields[..],
            Loss::Undeclared | Loss::Lossless => &[],
        };
        let lost = lost.iter().filter(|field| !field.is_valid()).cloned();
        for field in changed.flatten().chain(lost) {
            let rule = label.to_owned();
            self.problems.push(RuleProblem::Field { rule, field });
        }
    }

    /// Between versions of one type, up is up. What becomes of it under other names has versions of
    /// its own.
    fn direction(&mut self, from: &TypeTag, parts: &[Part], direction: Direction, label: &str) {
        let [part] = parts else { return };
        if part.to.name != from.name {
            return;
        }
        let (in_order, expected) = match direction {
            Direction::Up => (from.version < part.to.version, "an upcast"),
            Direction::Down => (from.version > part.to.version, "a downcast"),
        };
        if !in_order {
            let rule = label.to_owned();
            self.problems
                .push(RuleProblem::Direction { rule, expected });
        }
    }

    fn declared(&mut self, rule: &str, event: &str) {
        if !self.declared.contains(event) {
            self.problems.push(RuleProblem::UnknownType {
                rule: rule.to_owned(),
                event: event.to_owned(),
            });
        }
    }

    fn name(&mut self, rule: &str, name: &str) -> Option<TypeName> {
        let rule = || rule.to_owned();
        TypeName::new(name)
            .map_err(|source| {
                let rule = rule();
                self.problems.push(RuleProblem::Name { rule, source });
            })
            .ok()
    }

    /// The canonical tag.
    fn tag(&mut self, rule: &str, name: &str, version: &str) -> Option<TypeTag> {
        let version = version.parse::<TypeVersion>().map_err(|source| {
            let rule = rule.to_owned();
            self.problems.push(RuleProblem::Version { rule, source });
        });
        // What is wrong with the name was said when the types were looked at.
        let name = TypeName::new(name).ok()?;
        Some(self.catalog.canonical(&TypeTag::new(name, version.ok()?)))
    }

    /// Upcasts that lead back to where they start.
    fn cycles(&mut self) {
        let ups: Vec<_> = self.catalog.rules.iter().map(up_targets).collect();
        let mut state = vec![Visit::New; ups.len()];
        let mut closing = Vec::new();
        for start in 0..ups.len() {
            self.visit(start, &ups, &mut state, &mut closing);
        }
        for index in closing {
            let rule = self.catalog.rules[index].label.clone();
            self.problems.push(RuleProblem::Cycle { rule });
        }
    }

    /// Follows rules depth first, without recursion: chains may be long.
    fn visit(
        &self,
        start: usize,
        ups: &[Vec<&TypeTag>],
        state: &mut [Visit],
        closing: &mut Vec<usize>,
    ) {
        let followers = |index: usize| {
            let rules = self.catalog.rules.iter().enumerate();
            rules
                .filter(|(_, rule)| ups[index].contains(&&rule.from))
                .map(|(next, _)| next)
                .collect::<Vec<_>>()
        };
        if state[start] != Visit::New {
            return;
        }
        state[start] = Visit::Open;
        let mut open = vec![(start, followers(start))];
        while let Some((rule, rest)) = open.last_mut() {
            let rule = *rule;
            match rest.pop() {
                Some(next) if state[next] == Visit::New => {
                    state[next] = Visit::Open;
                    open.push((next, followers(next)));
                }
                Some(next) if state[next] == Visit::Open && !closing.contains(&rule) => {
                    closing.push(rule);
                }
                Some(_) => {}
                None => {
                    state[rule] = Visit::Done;
                    open.pop();
                }
            }
        }
    }

    /// Versions that the program itself mentions and that cannot reach a current one.
    fn gaps(&mut self) {
        let plan = Plan::new(&self.catalog, &self.catalog.currents);
        let mut reported = HashSet::new();
        for rule in &self.catalog.rules[..self.own_rules] {
            for tag in [&rule.from].into_iter().chain(rule.targets()) {
                let leads = plan.leads(&self.catalog, tag);
                if !leads && reported.insert(tag.clone()) {
                    self.problems.push(RuleProblem::Gap {
                        rule: rule.label.clone(),
                        version: tag.to_string(),
                    });
                }
            }
        }
    }
}

/// What one type's declarations have too much or too little of.
fn contradictions(rules: &EventRules) -> Vec<RuleProblem> {
    let event = || rules.event.clone();
    let gone = |what| RuleProblem::Gone {
        event: event(),
        what,
    };
    let has_rules = !rules.rules.is_empty();
    let is_dropped = rules.fate == Some(Fate::Dropped);
    let says_nothing = rules.fate.is_none() && rules.current.is_none() && !has_rules;
    [
        rules
            .stray_loss
            .then(|| RuleProblem::StrayLoss { event: event() }),
        (rules.fate.is_some() && rules.current.is_some()).then(|| gone("a current version")),
        (is_dropped && has_rules).then(|| gone("rules")),
        says_nothing.then(|| RuleProblem::NoCurrent { event: event() }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done,
}

fn up_targets(rule: &Rule) -> Vec<&TypeTag> {
    match rule.direction {
        Direction::Up => rule.targets().collect(),
        Direction::Down => Vec::new(),
    }
}

fn step_of(rule: &Rule) -> (TypeTag, Vec<TypeTag>) {
    (rule.from.clone(), rule.targets().cloned().collect())
}

/// The name at the end of the renames; `None` if they go round.
fn last_name(name: &TypeName, renames: &HashMap<TypeName, TypeName>) -> Option<TypeName> {
    let mut last = name;
    for _ in 0..=renames.len() {
        match renames.get(last) {
            Some(next) => last = next,
            None => return Some(last.clone()),
        }
    }
    None
}
