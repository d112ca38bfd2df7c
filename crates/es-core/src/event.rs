//! What a user's event type must offer to be stored: stable names, versions, and its content.

use serde::{Deserializer, Serialize, Serializer};

use crate::{Privacy, RecordedEvent, TypeTag};

/// A domain event, usually an enum with one variant for each thing that can happen.
///
/// Derive it (feature `derive`), with serde underneath:
///
/// ```
/// use es_core::{Event, TypeVersion};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize)]
/// enum ClaimEvent {
///     ClaimCreated { amount: u64 },
///     #[event(name = "ClaimClosed", version = "2.0")]
///     Closed { reason: String },
/// }
///
/// let closed = ClaimEvent::Closed { reason: "paid".into() };
/// assert_eq!(closed.type_tag().name, "ClaimClosed");
/// assert_eq!(closed.type_tag().version, TypeVersion::new(2, 0));
/// assert_eq!(ClaimEvent::TYPES[0].name, "ClaimCreated");
/// ```
///
/// # Contract
/// - The names in [`TYPES`](Self::TYPES) are distinct and never change once events are stored.
/// - [`deserialize_content`](Self::deserialize_content) of what
///   [`serialize_content`](Self::serialize_content) wrote gives an equal event, for every format
///   whose codec carries all of serde's data model.
/// - The content does not hold the type's name: the store keeps that beside it.
pub trait Event: Sized + Send + Sync + 'static {
    /// Every type that this Rust type can hold, with the version that it writes.
    const TYPES: &'static [TypeTag];

    /// Which entry of [`TYPES`](Self::TYPES) this event is.
    fn type_index(&self) -> usize;

    /// Writes the fields of this event, without its name.
    ///
    /// # Errors
    /// Whatever the format or a field reports.
    fn serialize_content<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// Reads the fields of the event type `TYPES[index]`.
    ///
    /// # Errors
    /// If the content is not of that shape, or `index` is out of range.
    fn deserialize_content<'de, D: Deserializer<'de>>(
        index: usize,
        deserializer: D,
    ) -> Result<Self, D::Error>;

    /// Which entries of [`TYPES`](Self::TYPES) stand in for events that cannot be read. They are
    /// never stored.
    const STAND_INS: StandIns = StandIns::NONE;

    /// Stands in for an event whose content was erased; `#[event(erased)]` marks the variant.
    #[must_use]
    fn erased() -> Option<Self> {
        None
    }

    /// Stands in for an event that this program does not know; `#[event(unknown)]` marks the
    /// variant.
    #[must_use]
    fn unknown(event: &RecordedEvent) -> Option<Self> {
        let _ = event;
        None
    }

    /// Whom this event is about, and which of its fields are personal; `#[event(subject)]` and
    /// `#[event(personal)]` say it. `None` if it is about nobody.
    fn privacy(&self) -> Option<Privacy> {
        None
    }

    /// The name and version of this event.
    fn type_tag(&self) -> &'static TypeTag {
        &Self::TYPES[self.type_index()]
    }
}

/// Entries of [`Event::TYPES`] that are not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandIns {
    /// The one for events whose content was erased.
    pub erased: Option<usize>,
    /// The one for events of types and versions that the program does not know.
    pub unknown: Option<usize>,
}

impl StandIns {
    /// There are none.
    pub const NONE: Self = Self {
        erased: None,
        unknown: None,
    };

    /// Whether this entry is one of them.
    #[must_use]
    pub fn holds(self, index: usize) -> bool {
        self.erased == Some(index) || self.unknown == Some(index)
    }
}

/// An event's content as a serde value, to hand to a codec.
pub(crate) struct Content<'a, E>(pub(crate) &'a E);

impl<E: Event> Serialize for Content<'_, E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_content(serializer)
    }
}
