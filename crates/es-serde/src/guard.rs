//! Stands between a type and a binary format, so that bytes from anywhere are safe to read: it
//! bounds how deep values nest and how many there are, and says what is wrong in words that show
//! no content.
//!
//! The words have to be caught where they arise. On its way out of nested values an error passes
//! each format and `erased_serde` as text. bincode quotes the text again at each level: eight bytes
//! that end too early make a message of 268 MB, and every further one eight times as much.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt::{self, Display};

use es_core::codec::{DecodeVisitor, erased};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

/// How deep values may nest: each option, newtype, list, map, struct and enum is a level.
pub(crate) const MAX_DEPTH: usize = 128;

/// How many values without a byte of their own a payload may hold in its lists: nothing else
/// bounds them.
#[cfg(any(feature = "bincode", feature = "postcard"))]
const MAX_EMPTY_ELEMENTS: usize = 65_536;

/// Why a payload cannot be read, without anything that is in it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(Cow<'static, str>);

impl Failure {
    pub(crate) const fn new(words: &'static str) -> Self {
        Self(Cow::Borrowed(words))
    }
}

/// serde's messages without the value that they quote.
impl Error for Failure {
    /// What a type says of its own may quote a value.
    fn custom<T: Display>(_: T) -> Self {
        Self::new("the type refuses a value")
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid type, expected {expected}").into())
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(format!("invalid value, expected {expected}").into())
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self(format!("invalid length, expected {expected}").into())
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("unknown variant")
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("unknown field")
    }

    fn missing_field(field: &'static str) -> Self {
        Self(format!("missing field `{field}`").into())
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self(format!("duplicate field `{field}`").into())
    }
}

/// What is known while one payload is read.
pub(crate) struct Guard {
    /// Says in our words what an error of the format means.
    words: fn(&str) -> &'static str,
    depth: Cell<usize>,
    /// How many elements of lists, entries of maps and fields of structs may still come.
    elements: Cell<usize>,
    /// The first failure; the others are what became of it.
    failure: RefCell<Option<Failure>>,
}

impl Guard {
    /// Guards a payload of this many bytes. Each of them may be an element at each level.
    #[cfg(any(feature = "bincode", feature = "postcard"))]
    pub(crate) fn new(bytes: usize, words: fn(&str) -> &'static str) -> Self {
        let elements = bytes
            .saturating_mul(MAX_DEPTH)
            .saturating_add(MAX_EMPTY_ELEMENTS);
        Self {
            elements: Cell::new(elements),
            ..Self::unbounded(words)
        }
    }

    /// Guards what is in memory already, so that the number of elements is bounded.
    pub(crate) fn unbounded(words: fn(&str) -> &'static str) -> Self {
        Self {
            words,
            depth: Cell::new(0),
            elements: Cell::new(usize::MAX),
            failure: RefCell::new(None),
        }
    }

    /// What hands a guarded deserializer to `visit`.
    pub(crate) fn seed<'g, 'v, 'f>(
        &'g self,
        visit: &'v mut DecodeVisitor<'f>,
    ) -> Guarded<'g, Visit<'v, 'f>> {
        self.guard(Visit(visit))
    }

    /// The first failure, if the format reports one.
    pub(crate) fn outcome<T, E: Error>(&self, result: Result<T, E>) -> Result<T, Failure> {
        result.map_err(|error| {
            let words = || Failure::new((self.words)(&error.to_string()));
            self.first(words)
        })
    }

    fn guard<T>(&self, inner: T) -> Guarded<'_, T> {
        Guarded { inner, guard: self }
    }

    fn first(&self, failure: impl FnOnce() -> Failure) -> Failure {
        let mut first = self.failure.borrow_mut();
        first.get_or_insert_with(failure).clone()
    }

    /// Sends a failure through the format, which need not carry its words.
    fn through_format<T, E: Error>(&self, result: Result<T, Failure>) -> Result<T, E> {
        result.map_err(|failure| E::custom(self.first(|| failure)))
    }

    fn nested<T>(&self, read: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        if self.depth.get() == MAX_DEPTH {
            return Err(self.first(|| Failure::new("values nest more than 128 deep")));
        }
        self.depth.set(self.depth.get() + 1);
        let result = read();
        self.depth.set(self.depth.get() - 1);
        result
    }

    fn count_element(&self) -> Result<(), Failure> {
        match self.elements.get().checked_sub(1) {
            Some(rest) => {
                self.elements.set(rest);
                Ok(())
            }
            None => Err(self.first(|| Failure::new("lists hold more elements than bytes"))),
        }
    }
}

/// A part of serde's conversation, under guard.
pub(crate) struct Guarded<'g, T> {
    inner: T,
    guard: &'g Guard,
}

/// Hands the deserializer to the caller of [`decode`](es_core::Codec::decode).
pub(crate) struct Visit<'v, 'f>(&'v mut DecodeVisitor<'f>);

impl<'de> DeserializeSeed<'de> for Visit<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        (self.0)(&mut <dyn erased::Deserializer<'_>>::erase(deserializer)).map_err(Error::custom)
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Guarded<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, format: D) -> Result<S::Value, D::Error> {
        let value = self.inner.deserialize(self.guard.guard(format));
        self.guard.through_format(value)
    }
}

