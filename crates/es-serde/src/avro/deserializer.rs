//! Offers a value in the shape of a schema to serde: the way back from what
//! [`serializer`](super::serializer) does.

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, VariantAccess, Visitor,
};

use super::datum::Datum;
use super::shape::Record;
use crate::guard::Failure;

pub(super) struct DatumDeserializer<'a>(Datum<'a>);

impl<'a> DatumDeserializer<'a> {
    pub(super) fn new(value: Datum<'a>) -> Self {
        Self(value.out_of_union())
    }

    /// The value in the only field, if this is a record with one.
    fn out_of_record(self) -> Self {
        match self.0 {
            Datum::Record(record, fields) => match <[_; 1]>::try_from(fields) {
                Ok([value]) => Self::new(value).out_of_record(),
                Err(fields) => Self(Datum::Record(record, fields)),
            },
            value => Self(value),
        }
    }

    fn visit_bytes_as_seq<V: Visitor<'a>>(bytes: &[u8], visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_seq(SeqDeserializer::new(bytes.iter().copied()))
    }
}

impl<'a> Datum<'a> {
    fn out_of_union(self) -> Self {
        match self {
            Self::Union(_, value) => value.out_of_union(),
            value => value,
        }
    }
}

impl<'a> IntoDeserializer<'a, Failure> for DatumDeserializer<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn list<'a>(
    values: Vec<Datum<'a>>,
) -> SeqDeserializer<impl Iterator<Item = DatumDeserializer<'a>>, Failure> {
    SeqDeserializer::new(values.into_iter().map(DatumDeserializer::new))
}

fn visit_fields<'a, V: Visitor<'a>>(
    record: &Record,
    values: Vec<Datum<'a>>,
    visitor: V,
) -> Result<V::Value, Failure> {
    let names = record.fields.iter().map(|field| field.name.clone());
    let values = values.into_iter().map(DatumDeserializer::new);
    visitor.visit_map(MapDeserializer::new(names.zip(values)))
}

fn visit_entries<'a, V: Visitor<'a>>(
    entries: Vec<(Cow<'a, str>, Datum<'a>)>,
    visitor: V,
) -> Result<V::Value, Failure> {
    let entries = entries.into_iter();
    let entries = entries.map(|(key, value)| (key, DatumDeserializer::new(value)));
    visitor.visit_map(MapDeserializer::new(entries))
}

macro_rules! out_of_record {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
            self.out_of_record().deserialize_any(visitor)
        }
    )*};
}

