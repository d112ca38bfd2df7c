//! Reads and writes an event's content without its name, for the code that `#[derive(Event)]`
//! makes.
//!
//! serde writes an enum as its variant's name around the variant's fields. The store keeps the
//! name beside the content, so these adapters stand between serde and the format: they take the
//! name away when an event is written, and answer with the variant's index when it is read.
//! Choosing the type, its name and its version is left to [`Event`](crate::Event).

mod deserializer;
mod serializer;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserializer, Serialize, Serializer};

use self::deserializer::VariantDeserializer;
use self::serializer::VariantSerializer;

/// What an event type needs of serde. Whatever has it is one of these; the trait is here for its
/// words when a derive is missing.
#[diagnostic::on_unimplemented(
    message = "the event `{Self}` cannot be written and read with serde",
    label = "derive `Serialize` and `Deserialize` too, and hold no borrowed data",
    note = "write `#[derive(Event, Serialize, Deserialize)]`"
)]
pub trait EventContent: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<E: Serialize + DeserializeOwned> EventContent for E {}

/// Writes the content of an event without the name of its type.
///
/// `NAMED` says that serde writes a name which has to go: that of an enum's variant, or of a struct
/// without fields. Any other struct is written as it is. A type without fields is written as a
/// struct without fields, so that it can gain some later.
///
/// # Errors
/// If the format or a field fails, or serde does not write one name around the content: the enum
/// must be externally tagged, which is serde's default.
pub fn serialize_variant<const NAMED: bool, E, S>(
    event: &E,
    serializer: S,
) -> Result<S::Ok, S::Error>
where
    E: EventContent,
    S: Serializer,
{
    if NAMED {
        event.serialize(VariantSerializer::new(serializer))
    } else {
        event.serialize(serializer)
    }
}

/// Reads the content of the event type with this index, which
/// [`serialize_variant`] wrote with the same `NAMED`.
///
/// # Errors
/// If the content is not of that type's shape, or there is no such type: a struct has only the
/// index 0.
pub fn deserialize_variant<'de, const NAMED: bool, E, D>(
    index: usize,
    deserializer: D,
) -> Result<E, D::Error>
where
    E: EventContent,
    D: Deserializer<'de>,
{
    if NAMED {
        E::deserialize(VariantDeserializer::new(index, deserializer))
    } else {
        refuse_other_index(index)?;
        E::deserialize(deserializer)
    }
}

fn refuse_other_index<E: Error>(index: usize) -> Result<(), E> {
    match index {
        0 => Ok(()),
        _ => Err(E::custom(format_args!(
            "a struct is one event type, and has none with index {index}"
        ))),
    }
}
