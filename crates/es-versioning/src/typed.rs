//! Rules by way of Rust types: the struct of each version, and `From` between them.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use es_core::{Codec, CodecError, CodecExt, TypeTag};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::event_rules::Direction;
use crate::step::Step;
use crate::{EventRules, for_event};

type Convert =
    dyn Fn(&dyn Codec, &TypeTag, &TypeTag, &[u8]) -> Result<Bytes, CodecError> + Send + Sync;
type Read<T> = Arc<dyn Fn(&dyn Codec, &TypeTag, &[u8]) -> Result<T, CodecError> + Send + Sync>;

/// Decodes one type, converts it, and encodes another.
#[derive(Clone)]
pub(crate) struct TypedStep(Arc<Convert>);

impl TypedStep {
    pub(crate) fn new<Old, New>() -> Self
    where
        Old: DeserializeOwned + 'static,
        New: From<Old> + Serialize + 'static,
    {
        Self::reading::<New>(then_into(read::<Old>()))
    }

    fn reading<T: Serialize + 'static>(read: Read<T>) -> Self {
        Self(Arc::new(move |codec, from, to, data| {
            codec.encode(to, &read(codec, from, data)?)
        }))
    }

    pub(crate) fn apply(
        &self,
        codec: &dyn Codec,
        from: &TypeTag,
        to: &TypeTag,
        data: &[u8],
    ) -> Result<Bytes, CodecError> {
        (self.0)(codec, from, to, data)
    }
}

impl fmt::Debug for TypedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedStep")
    }
}

fn read<T: DeserializeOwned + 'static>() -> Read<T> {
    Arc::new(|codec, tag, data| codec.decode_value(tag, data))
}

fn then_into<Old: 'static, New: From<Old> + 'static>(read: Read<Old>) -> Read<New> {
    Arc::new(move |codec, tag, data| read(codec, tag, data).map(New::from))
}

/// A chain of Rust types, one for each version of an event's content; [`typed`] starts it.
///
/// It holds a rule from each version to each later one: what is stored is decoded once, converted
/// by `From` from type to type, and encoded once, with the codec that it is stored with.
#[must_use = "rules do nothing until they are given to `Upcasts`"]
pub struct Typed<T> {
    rules: EventRules,
    version: String,
    /// How to read a `T` from what is stored in each version so far.
    reads: Vec<(String, Read<T>)>,
}

/// Starts a chain of Rust types at the oldest version. The last version is the current one.
///
/// ```
/// use es_core::{TypeName, TypeTag, TypeVersion};
/// use es_versioning::{Upcasts, typed};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct CreatedV1 { amount: u64 }
/// #[derive(Serialize, Deserialize)]
/// struct CreatedV2 { cents: u64 }
///
/// impl From<CreatedV1> for CreatedV2 {
///     fn from(old: CreatedV1) -> Self {
///         Self { cents: old.amount * 100 }
///     }
/// }
///
/// let upcasts = Upcasts::new()
///     .event(typed::<CreatedV1>("ClaimCreated", "1.0").into::<CreatedV2>("2.0"))
///     .build()?;
///
/// let tag = |major| TypeTag::new(TypeName::from_static("ClaimCreated"), TypeVersion::new(major, 0));
/// let old = serde_json::json!({ "amount": 12 });
/// let read = upcasts.translate(&tag(1), old, &[tag(2)])?;
/// assert_eq!(read, [(tag(2), serde_json::json!({ "cents": 1_200 }))]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn typed<T: DeserializeOwned + 'static>(
    event: impl Into<String>,
    version: impl Into<String>,
) -> Typed<T> {
    let version = version.into();
    Typed {
        rules: for_event(event),
        reads: vec![(version.clone(), read())],
        version,
    }
}

impl<T: 'static> Typed<T> {
    /// The type of the next version.
    pub fn into<U>(self, version: impl Into<String>) -> Typed<U>
    where
        U: From<T> + Serialize + DeserializeOwned + 'static,
    {
        let version = version.into();
        let mut rules = self.rules;
        let mut reads = Vec::new();
        for (from, read) in self.reads {
            let read = then_into::<T, U>(read);
            let step = Step::Typed(TypedStep::reading(Arc::clone(&read)));
            rules = rules.step(&from, version.clone(), Direction::Up, step);
            reads.push((from, read));
        }
        reads.push((version.clone(), self::read()));
        Typed {
            rules,
            version,
            reads,
        }
    }
}

impl<T> From<Typed<T>> for EventRules {
    fn from(typed: Typed<T>) -> Self {
        typed.rules.current(typed.version)
    }
}

impl<T> fmt::Debug for Typed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed")
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}
