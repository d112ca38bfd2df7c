//! What a rule does to a content to make one event of it.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Transform;
use crate::transform::DataStep;
use crate::typed::TypedStep;

#[derive(Debug, Clone)]
pub(crate) enum Step {
    Fields(Transform),
    Typed(TypedStep),
    /// A function that was not in the stored rule set.
    NotHere,
}

/// Stands for a function in a stored rule set.
const FUNCTION: &str = "function";

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Stored {
    Fields(Vec<DataStep>),
    Function(String),
}

impl Step {
    /// What it does, as data; `None` for a function.
    pub(crate) fn data(&self) -> Option<Vec<DataStep>> {
        match self {
            Self::Fields(transform) => transform.data(),
            Self::Typed(_) | Self::NotHere => None,
        }
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = match self.data() {
            Some(steps) => Stored::Fields(steps),
            None => Stored::Function(FUNCTION.to_owned()),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Stored::deserialize(deserializer)? {
            Stored::Fields(steps) => Ok(Self::Fields(Transform::from_data(steps))),
            Stored::Function(word) if word == FUNCTION => Ok(Self::NotHere),
            Stored::Function(_) => Err(D::Error::custom("a step is a list of changes")),
        }
    }
}