macro_rules! deserialize {
    ($($method:ident($($name:ident: $argument:ty),*) as $of_format:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($name: $argument,)*
            visitor: V,
        ) -> Result<V::Value, Failure> {
            let Self { inner, guard } = self;
            guard.nested(|| guard.outcome(inner.$of_format($($name,)* guard.guard(visitor))))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Guarded<'_, D> {
    type Error = Failure;

    // Texts and bytes are asked for as borrowed, so that a length is compared with what is there
    // before anything is allocated.
    deserialize! {
        deserialize_any() as deserialize_any;
        deserialize_bool() as deserialize_bool;
        deserialize_i8() as deserialize_i8;
        deserialize_i16() as deserialize_i16;
        deserialize_i32() as deserialize_i32;
        deserialize_i64() as deserialize_i64;
        deserialize_i128() as deserialize_i128;
        deserialize_u8() as deserialize_u8;
        deserialize_u16() as deserialize_u16;
        deserialize_u32() as deserialize_u32;
        deserialize_u64() as deserialize_u64;
        deserialize_u128() as deserialize_u128;
        deserialize_f32() as deserialize_f32;
        deserialize_f64() as deserialize_f64;
        deserialize_char() as deserialize_char;
        deserialize_str() as deserialize_str;
        deserialize_string() as deserialize_str;
        deserialize_bytes() as deserialize_bytes;
        deserialize_byte_buf() as deserialize_bytes;
        deserialize_option() as deserialize_option;
        deserialize_unit() as deserialize_unit;
        deserialize_unit_struct(name: &'static str) as deserialize_unit_struct;
        deserialize_newtype_struct(name: &'static str) as deserialize_newtype_struct;
        deserialize_seq() as deserialize_seq;
        deserialize_tuple(len: usize) as deserialize_tuple;
        deserialize_tuple_struct(name: &'static str, len: usize) as deserialize_tuple_struct;
        deserialize_map() as deserialize_map;
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
            as deserialize_struct;
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
            as deserialize_enum;
        deserialize_identifier() as deserialize_identifier;
        deserialize_ignored_any() as deserialize_ignored_any;
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident($argument:ty);)*) => {$(
        fn $method<E: Error>(self, value: $argument) -> Result<V::Value, E> {
            self.guard.through_format(self.inner.$method(value))
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Guarded<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visit! {
        visit_bool(bool);
        visit_i8(i8);
        visit_i16(i16);
        visit_i32(i32);
        visit_i64(i64);
        visit_i128(i128);
        visit_u8(u8);
        visit_u16(u16);
        visit_u32(u32);
        visit_u64(u64);
        visit_u128(u128);
        visit_f32(f32);
        visit_f64(f64);
        visit_char(char);
        visit_str(&str);
        visit_borrowed_str(&'de str);
        visit_string(String);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'de [u8]);
        visit_byte_buf(Vec<u8>);
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.guard.through_format(self.inner.visit_none())
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.guard.through_format(self.inner.visit_unit())
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        let value = self.inner.visit_some(self.guard.guard(value));
        self.guard.through_format(value)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, value: D) -> Result<V::Value, D::Error> {
        let value = self.inner.visit_newtype_struct(self.guard.guard(value));
        self.guard.through_format(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<V::Value, A::Error> {
        let value = self.inner.visit_seq(self.guard.guard(elements));
        self.guard.through_format(value)
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        let value = self.inner.visit_map(self.guard.guard(entries));
        self.guard.through_format(value)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        let value = self.inner.visit_enum(self.guard.guard(variant));
        self.guard.through_format(value)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Guarded<'_, A> {
    type Error = Failure;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Failure> {
        self.guard.count_element()?;
        let seed = self.guard.guard(seed);
        self.guard.outcome(self.inner.next_element_seed(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Guarded<'_, A> {
    type Error = Failure;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Failure> {
        self.guard.count_element()?;
        let seed = self.guard.guard(seed);
        self.guard.outcome(self.inner.next_key_seed(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Failure> {
        let seed = self.guard.guard(seed);
        self.guard.outcome(self.inner.next_value_seed(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, 'g, A: EnumAccess<'de>> EnumAccess<'de> for Guarded<'g, A> {
    type Error = Failure;
    type Variant = Guarded<'g, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Failure> {
        let variant = self.inner.variant_seed(self.guard.guard(seed));
        let (name, content) = self.guard.outcome(variant)?;
        Ok((name, self.guard.guard(content)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Guarded<'_, A> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        self.guard.outcome(self.inner.unit_variant())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Failure> {
        let seed = self.guard.guard(seed);
        self.guard.outcome(self.inner.newtype_variant_seed(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Failure> {
        let visitor = self.guard.guard(visitor);
        self.guard.outcome(self.inner.tuple_variant(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let visitor = self.guard.guard(visitor);
        self.guard
            .outcome(self.inner.struct_variant(fields, visitor))
    }
}
