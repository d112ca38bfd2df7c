//! All rules of a program, and the ways through them.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use es_core::{CodecSet, Payload, TypeTag, Upcast, UpcastError};
use serde_json::Value;

use crate::catalog::{Catalog, Rule};
use crate::content::{Content, Format};
use crate::plan::Plan;
use crate::{Misfit, RuleSet, UpcastsBuilder};

/// How many readers the ways are kept for; more than a program has event types.
const MAX_PLANS: usize = 256;

/// The rules of a program: give them to [`CodecSet::with_upcasts`].
///
/// Of the ways from what was recorded to what a reader knows, the one with the fewest downcasts is
/// taken, and of those the shortest. Ways are looked for once for each reader's set of types.
/// Cloning is cheap.
#[derive(Clone)]
pub struct Upcasts {
    shared: Arc<Shared>,
}

struct Shared {
    catalog: Catalog,
    own: RuleSet,
    plans: RwLock<Vec<Arc<Plan>>>,
}

impl Upcasts {
    /// Starts to gather rules.
    #[allow(
        clippy::new_ret_no_self,
        reason = "rules are looked at as a whole when all are there"
    )]
    pub fn new() -> UpcastsBuilder {
        UpcastsBuilder::default()
    }

    /// No rules at all: every event is of its current version.
    #[must_use]
    pub fn none() -> Self {
        Self::of(Catalog::default(), RuleSet::default())
    }

    pub(crate) fn of(catalog: Catalog, own: RuleSet) -> Self {
        Self {
            shared: Arc::new(Shared {
                catalog,
                own,
                plans: RwLock::default(),
            }),
        }
    }

    /// The rules that the program declared itself, as data.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.shared.own
    }

    /// Whether rules lead from a recorded type to what a reader knows, or drop it.
    #[must_use]
    pub fn leads(&self, recorded: &TypeTag, known: &[TypeTag]) -> bool {
        let canonical = self.catalog().canonical(recorded);
        self.plan(known).leads(self.catalog(), &canonical)
    }

    /// As which of the types that a reader knows a recorded one is read with its content as it is,
    /// if the way to there leaves it [unchanged](crate::unchanged).
    #[must_use]
    pub fn unchanged_as(&self, recorded: &TypeTag, known: &[TypeTag]) -> Option<TypeTag> {
        let plan = self.plan(known);
        let mut tag = self.catalog().canonical(recorded);
        loop {
            if let Some(own) = plan.own(&tag) {
                return Some(own.clone());
            }
            let rule = plan.next(self.catalog(), &tag)?;
            if !rule.is_unchanged() {
                return None;
            }
            tag = rule.targets().next()?.clone();
        }
    }

    /// The rules on the way, as in `ClaimCreated 1.0 -> 2.0`, in the order in which they are
    /// applied; `None` if there is no way.
    #[must_use]
    pub fn path(&self, recorded: &TypeTag, known: &[TypeTag]) -> Option<Vec<String>> {
        let rules = self.rules_on(recorded, known)?;
        Some(rules.iter().map(|rule| rule.label.clone()).collect())
    }

    pub(crate) fn rules_on(&self, recorded: &TypeTag, known: &[TypeTag]) -> Option<Vec<&Rule>> {
        let plan = self.plan(known);
        let mut rules = Vec::new();
        let mut open = vec![self.catalog().canonical(recorded)];
        while let Some(tag) = open.pop() {
            if plan.own(&tag).is_some() || self.catalog().dropped.contains(&tag.name) {
                continue;
            }
            let rule = plan.next(self.catalog(), &tag)?;
            rules.push(rule);
            let targets: Vec<_> = rule.targets().cloned().collect();
            open.extend(targets.into_iter().rev());
        }
        Some(rules)
    }

    /// Translates a content that comes from no store, as the JSON codec writes it.
    ///
    /// # Errors
    /// As [`Upcast::upcast`].
    pub fn translate(
        &self,
        recorded: &TypeTag,
        content: Value,
        known: &[TypeTag],
    ) -> Result<Vec<(TypeTag, Value)>, UpcastError> {
        let format = Format::json();
        let content = Content::Value(content);
        let plan = self.plan(known);
        self.follow(recorded, content, &plan, &format, |_, content| {
            content.into_value(&format)
        })
    }

    fn catalog(&self) -> &Catalog {
        &self.shared.catalog
    }

    /// The ways for a reader that knows these types.
    fn plan(&self, known: &[TypeTag]) -> Arc<Plan> {
        let plans = self.shared.plans.read();
        let plans = plans.unwrap_or_else(PoisonError::into_inner);
        if let Some(plan) = plans.iter().find(|plan| *plan.known == *known) {
            return Arc::clone(plan);
        }
        drop(plans);
        let plan = Arc::new(Plan::new(self.catalog(), known));
        let plans = self.shared.plans.write();
        let mut plans = plans.unwrap_or_else(PoisonError::into_inner);
        // Two that looked at the same time leave it twice, which does no harm.
        if plans.len() < MAX_PLANS {
            plans.push(Arc::clone(&plan));
        }
        plan
    }

    /// Applies rules until the reader knows all that is left.
    fn follow<T>(
        &self,
        recorded: &TypeTag,
        content: Content,
        plan: &Plan,
        format: &Format<'_>,
        finish: impl Fn(&TypeTag, Content) -> Result<T, Misfit>,
    ) -> Result<Vec<(TypeTag, T)>, UpcastError> {
        let first = self.catalog().canonical(recorded);
        let mut done = Vec::new();
        let mut open = vec![(first, content, None::<&Rule>)];
        while let Some((tag, content, by)) = open.pop() {
            if let Some(own) = plan.own(&tag) {
                let content =
                    finish(own, content).map_err(|misfit| failed(recorded, by, misfit))?;
                done.push((own.clone(), content));
                continue;
            }
            if self.catalog().dropped.contains(&tag.name) {
                continue;
            }
            let rule = plan
                .next(self.catalog(), &tag)
                .ok_or_else(|| UpcastError::NoPath {
                    recorded: recorded.clone(),
                })?;
            split(rule, content, format, &mut open)
                .map_err(|misfit| failed(recorded, Some(rule), misfit))?;
        }
        Ok(done)
    }
}

