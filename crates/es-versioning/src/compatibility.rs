//! Whether a new version of an event can be rolled out.

use std::fmt;

use es_core::TypeTag;
use serde::{Deserialize, Serialize};

use crate::{EventSchema, SchemaMismatch, SchemaSet, Upcasts};

/// Who must be able to read whose events.
///
/// A way of rules from one version to another counts as being able, since rules carry the content;
/// only where rules leave it [unchanged](crate::unchanged), or there are none, the shapes must fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Compatibility {
    /// The new version reads the events of the one before.
    Backward,
    /// The new version reads the events of all before. Events live for ever, so this is the least
    /// that a store needs.
    #[default]
    BackwardTransitive,
    /// The version before reads events of the new one.
    Forward,
    /// All versions before read events of the new one.
    ForwardTransitive,
    /// Both, for the version before.
    Full,
    /// Both, for all versions before.
    FullTransitive,
    /// Nothing is asked.
    None,
}

impl Compatibility {
    /// Compares a new version with those before it in `earlier`.
    ///
    /// ```
    /// use es_core::{TypeName, TypeTag, TypeVersion};
    /// use es_versioning::{Compatibility, EventSchema, SchemaSet, Upcasts};
    /// use serde_json::json;
    ///
    /// let tag = |major| TypeTag::new(TypeName::from_static("ClaimCreated"), TypeVersion::new(major, 0));
    /// let mut earlier = SchemaSet::new();
    /// earlier.insert(EventSchema::new(tag(1), &json!({ "type": "object" })));
    /// let new = EventSchema::new(tag(2), &json!({
    ///     "type": "object",
    ///     "properties": { "category": { "type": "string" } },
    ///     "required": ["category"],
    /// }));
    ///
    /// let refused = Compatibility::default().check(&earlier, &new, &Upcasts::none()).unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     "ClaimCreated 2.0 cannot read events of 1.0: \
    ///      field category is required, and there is no value for it",
    /// );
    /// ```
    ///
    /// # Errors
    /// [`Incompatibilities`], with all that does not fit.
    pub fn check(
        self,
        earlier: &SchemaSet,
        new: &EventSchema,
        upcasts: &Upcasts,
    ) -> Result<(), Incompatibilities> {
        let older = earlier
            .versions(&new.name)
            .rev()
            .filter(|old| old.version < new.version);
        let older: Vec<_> = older.take(self.reach()).collect();
        let mut found = Vec::new();
        for old in older {
            if self.is_backward() {
                found.extend(unread(new, old, upcasts));
            }
            if self.is_forward() {
                found.extend(unread(old, new, upcasts));
            }
        }
        if found.is_empty() {
            Ok(())
        } else {
            Err(Incompatibilities { found })
        }
    }

    fn is_backward(self) -> bool {
        matches!(
            self,
            Self::Backward | Self::BackwardTransitive | Self::Full | Self::FullTransitive
        )
    }

    fn is_forward(self) -> bool {
        matches!(
            self,
            Self::Forward | Self::ForwardTransitive | Self::Full | Self::FullTransitive
        )
    }

    /// How many earlier versions are looked at.
    fn reach(self) -> usize {
        match self {
            Self::Backward | Self::Forward | Self::Full => 1,
            Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive => usize::MAX,
            Self::None => 0,
        }
    }
}

fn unread(reader: &EventSchema, writer: &EventSchema, upcasts: &Upcasts) -> Vec<Incompatible> {
    let (read, written) = (reader.tag(), writer.tag());
    let known = std::slice::from_ref(&read);
    if upcasts.leads(&written, known) && upcasts.unchanged_as(&written, known).is_none() {
        return Vec::new();
    }
    let incompatible = |mismatch| Incompatible {
        reader: read.clone(),
        writer: written.clone(),
        mismatch,
    };
    let mismatches = reader.mismatches(writer);
    mismatches.into_iter().map(incompatible).collect()
}

/// All for which a new version is not compatible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Incompatibilities {
    /// What does not fit; at least one.
    pub found: Vec<Incompatible>,
}

impl fmt::Display for Incompatibilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, incompatible) in self.found.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{incompatible}")?;
        }
        Ok(())
    }
}

/// A field for which one version cannot read the events of another. Add a rule between the two, or
/// make the field fit (`#[serde(default)]` for one that is missing).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incompatible {
    /// The version that would read.
    pub reader: TypeTag,
    /// The version that was written.
    pub writer: TypeTag,
    /// What does not fit.
    pub mismatch: SchemaMismatch,
}

impl fmt::Display for Incompatible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reader, writer) = (&self.reader, self.writer.version);
        write!(
            f,
            "{reader} cannot read events of {writer}: {}",
            self.mismatch
        )
    }
}
