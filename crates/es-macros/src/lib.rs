//! `#[derive(Event)]`: stable names, versions and content of event types, for the crate `es-core`.
//!
//! Use it through `es-core`'s feature `derive`, which re-exports it beside the trait, or through
//! `event-sourcing`. The macro says what the types of an event are called and which versions they
//! have; how their fields are written stays with serde. What it cannot store as asked, it refuses
//! at compile time, at the place and with the remedy.

mod attributes;
mod crate_path;
mod definition;
mod event_name;
mod event_type;
mod event_version;
mod expand;
mod problems;
mod serde_attributes;

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
/// Fields take no key of `event`; the key `personal` is reserved.
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