/// Puts what the rule makes of the content on top of what is open, the first part uppermost.
fn split<'r>(
    rule: &'r Rule,
    content: Content,
    format: &Format<'_>,
    open: &mut Vec<(TypeTag, Content, Option<&'r Rule>)>,
) -> Result<(), Misfit> {
    let Some((first, others)) = rule.parts.split_first() else {
        return Ok(());
    };
    for part in others.iter().rev() {
        let content = content.clone().apply(rule, part, format)?;
        open.push((part.to.clone(), content, Some(rule)));
    }
    let content = content.apply(rule, first, format)?;
    open.push((first.to.clone(), content, Some(rule)));
    Ok(())
}

fn failed(recorded: &TypeTag, rule: Option<&Rule>, misfit: Misfit) -> UpcastError {
    UpcastError::Rule {
        rule: rule.map_or_else(|| recorded.to_string(), |rule| rule.label.clone()),
        source: misfit.into(),
    }
}

impl Upcast for Upcasts {
    fn upcast(
        &self,
        recorded: &TypeTag,
        payload: &Payload,
        known: &[TypeTag],
        codecs: &CodecSet,
    ) -> Result<Vec<(TypeTag, Payload)>, UpcastError> {
        let plan = self.plan(known);
        // Whether there is a way goes before whether the content can be read.
        let canonical = self.catalog().canonical(recorded);
        if !plan.leads(self.catalog(), &canonical) {
            let recorded = recorded.clone();
            return Err(UpcastError::NoPath { recorded });
        }
        let format =
            Format::of(payload, codecs).map_err(|misfit| failed(recorded, None, misfit))?;
        let content = Content::Encoded(recorded.clone(), payload.data.clone());
        let finish = |tag: &TypeTag, content: Content| {
            let data = content.into_bytes(tag, &format)?;
            Ok(Payload::new(payload.codec.clone(), tag.version, data))
        };
        self.follow(recorded, content, &plan, &format, finish)
    }
}

impl fmt::Debug for Upcasts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.catalog().rules.iter().map(|rule| &rule.label);
        f.debug_tuple("Upcasts")
            .field(&rules.collect::<Vec<_>>())
            .finish()
    }
}
