//! Puts the variant's index before the content that serde reads.

use std::fmt;

use serde::de::value::U64Deserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::refuse_other_index;

/// Answers an enum with the index of the variant and then the content, from the format.
pub(super) struct VariantDeserializer<D> {
    index: usize,
    content: D,
}

impl<D> VariantDeserializer<D> {
    pub(super) fn new(index: usize, content: D) -> Self {
        Self { index, content }
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for VariantDeserializer<D> {
    type Error = D::Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        refuse_other_index(self.index)?;
        read_empty(self.content)?;
        visitor.visit_unit()
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, D::Error> {
        Err(Error::custom(
            "an event enum must be externally tagged, as serde does by default",
        ))
    }

    fn is_human_readable(&self) -> bool {
        self.content.is_human_readable()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de, D: Deserializer<'de>> EnumAccess<'de> for VariantDeserializer<D> {
    type Error = D::Error;
    type Variant = VariantContent<D>;

    /// The index, not the name: it is the same whatever serde renames the variant to.
    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, VariantContent<D>), D::Error> {
        let index = u64::try_from(self.index).unwrap_or(u64::MAX);
        let index: U64Deserializer<D::Error> = index.into_deserializer();
        Ok((seed.deserialize(index)?, VariantContent(self.content)))
    }
}

/// The content of the variant that was named.
pub(super) struct VariantContent<D>(D);

impl<'de, D: Deserializer<'de>> VariantAccess<'de> for VariantContent<D> {
    type Error = D::Error;

    fn unit_variant(self) -> Result<(), D::Error> {
        read_empty(self.0)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, D::Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct("", fields, visitor)
    }
}

/// Reads the content of a type without fields.
///
/// It was written as a struct without fields. A human-readable format describes what it holds, so
/// there a null is taken too; other formats have to be told what comes.
fn read_empty<'de, D: Deserializer<'de>>(content: D) -> Result<(), D::Error> {
    if content.is_human_readable() {
        content.deserialize_any(Empty)
    } else {
        content.deserialize_struct("", &[], Empty)
    }
}

/// Takes nothing, and whatever fields a later version of the type has added.
struct Empty;

impl<'de> Visitor<'de> for Empty {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event without fields")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while fields.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
