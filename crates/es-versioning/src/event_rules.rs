//! The rules of one event type, as they are declared and as they are stored.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::step::Step;
use crate::typed::TypedStep;
use crate::{FieldPath, Transform};

/// The rules of one event type; [`for_event`] starts them. All of it is looked at when
/// [`UpcastsBuilder::build`](crate::UpcastsBuilder::build) is called.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use = "rules do nothing until they are given to `Upcasts`"]
pub struct EventRules {
    pub(crate) event: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) current: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) fate: Option<Fate>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rules: Vec<DeclaredRule>,
    /// `loses` or `lossless` was said where there is no downcast.
    #[serde(skip)]
    pub(crate) stray_loss: bool,
}

/// What became of a type as a whole, whatever the version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    Dropped,
    RenamedTo(String),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeclaredRule {
    pub(crate) from: String,
    pub(crate) to: Vec<DeclaredPart>,
    pub(crate) direction: Direction,
    #[serde(default, skip_serializing_if = "Loss::is_undeclared")]
    pub(crate) loss: Loss,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeclaredPart {
    pub(crate) event: String,
    pub(crate) version: String,
    pub(crate) step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    Up,
    Down,
}

/// What a downcast takes away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Loss {
    #[default]
    Undeclared,
    Lossless,
    Fields(Vec<FieldPath>),
}

impl Loss {
    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "the signature that serde asks for"
    )]
    fn is_undeclared(&self) -> bool {
        *self == Self::Undeclared
    }
}

/// Starts the rules of an event type, by its stored name.
pub fn for_event(event: impl Into<String>) -> EventRules {
    EventRules {
        event: event.into(),
        current: None,
        fate: None,
        rules: Vec::new(),
        stray_loss: false,
    }
}

/// A part of an event that is [split](EventRules::split): its type, its version, and what makes its
/// content of the whole one.
pub fn part(
    event: impl Into<String>,
    version: impl Into<String>,
    transform: impl Into<Transform>,
) -> SplitPart {
    SplitPart(DeclaredPart {
        event: event.into(),
        version: version.into(),
        step: Step::Fields(transform.into()),
    })
}

/// A part of an event that is split; made by [`part`].
#[derive(Debug, Clone)]
pub struct SplitPart(DeclaredPart);

impl EventRules {
    /// The version that is written today, as in `2.0`.
    pub fn current(mut self, version: impl Into<String>) -> Self {
        self.current = Some(version.into());
        self
    }

    /// A rule from one version to a higher one.
    pub fn upcast(self, from: &str, to: &str, transform: impl Into<Transform>) -> Self {
        self.step(from, to, Direction::Up, Step::Fields(transform.into()))
    }

    /// A rule from one version to a lower one, for programs that are older than what is stored.
    /// Say what it loses: [`loses`](Self::loses) or [`lossless`](Self::lossless).
    pub fn downcast(self, from: &str, to: &str, transform: impl Into<Transform>) -> Self {
        self.step(from, to, Direction::Down, Step::Fields(transform.into()))
    }

    /// A rule from one version to a higher one by way of Rust types; works with every codec.
    pub fn upcast_typed<Old, New>(self, from: &str, to: &str) -> Self
    where
        Old: DeserializeOwned + 'static,
        New: From<Old> + Serialize + 'static,
    {
        let step = TypedStep::new::<Old, New>();
        self.step(from, to, Direction::Up, Step::Typed(step))
    }

    /// A rule from one version to a lower one by way of Rust types; works with every codec.
    pub fn downcast_typed<New, Old>(self, from: &str, to: &str) -> Self
    where
        New: DeserializeOwned + 'static,
        Old: From<New> + Serialize + 'static,
    {
        let step = TypedStep::new::<New, Old>();
        self.step(from, to, Direction::Down, Step::Typed(step))
    }

    /// Says which fields the last downcast takes away, or makes up again on the way back.
    pub fn loses<F: Into<FieldPath>>(self, fields: impl IntoIterator<Item = F>) -> Self {
        let fields = fields.into_iter().map(Into::into).collect();
        self.with_loss(Loss::Fields(fields))
    }

    /// Says that the last downcast takes nothing away: upcasting its result gives the same again.
    pub fn lossless(self) -> Self {
        self.with_loss(Loss::Lossless)
    }

    /// A rule from one version to another event type, which has rules (or at least its current
    /// version) of its own.
    pub fn becomes(
        self,
        from: &str,
        event: impl Into<String>,
        version: impl Into<String>,
        transform: impl Into<Transform>,
    ) -> Self {
        self.split(from, [part(event, version, transform)])
    }

    /// A rule from one version to several events, in order. Each has rules (or at least its current
    /// version) of its own. The type itself may be among them, in another version.
    pub fn split(mut self, from: &str, parts: impl IntoIterator<Item = SplitPart>) -> Self {
        self.rules.push(DeclaredRule {
            from: from.to_owned(),
            to: parts.into_iter().map(|part| part.0).collect(),
            direction: Direction::Up,
            loss: Loss::Undeclared,
        });
        self
    }

    /// The type has another name now, in all its versions, and readers of either name read both.
    pub fn renamed_to(mut self, event: impl Into<String>) -> Self {
        self.fate = Some(Fate::RenamedTo(event.into()));
        self
    }

    /// Events of this type mean nothing any more, in any version: readers get none.
    pub fn dropped(mut self) -> Self {
        self.fate = Some(Fate::Dropped);
        self
    }

    pub(crate) fn step(
        mut self,
        from: &str,
        to: impl Into<String>,
        direction: Direction,
        step: Step,
    ) -> Self {
        let to = DeclaredPart {
            event: self.event.clone(),
            version: to.into(),
            step,
        };
        self.rules.push(DeclaredRule {
            from: from.to_owned(),
            to: vec![to],
            direction,
            loss: Loss::Undeclared,
        });
        self
    }

    fn with_loss(mut self, loss: Loss) -> Self {
        match self.rules.last_mut() {
            Some(rule) if rule.direction == Direction::Down => rule.loss = loss,
            _ => self.stray_loss = true,
        }
        self
    }
}

impl DeclaredRule {
    /// How messages name it, as in `ClaimCreated 1.0 -> 2.0`.
    pub(crate) fn label(&self, event: &str) -> String {
        let target = |part: &DeclaredPart| match part.event == event && self.to.len() == 1 {
            true => part.version.clone(),
            false => format!("{} {}", part.event, part.version),
        };
        let targets: Vec<_> = self.to.iter().map(target).collect();
        let targets = match targets.is_empty() {
            true => "nothing".to_owned(),
            false => targets.join(" + "),
        };
        format!("{event} {} -> {targets}", self.from)
    }

    /// Whether it holds a function of the program's.
    pub(crate) fn is_function(&self) -> bool {
        self.to.iter().any(|part| part.step.data().is_none())
    }
}
