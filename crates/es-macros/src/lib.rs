//! `#[derive(Event)]`: stable names, versions and content of event types, for the crate `es-core`.
//!
//! Use it through `es-core`'s feature `derive`, which re-exports it beside the trait, or through
//! `event-sourcing`. The macro says what the types of an event are called and which versions they
//! have; how their fields are written stays with serde. What it cannot store as asked, it refuses
//! at compile time, at the place and with the remedy.

mod attributes;
mod crate_path;
mod definition;
mod entry;
mod event_name;
mod event_type;
mod event_version;
mod expand;
mod expand_privacy;
mod expand_stand_ins;
mod field_attributes;
mod privacy;
mod problems;
mod serde_attributes;
mod serde_names;
mod stand_ins;

use proc_macro::TokenStream;

/// Derives `es_core::Event` for an enum, whose variants are one event type each, or for a struct,
/// which is one.
///
/// Derive serde's `Serialize` and `Deserialize` beside it.
///
/// ```
/// use es_core::{Event, TypeVersion};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
/// enum ClaimEvent {
///     Created { amount: u64 },
///     #[event(name = "ClaimClosed", version = "2.0")]
///     Closed { reason: String },
///     Reopened,
/// }
///
/// #[derive(Event, Serialize, Deserialize)]
/// #[event(version = "1.1")]
/// struct ClaimPaid {
///     amount: u64,
/// }
///
/// let names: Vec<_> = ClaimEvent::TYPES.iter().map(|tag| tag.name.as_str()).collect();
/// assert_eq!(names, ["Created", "ClaimClosed", "Reopened"]);
/// assert_eq!(ClaimEvent::TYPES[1].version, TypeVersion::new(2, 0));
/// assert_eq!(ClaimPaid::TYPES[0].version, TypeVersion::new(1, 1));
///
/// // The content holds the fields; the name is stored beside it.
/// let mut json = Vec::new();
/// let created = ClaimEvent::Created { amount: 1_000 };
/// created.serialize_content(&mut serde_json::Serializer::new(&mut json))?;
/// assert_eq!(json, br#"{"amount":1000}"#);
///
/// let mut reader = serde_json::Deserializer::from_slice(&json);
/// assert_eq!(ClaimEvent::deserialize_content(created.type_index(), &mut reader)?, created);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Attributes
/// On a variant, or on the struct:
///
/// - `#[event(name = "...")]`: the name that is stored, of 1 to 256 bytes without control
///   characters. Without it the name is that of the variant or struct. Give one before you rename
///   the Rust type: stored events keep the name that they were written with.
/// - `#[event(version = "2.0")]`: the version of the shape, as `major.minor`; `1.0` without it.
///
/// On the enum or struct:
///
/// - `#[event(crate = "path")]`: where `es-core` is to be found, if it is neither a dependency by
///   itself nor through `event-sourcing` (which has it as `event_sourcing::core`).
///
/// The keys `subject` and `personal` are explained below, as are `erased` and `unknown`.
///
/// # Personal data
/// A sealing store encrypts what is about a person with a key of that subject. It is told by:
///
/// - `#[event(personal)]` on fields in braces: these are personal. Each is a `Personal<T>`, or an
///   `Option` of one, since it has to be readable once it was erased. The name under which it is
///   stored is taken from serde's attributes; where they do not tell it, or `Serialize` is not
///   derived, write `#[event(personal = "storedName")]`. A given name is taken as it is.
/// - `#[event(personal)]` on a variant or struct: all of its content is.
/// - `#[event(subject)]` on the one field whose value (`Display`) names the subject, or
///   `#[event(subject = "field")]` on the variant or struct. On the enum, it holds for each variant
///   that has such a field and names no subject itself; of those, the ones that mark nothing
///   personal are not personal.
///
/// ```
/// use es_core::{Event, Personal};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize)]
/// #[serde(rename_all_fields = "camelCase")]
/// #[event(subject = "claimant")]
/// enum ClaimEvent {
///     Created {
///         claimant: u32,
///         #[event(personal)]
///         full_name: Personal<String>,
///     },
///     #[event(personal)]
///     Rejected { claimant: u32, reason: String },
///     Approved { claimant: u32 },
/// }
///
/// let full_name = Personal::new("Jane".to_owned());
/// let privacy = ClaimEvent::Created { claimant: 7, full_name }.privacy().unwrap();
/// assert_eq!(privacy.subjects(), ["7"]);
/// assert_eq!(privacy.fields(), Some(&["fullName"][..]));
///
/// let reason = "ill".to_owned();
/// let privacy = ClaimEvent::Rejected { claimant: 7, reason }.privacy().unwrap();
/// assert_eq!(privacy.fields(), None); // all of it
/// assert!(ClaimEvent::Approved { claimant: 7 }.privacy().is_none());
/// ```
///
/// # Stand-ins
/// One variant of each kind may stand in for events that cannot be read. It is never stored, and
/// has no version.
///
/// - `#[event(erased)]`, without fields: for events whose content was erased.
/// - `#[event(unknown)]`, with one field in parentheses that holds a `RecordedEvent` or a `Box` of
///   it: for events of other types and versions, where the codecs are set to `OnUnknown::Raw`.
///
/// ```
/// use es_core::{Event, RecordedEvent};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Event, Serialize, Deserialize)]
/// enum ClaimEvent {
///     Created { amount: u64 },
///     #[event(erased)]
///     Erased,
///     #[event(unknown)]
///     Unknown(Box<RecordedEvent>),
/// }
///
/// assert_eq!(ClaimEvent::erased(), Some(ClaimEvent::Erased));
/// assert!(ClaimEvent::STAND_INS.holds(2));
/// ```
///
/// # Content
/// - Fields in braces are written as a struct, several fields in parentheses as a tuple, and one
///   field in parentheses as its value alone.
/// - A variant or struct without fields is written as a struct without fields (`{}` in JSON). Read,
///   it takes fields that it does not know, so that it can gain some later.
/// - serde's attributes on fields work as ever, and so do those that rename. Variants are told apart
///   by the stored event name, so serde's name of a variant plays no part.
///
/// # Errors
/// These do not compile, since the store could not read them back by their names: enums that are not
/// externally tagged (serde's `tag`, `content`, `untagged`) or go through another type (`from`,
/// `try_from`, `into`, `remote`), variants that serde skips or merges (`skip`, `other`, `untagged`),
/// two variants of one name, types with a lifetime, and types that serde was not derived for:
///
/// ```compile_fail,E0277
/// #[derive(es_core::Event)]
/// struct ClaimPaid {
///     amount: u64,
/// }
/// ```
///
/// # Generics
/// A generic type is an event for those arguments for which it can be written, read, sent between
/// threads and kept:
///
/// ```
/// use es_core::Event;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Event, Serialize, Deserialize)]
/// enum Changed<T> {
///     Set(T),
///     Cleared,
/// }
///
/// assert_eq!(Changed::Set(7_u8).type_tag().name, "Set");
/// ```
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    syn::parse(input)
        .and_then(definition::Definition::new)
        .map_or_else(
            |error| error.into_compile_error(),
            |definition| expand::expand(&definition),
        )
        .into()
}
