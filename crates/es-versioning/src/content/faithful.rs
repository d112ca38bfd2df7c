//! Content as JSON values, without a change that nobody asked for.
//!
//! serde_json's own reading turns a float that is no number into null, and takes the last of two
//! fields with one name.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A value that is just what was written, or an error.
#[derive(Debug)]
pub(super) struct Faithful(pub(super) Value);

impl<'de> Deserialize<'de> for Faithful {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read).map(Self)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what JSON can hold")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a float that is no number"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Faithful(element)) = elements.next_element()? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some((name, Faithful(value))) = entries.next_entry::<String, _>()? {
            if fields.insert(name, value).is_some() {
                return Err(A::Error::custom("a field is there twice"));
            }
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::value::{BytesDeserializer, Error, F64Deserializer, U128Deserializer};

    use super::*;

    proptest! {
        #[test]
        fn every_value_is_read_as_it_is(value in crate::testing::objects()) {
            let Faithful(read) = Faithful::deserialize(&value).unwrap();
            prop_assert_eq!(read, value);
        }
    }

    #[test]
    fn what_json_cannot_hold_is_refused() {
        for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(Faithful::deserialize(F64Deserializer::<Error>::new(float)).is_err());
        }
        assert!(Faithful::deserialize(U128Deserializer::<Error>::new(u128::MAX)).is_err());
        assert!(Faithful::deserialize(BytesDeserializer::<Error>::new(b"bytes")).is_err());
    }

    #[test]
    fn a_field_that_is_there_twice_is_refused_without_its_name() {
        let error = serde_json::from_str::<Faithful>(r#"{"SECRET":1,"SECRET":2}"#).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("a field is there twice"), "{message}");
        assert!(!message.contains("SECRET"));
    }
}