impl<'a> Deserializer<'a> for DatumDeserializer<'a> {
    type Error = Failure;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Datum::Null => visitor.visit_unit(),
            Datum::Boolean(value) => visitor.visit_bool(value),
            Datum::Long(value) => visitor.visit_i64(value),
            Datum::Float(value) => visitor.visit_f32(value),
            Datum::Double(value) => visitor.visit_f64(value),
            Datum::Bytes(Cow::Borrowed(bytes)) | Datum::Fixed(Cow::Borrowed(bytes)) => {
                visitor.visit_borrowed_bytes(bytes)
            }
            Datum::Bytes(Cow::Owned(bytes)) | Datum::Fixed(Cow::Owned(bytes)) => {
                visitor.visit_byte_buf(bytes)
            }
            Datum::Text(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
            Datum::Text(Cow::Owned(text)) => visitor.visit_string(text),
            Datum::Enum(symbols, index) => visitor.visit_str(&symbols.symbols[index]),
            Datum::Array(values) => visitor.visit_seq(list(values)),
            Datum::Map(entries) => visit_entries(entries, visitor),
            Datum::Record(record, values) => visit_fields(&record, values, visitor),
            Datum::Union(_, value) => Self::new(*value).deserialize_any(visitor),
        }
    }

    out_of_record! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Datum::Null => visitor.visit_none(),
            value => visitor.visit_some(Self(value)),
        }
    }

    fn deserialize_unit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.0 {
            Datum::Record(_, fields) if fields.is_empty() => visitor.visit_unit(),
            value => Self(value).deserialize_any(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.0 {
            Datum::Record(..) => visitor.visit_unit(),
            value => Self(value).deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.out_of_record().0 {
            Datum::Bytes(bytes) | Datum::Fixed(bytes) => Self::visit_bytes_as_seq(&bytes, visitor),
            value => Self(value).deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'a>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.0 {
            Datum::Record(_, fields) if fields.len() == len => visitor.visit_seq(list(fields)),
            value => Self(value).deserialize_seq(visitor),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_tuple(len, visitor)
    }

    /// A record stands for a map only if no map is inside.
    fn deserialize_map<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        if self.0.holds_only_a_map() {
            self.out_of_record().deserialize_any(visitor)
        } else {
            self.deserialize_any(visitor)
        }
    }

    /// A record was only put around the struct if it has a single field, which the struct has not.
    fn deserialize_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match &self.0 {
            Datum::Record(record, values)
                if matches!(&**values, [value] if value.is_record())
                    && !fields.contains(&record.fields[0].name.as_str()) =>
            {
                let inside = self.out_of_one_record();
                inside.deserialize_struct(name, fields, visitor)
            }
            _ => self.deserialize_any(visitor),
        }
    }

    /// A record is the variant that has its name. Another one with a single field was only put
    /// around the enum.
    fn deserialize_enum<V: Visitor<'a>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        match self.0 {
            Datum::Enum(symbols, index) => {
                visitor.visit_enum(symbols.symbols[index].as_str().into_deserializer())
            }
            Datum::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Datum::Record(record, fields) => {
                if variants.contains(&record.name.short.as_str()) || fields.len() != 1 {
                    return visitor.visit_enum(RecordVariant { record, fields });
                }
                let value = Self(Datum::Record(record, fields)).out_of_one_record();
                value.deserialize_enum(name, variants, visitor)
            }
            _ => Err(Failure::custom("")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_unit()
    }

    fn deserialize_identifier<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_any(visitor)
    }
}

impl DatumDeserializer<'_> {
    fn out_of_one_record(self) -> Self {
        match self.0 {
            Datum::Record(_, mut fields) if fields.len() == 1 => {
                Self::new(fields.pop().unwrap_or(Datum::Null))
            }
            value => Self(value),
        }
    }
}

impl Datum<'_> {
    fn is_record(&self) -> bool {
        match self {
            Self::Record(..) => true,
            Self::Union(_, value) => value.is_record(),
            _ => false,
        }
    }

    fn holds_only_a_map(&self) -> bool {
        match self {
            Self::Map(_) => true,
            Self::Union(_, value) => value.holds_only_a_map(),
            Self::Record(_, fields) => match &**fields {
                [value] => value.holds_only_a_map(),
                _ => false,
            },
            _ => false,
        }
    }
}

/// A variant, from the record that has its name.
struct RecordVariant<'a> {
    record: Arc<Record>,
    fields: Vec<Datum<'a>>,
}

impl<'a> EnumAccess<'a> for RecordVariant<'a> {
    type Error = Failure;
    type Variant = DatumDeserializer<'a>;

    fn variant_seed<S: DeserializeSeed<'a>>(
        self,
        seed: S,
    ) -> Result<(S::Value, DatumDeserializer<'a>), Failure> {
        let name = self.record.name.short.as_str();
        let name: serde::de::value::StrDeserializer<'_, Failure> = name.into_deserializer();
        let name = seed.deserialize(name)?;
        Ok((
            name,
            DatumDeserializer(Datum::Record(self.record, self.fields)),
        ))
    }
}

impl<'a> VariantAccess<'a> for DatumDeserializer<'a> {
    type Error = Failure;

    fn unit_variant(self) -> Result<(), Failure> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'a>>(self, seed: S) -> Result<S::Value, Failure> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'a>>(self, len: usize, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        self.deserialize_any(visitor)
    }
}
